// SPDX-License-Identifier: MIT
/*
 * Windows, in two ways.
 *
 * Shared: W is set in the one page table that all CPUs use. It is short and simple, and for as long
 * as it lasts any CPU can write: whoever can make another CPU store where he likes only has to win
 * a race against an allocation.
 *
 * Private: the page gets a second address, in a page table that only this CPU uses. The others go on
 * seeing it read-only, and no TLB but this one has to hear of it.
 */
#include "csr.h"
#include "mm.h"
#include "sbi.h"
#include "scenario.h"
#include "smp.h"
#include "window.h"

/* One page a CPU, at the same address on each of them; no round number, which many pages' TLB entries share. */
#define WINDOW_BASE	0xffffffe000055000

enum window_kind window_kind __ro_after_init;
/* The leaf at WINDOW_BASE, in each CPU's own page table. */
static pte_t *window_pte[NR_CPUS] __ro_after_init;
static phys_addr_t window_root[NR_CPUS] __ro_after_init;

static void local_flush_tlb_page(unsigned long va)
{
	__asm__ __volatile__("sfence.vma %0" : : "r"(va) : "memory");
}

static pte_t *__init new_table(pte_t *entry)
{
	pte_t *table = memblock_alloc(PAGE_SIZE);

	if (entry)
		*entry = mk_pte(__pa(table), _PAGE_PRESENT);
	return table;
}

void __init window_init(void)
{
	unsigned int id;

	if (window_kind != WINDOW_PRIVATE)
		return;
	for (id = 0; id < nr_cpus; id++) {
		pte_t *root = new_table(NULL), *pmd;

		memcpy(root, swapper_pg_dir, PAGE_SIZE);
		pmd = new_table(&root[WINDOW_BASE / PGDIR_SIZE % PTRS_PER_TABLE]);
		window_pte[id] = new_table(&pmd[WINDOW_BASE / PMD_SIZE % PTRS_PER_TABLE]) +
				 WINDOW_BASE / PAGE_SIZE % PTRS_PER_TABLE;
		window_root[id] = __pa(root);
	}
}

void window_init_cpu(void)
{
	if (window_kind != WINDOW_PRIVATE)
		return;
	csr_write(satp, (u64)SATP_MODE_SV39 << SATP_MODE_SHIFT |
			window_root[this_cpu->id] >> PAGE_SHIFT);
	local_flush_tlb_all();
}

static pte_t *shared_leaf(const void *object)
{
	unsigned long size;

	return lookup_leaf((unsigned long)object, &size);
}

void *window_open(void *object)
{
	unsigned long page = ALIGN_DOWN((unsigned long)object, PAGE_SIZE);

	if (window_kind == WINDOW_PRIVATE) {
		*window_pte[this_cpu->id] = mk_pte(__pa((void *)page), PAGE_KERNEL & ~_PAGE_GLOBAL);
		local_flush_tlb_page(WINDOW_BASE);
		return (void *)(WINDOW_BASE + ((unsigned long)object - page));
	}
	*shared_leaf(object) |= _PAGE_WRITE;
	local_flush_tlb_page(page);
	return object;
}

/*
 * scenario=no-fence
 *
 * The page table is right, and a TLB does not know it yet: of the other CPUs' if the window was in
 * the shared table, of this one's if it was not. Whoever's TLB has the old entry can still write.
 *
 * What a developer sees today: nothing. The next sfence.vma, for whatever reason, cures it.
 *
 * Why it is hard: the page table says "read-only" wherever one looks, and on the CPU that closed the
 * window it is.
 */
void window_close(void *object)
{
	unsigned long page = ALIGN_DOWN((unsigned long)object, PAGE_SIZE);

	if (window_kind == WINDOW_PRIVATE) {
		*window_pte[this_cpu->id] = 0;
		if (!has_bug(BUG_NO_FENCE))
			local_flush_tlb_page(WINDOW_BASE);
		return;
	}
	*shared_leaf(object) &= ~_PAGE_WRITE;
	local_flush_tlb_page(page);
	if (!has_bug(BUG_NO_FENCE))
		sbi_remote_sfence_vma(page, PAGE_SIZE);
}
