// Recursive calls: stack traffic, returns, branches.
#include <stdint.h>

volatile uint64_t result;

__attribute__((noinline)) static uint64_t fibonacci(uint64_t n)
{
	return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

int main(void)
{
	result = fibonacci(36);
	return 0;
}
