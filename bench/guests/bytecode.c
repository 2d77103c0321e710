// An interpreter of a small stack machine: indirect jumps that depend on data.
#include <stdint.h>

enum { PUSH, ADD, SUB, DUP, SWAP, DEC, JNZ, HALT };
volatile uint64_t result;

static uint64_t run(const uint8_t *code)
{
	static uint64_t stack[64];
	uint64_t *sp = stack;
	const uint8_t *pc = code;
	static void *const labels[] = { &&push, &&add, &&sub, &&dup, &&swap, &&dec, &&jnz, &&halt };

#define NEXT goto *labels[*pc++]
	NEXT;
push:	*sp++ = *pc++ << 16; NEXT;
add:	sp--; sp[-1] += sp[0]; NEXT;
sub:	sp--; sp[-1] -= sp[0]; NEXT;
dup:	sp[0] = sp[-1]; sp++; NEXT;
swap:	{ uint64_t top = sp[-1]; sp[-1] = sp[-2]; sp[-2] = top; } NEXT;
dec:	sp[-1]--; NEXT;
jnz:	if (sp[-1]) pc -= *pc; else pc++; NEXT;
halt:	return sp[-2];
}

int main(void)
{
	static const uint8_t program[] = {
		PUSH, 7, PUSH, 96, SWAP, DUP, ADD, PUSH, 3, SUB, SWAP, DEC, JNZ, 9, HALT,
	};

	result = run(program);
	return 0;
}
