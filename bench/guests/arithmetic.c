// Integer arithmetic with multiplications, everything in registers.
#include <stdint.h>

volatile uint64_t result;

int main(void)
{
	uint64_t a = 88172645463325252u, sum = 0;

	for (int i = 0; i < 50000000; i++) {
		a ^= a << 13;
		a ^= a >> 7;
		a ^= a << 17;
		sum += a * (2 * i + 1);
	}
	result = sum;
	return 0;
}
