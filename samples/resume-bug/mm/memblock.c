// SPDX-License-Identifier: MIT
/* Memory while booting: from the end of the kernel upwards, around one reserved range. */
#include "mm.h"
#include "trap.h"

static phys_addr_t memory_end __ro_after_init;
static phys_addr_t next_free __initdata;
static phys_addr_t reserved_start __initdata;
static phys_addr_t reserved_end __initdata;

void __init memblock_add(phys_addr_t base, u64 size)
{
	/* The early page table's linear map is one leaf of 1 GiB. */
	if (base != PHYS_RAM_BASE)
		panic("RAM at %lx instead of %lx", base, (u64)PHYS_RAM_BASE);
	memory_end = base + (size < PGDIR_SIZE ? size : PGDIR_SIZE);
	memory_end = ALIGN_DOWN(memory_end, PMD_SIZE);
	next_free = PAGE_ALIGN(__pa(_end));
}

void __init memblock_reserve(phys_addr_t base, u64 size)
{
	reserved_start = base;
	reserved_end = base + size;
}

phys_addr_t __init memblock_end(void)
{
	return memory_end;
}

/* Whole pages, zeroed, at their address in the linear map. */
void *__init memblock_alloc(size_t size)
{
	phys_addr_t start = next_free;

	size = PAGE_ALIGN(size);
	if (start < reserved_end && start + size > reserved_start)
		start = PAGE_ALIGN(reserved_end);
	if (start + size > memory_end)
		panic("out of memory while booting");
	next_free = start + size;
	return memset(__va(start), 0, size);
}
