// SPDX-License-Identifier: MIT
/*
 * Two page tables, as in riscv Linux. The early one takes the kernel from physical to virtual
 * addresses and knows no protection; the final one maps the image once more section by section,
 * all RAM in the linear map, and the console. So every frame of the image has two addresses, and
 * a seal that forgets one of them is none.
 */
#include "csr.h"
#include "mm.h"
#include "printk.h"
#include "trap.h"

#define POISON_FREE_INITMEM	0xcc

pte_t swapper_pg_dir[PTRS_PER_TABLE] __aligned(PAGE_SIZE);
pte_t early_pg_dir[PTRS_PER_TABLE] __aligned(PAGE_SIZE);
static pte_t early_pmd[PTRS_PER_TABLE] __aligned(PAGE_SIZE);

static unsigned long leaf_size __initdata = PAGE_SIZE;

static unsigned int pgd_index(unsigned long va)
{
	return va / PGDIR_SIZE % PTRS_PER_TABLE;
}

static unsigned int pmd_index(unsigned long va)
{
	return va / PMD_SIZE % PTRS_PER_TABLE;
}

static unsigned int pte_index(unsigned long va)
{
	return va / PAGE_SIZE % PTRS_PER_TABLE;
}

/* Runs before the MMU does: every address in here is a physical one. */
void __init setup_vm(void)
{
	phys_addr_t pa;

	for (pa = (phys_addr_t)_start; pa < (phys_addr_t)_end; pa += PMD_SIZE)
		early_pmd[pmd_index(pa - (phys_addr_t)_start)] = mk_pte(pa, PAGE_KERNEL_EXEC);
	early_pg_dir[pgd_index(KERNEL_LINK_ADDR)] = mk_pte((phys_addr_t)early_pmd, _PAGE_PRESENT);
	early_pg_dir[pgd_index(PAGE_OFFSET)] = mk_pte(PHYS_RAM_BASE, PAGE_KERNEL);
}

static pte_t *__init table_below(pte_t *entry)
{
	if (!*entry)
		*entry = mk_pte(__pa(memblock_alloc(PAGE_SIZE)), _PAGE_PRESENT);
	return __va(pte_phys(*entry));
}

static void __init create_mapping(unsigned long va, phys_addr_t pa, unsigned long size, u64 prot)
{
	unsigned long end = ALIGN(va + size, leaf_size);

	for (; va < end; va += leaf_size, pa += leaf_size) {
		pte_t *leaf = &table_below(&swapper_pg_dir[pgd_index(va)])[pmd_index(va)];

		if (leaf_size == PAGE_SIZE)
			leaf = &table_below(leaf)[pte_index(va)];
		*leaf = mk_pte(pa, prot);
	}
}

static void __init map_kernel(const char *start, const char *end, u64 prot, u64 alias_prot)
{
	create_mapping((unsigned long)start, __pa(start), end - start, prot);
	create_mapping((unsigned long)lm_alias(start), __pa(start), end - start, alias_prot);
}

void __init paging_init(void)
{
	const char *pages = param_value("pages");
	phys_addr_t image_end;

	if (pages && !strcmp(pages, "2m"))
		leaf_size = PMD_SIZE;
	else if (pages && strcmp(pages, "4k"))
		pr_warn("pages=%s is neither 4k nor 2m, using 4k\n", pages);

	/* Text never was writable in either mapping; what is sealed later on is, until then. */
	map_kernel(_stext, __init_begin, PAGE_KERNEL_READ_EXEC, PAGE_KERNEL_READ);
	map_kernel(__init_begin, __init_data_begin, PAGE_KERNEL_READ_EXEC, PAGE_KERNEL_READ);
	map_kernel(__init_data_begin, _end, PAGE_KERNEL, PAGE_KERNEL);
	image_end = ALIGN(__pa(_end), leaf_size);
	create_mapping((unsigned long)__va(image_end), image_end, memblock_end() - image_end,
		       PAGE_KERNEL);

	csr_write(satp, (u64)SATP_MODE_SV39 << SATP_MODE_SHIFT | __pa(swapper_pg_dir) >> PAGE_SHIFT);
	local_flush_tlb_all();
	pr_info("Memory: %luK, mapped with %luK pages\n", (memblock_end() - PHYS_RAM_BASE) / 1024,
		leaf_size / 1024);
}

void *__init ioremap(phys_addr_t pa, size_t size)
{
	unsigned long va = IOREMAP_BASE + pa;

	create_mapping(ALIGN_DOWN(va, leaf_size), ALIGN_DOWN(pa, leaf_size), size, PAGE_KERNEL);
	local_flush_tlb_all();
	return (void *)va;
}

/* The leaf that maps va, or NULL; *size says how much it maps. */
pte_t *lookup_leaf(unsigned long va, unsigned long *size)
{
	pte_t *entry = &swapper_pg_dir[pgd_index(va)];

	for (*size = PGDIR_SIZE; *entry & _PAGE_PRESENT; *size /= PTRS_PER_TABLE) {
		if (*entry & _PAGE_LEAF)
			return entry;
		entry = __va(pte_phys(*entry));
		entry += *size == PGDIR_SIZE ? pmd_index(va) : pte_index(va);
	}
	return NULL;
}

/* What was init text and data becomes plain memory; Linux fills it with the same pattern. */
void free_initmem(void)
{
	set_memory_rw_nx(__init_begin, __init_end);
	set_memory_rw_nx(lm_alias(__init_begin), lm_alias(__init_end));
	memset(__init_begin, POISON_FREE_INITMEM, __init_text_end - __init_begin);
	memset(__init_data_begin, POISON_FREE_INITMEM, __init_end - __init_data_begin);
	pr_info("Freeing unused kernel image (initmem) memory: %luK\n",
		(unsigned long)(__init_end - __init_begin) / 1024);
}
