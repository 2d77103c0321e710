// Eratosthenes over 2 MiB: byte stores with growing strides.
#include <stdint.h>

#define LIMIT (2 << 20)
static uint8_t composite[LIMIT];
volatile uint64_t result;

int main(void)
{
	uint64_t primes = 0;

	for (int round = 0; round < 12; round++) {
		for (int i = 0; i < LIMIT; i++)
			composite[i] = 0;
		for (int i = 2; i < LIMIT; i++) {
			if (composite[i])
				continue;
			primes++;
			for (int j = 2 * i; j < LIMIT; j += i)
				composite[j] = 1;
		}
	}
	result = primes;
	return 0;
}
