// SPDX-License-Identifier: MIT
/* Changing permissions of what is mapped. */
#include "csr.h"
#include "mm.h"
#include "sbi.h"
#include "trap.h"

static void change_page_attr(unsigned long start, unsigned long end, u64 clear, u64 set)
{
	unsigned long va, size;

	for (va = start; va < end; va += size) {
		pte_t *leaf = lookup_leaf(va, &size);

		if (!leaf || va % size || end - va < size)
			panic("cannot change %lx..%lx: no leaf ends there", va, end);
		*leaf = (*leaf & ~clear) | set;
	}
	/* This hart, then the others: until then their TLBs may hold the old permissions. */
	local_flush_tlb_all();
	sbi_remote_sfence_vma(start, end - start);
}

void set_memory_ro(const void *start, const void *end)
{
	change_page_attr((unsigned long)start, (unsigned long)end, _PAGE_WRITE, 0);
}

void set_memory_rw_nx(const void *start, const void *end)
{
	change_page_attr((unsigned long)start, (unsigned long)end, _PAGE_EXEC, _PAGE_WRITE);
}
