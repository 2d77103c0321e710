/* SPDX-License-Identifier: MIT */
#ifndef MM_H
#define MM_H

#include "kernel.h"

/* Leaf entries carry A and D from the start: sealing takes W away, nothing else changes. */
#define _PAGE_PRESENT	BIT(0)
#define _PAGE_READ	BIT(1)
#define _PAGE_WRITE	BIT(2)
#define _PAGE_EXEC	BIT(3)
#define _PAGE_GLOBAL	BIT(5)
#define _PAGE_ACCESSED	BIT(6)
#define _PAGE_DIRTY	BIT(7)
#define _PAGE_LEAF	(_PAGE_READ | _PAGE_WRITE | _PAGE_EXEC)
#define _PAGE_PFN_SHIFT	10

#define PAGE_KERNEL_READ \
	(_PAGE_PRESENT | _PAGE_READ | _PAGE_GLOBAL | _PAGE_ACCESSED | _PAGE_DIRTY)
#define PAGE_KERNEL		(PAGE_KERNEL_READ | _PAGE_WRITE)
#define PAGE_KERNEL_READ_EXEC	(PAGE_KERNEL_READ | _PAGE_EXEC)
#define PAGE_KERNEL_EXEC	(PAGE_KERNEL | _PAGE_EXEC)

typedef u64 pte_t;
typedef u64 phys_addr_t;

#define PTRS_PER_TABLE	(PAGE_SIZE / sizeof(pte_t))

/* The linker script's symbols. */
extern char _start[], _stext[], _etext[];
extern char __init_begin[], __init_end[], __init_text_end[], __init_data_begin[];
extern char __start_rodata[], __start_ro_after_init[], __end_ro_after_init[];
extern char _data[], _end[];

static inline phys_addr_t __pa(const void *p)
{
	unsigned long va = (unsigned long)p;

	return va >= KERNEL_LINK_ADDR ? va - KERNEL_LINK_ADDR + KERNEL_LOAD_ADDR
				      : va - PAGE_OFFSET + PHYS_RAM_BASE;
}

static inline void *__va(phys_addr_t pa)
{
	return (void *)(pa - PHYS_RAM_BASE + PAGE_OFFSET);
}

/* Where the linear map shows what the kernel mapping shows at p. */
static inline void *lm_alias(const void *p)
{
	return __va(__pa(p));
}

static inline pte_t mk_pte(phys_addr_t pa, u64 prot)
{
	return (pa >> PAGE_SHIFT) << _PAGE_PFN_SHIFT | prot;
}

static inline phys_addr_t pte_phys(pte_t pte)
{
	return pte >> _PAGE_PFN_SHIFT << PAGE_SHIFT;
}

/* mm/memblock.c */
void memblock_add(phys_addr_t base, u64 size);
void memblock_reserve(phys_addr_t base, u64 size);
phys_addr_t memblock_end(void);
void *memblock_alloc(size_t size);

/* mm/init.c */
extern pte_t swapper_pg_dir[];
void setup_vm(void);
void paging_init(void);
void *ioremap(phys_addr_t pa, size_t size);
void free_initmem(void);

/* mm/pageattr.c */
pte_t *lookup_leaf(unsigned long va, unsigned long *size);
void set_memory_ro(const void *start, const void *end);
void set_memory_rw_nx(const void *start, const void *end);

/* mm/rodata.c */
extern bool rodata_enabled;
void mark_rodata_ro(void);

/* mm/maccess.c */
int copy_to_kernel_nofault(void *dst, const void *src, size_t size);
int copy_from_kernel_nofault(void *dst, const void *src, size_t size);

#endif
