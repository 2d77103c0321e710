// Follows a random cycle through 256 KiB of pointers: one dependent load after the other.
#include <stdint.h>

#define NODES 32768
static uint32_t next[NODES], order[NODES];
volatile uint64_t result;

int main(void)
{
	uint32_t state = 12345, at = 0;

	for (uint32_t i = 0; i < NODES; i++)
		order[i] = i;
	for (uint32_t i = NODES - 1; i > 0; i--) {
		state = state * 1664525 + 1013904223;
		uint32_t j = (state >> 8) % (i + 1), swap = order[i];
		order[i] = order[j];
		order[j] = swap;
	}
	for (uint32_t i = 0; i < NODES; i++)
		next[order[i]] = order[(i + 1) % NODES];
	for (int i = 0; i < 100000000; i++)
		at = next[at];
	result = at;
	return 0;
}
