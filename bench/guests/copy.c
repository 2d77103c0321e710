// Copies 4 MiB back and forth by doublewords: loads and stores over a thousand pages.
#include <stdint.h>

#define WORDS (4 << 20) / 8
static uint64_t from[WORDS], to[WORDS];
volatile uint64_t result;

int main(void)
{
	for (uint64_t i = 0; i < WORDS; i++)
		from[i] = i * 0x9e3779b97f4a7c15u;
	for (int round = 0; round < 80; round++) {
		for (uint64_t i = 0; i < WORDS; i++)
			to[i] = from[i] + round;
		for (uint64_t i = 0; i < WORDS; i++)
			from[i] = to[i];
	}
	result = from[WORDS - 1];
	return 0;
}
