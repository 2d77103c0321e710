/*
 * A kernel for tests of windows and holes: Sv39 with 4 KiB pages, its own frames mapped twice (at their addresses, and
 * ALIAS higher), a second root for a private view, two harts. A test gives the bodies of SCENARIO and of SECOND.
 */
typedef unsigned long u64;

#define PAGE 4096UL
#define ALIAS 0x40000000UL
#define noinline __attribute__((noinline))
#define sealed_data __attribute__((section(".sealed")))
#define table __attribute__((aligned(4096)))

enum { V = 1, R = 2, W = 4, X = 8, U = 16, A = 64, D = 128 };
enum { RO = V | R | A, RW = V | R | W | A | D, ALL = V | R | W | X | A | D };

struct caps {
	long features[4];
};

/* One page of sealed objects, and a second one. */
sealed_data __attribute__((aligned(4096))) struct caps caps = { { 1, 2, 3, 4 } };
sealed_data long limits[4] = { 5, 6, 7, 8 };
sealed_data char rest[4096 - 64] = { 1 };
sealed_data long far[512] = { 9 };

table u64 root[512], private_root[512], middle[512], middle_alias[512], middle_private[512];
table u64 leaves[512], leaves_alias[512], leaves_private[512];
table char second_stack[8192];

volatile int ready, go, finished;

static long sbi(long extension, long function, long a, long b, long c, long d)
{
	register long a0 asm("a0") = a;
	register long a1 asm("a1") = b;
	register long a2 asm("a2") = c;
	register long a3 asm("a3") = d;
	register long a6 asm("a6") = function;
	register long a7 asm("a7") = extension;
	asm volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a3), "r"(a6), "r"(a7) : "memory");
	return a0;
}

static inline void fence_here(void)
{
	asm volatile("sfence.vma" ::: "memory");
}

static void fence_everywhere(void)
{
	fence_here();
	sbi(0x52464e43, 1, 3, 0, 0, -1);
}

static u64 entry(void *frame, u64 flags)
{
	return (u64)frame >> 2 | flags;
}

static int slot(void *address)
{
	return (u64)address >> 12 & 511;
}

static void switch_page_table(u64 *top)
{
	asm volatile("csrw satp, %0; sfence.vma" ::"r"(8UL << 60 | (u64)top >> 12) : "memory");
}

/* A page-table helper, as far as names go: whoever calls it is who opens and seals. */
noinline static void set_page_flags(u64 *entries, void *address, u64 flags)
{
	((volatile u64 *)entries)[slot(address)] = flags ? entry((void *)((u64)address & ~(PAGE - 1)), flags) : 0;
}

noinline void seal_kernel(void)
{
	set_page_flags(leaves, &caps, RO);
	set_page_flags(leaves, far, RO);
}

noinline void seal_alias(void)
{
	set_page_flags(leaves_alias, &caps, RO);
	set_page_flags(leaves_alias, far, RO);
}

/* The page of an object at another address: the last one of the alias. */
noinline void set_fixmap_page(void *object, u64 flags)
{
	((volatile u64 *)leaves_alias)[511] = flags ? entry((void *)((u64)object & ~(PAGE - 1)), flags) : 0;
}

#define through_fixmap(object) ((void *)(0xc03ff000UL + ((u64)(object) & (PAGE - 1))))

/* A store that the compiler does not move. */
noinline void poke(void *address, long value)
{
	*(volatile long *)address = value;
}

#define through_alias(object) ((void *)((u64)(object) + ALIAS))

static void wait_for(volatile int *flag)
{
	while (!*flag)
		;
}

static void spin(long steps)
{
	for (volatile long left = steps / 8; left > 0; left--)
		;
}

DEFINITIONS

noinline void second(void)
{
	ready = 1;
	SECOND;
	finished = 1;
	for (;;)
		asm volatile("wfi");
}

void second_entry(void);
asm("second_entry: la sp, second_stack + 8192; li t0, 8 << 60; la t1, root; srli t1, t1, 12; or t0, t0, t1;"
    "csrw satp, t0; sfence.vma; j second");

noinline void scenario(void)
{
	SCENARIO;
}

static void map(void)
{
	for (int i = 0; i < 512; i++) {
		void *frame = (void *)(0x80200000UL + i * PAGE);
		leaves[i] = leaves_private[i] = entry(frame, ALL);
		leaves_alias[i] = entry(frame, RW);
	}
	middle[1] = entry(leaves, V);
	middle_alias[1] = entry(leaves_alias, V);
	middle_private[1] = entry(leaves_private, V);
	root[0] = private_root[0] = entry(0, RW);
	root[2] = entry(middle, V);
	root[3] = private_root[3] = entry(middle_alias, V);
	private_root[2] = entry(middle_private, V);
}

void start(void)
{
	if (!BARE) {
		map();
		switch_page_table(root);
	}
	if (HARTS > 1) {
		sbi(0x48534d, 0, 1, (long)second_entry, 0, 0);
		wait_for(&ready);
	}
	scenario();
	sbi(0x53525354, 0, 0, 0, 0, 0);
}

asm(".section .text.start; .globl _start; _start: la sp, first_stack + 8192; j start; .text");
table char first_stack[8192];
