// SPDX-License-Identifier: MIT
/* Access to kernel memory that may not be there, or not be writable: -EFAULT instead of an oops. */
#include "extable.h"
#include "mm.h"

#define __load_nofault(insn, value, ptr, fault)					\
	__asm__ goto("1: " insn " %0, %1\n" _ASM_EXTABLE("1b", "%l2")		\
		     : "=r"(value) : "m"(*(ptr)) : : fault)

#define __store_nofault(insn, value, ptr, fault)				\
	__asm__ goto("1: " insn " %0, %1\n" _ASM_EXTABLE("1b", "%l2")		\
		     : : "r"(value), "m"(*(ptr)) : "memory" : fault)

int copy_to_kernel_nofault(void *dst, const void *src, size_t size)
{
	for (; size >= 8; size -= 8, dst += 8, src += 8)
		__store_nofault("sd", *(const u64 *)src, (u64 *)dst, fault);
	for (; size; size--, dst++, src++)
		__store_nofault("sb", *(const u8 *)src, (u8 *)dst, fault);
	return 0;
fault:
	return -EFAULT;
}

int copy_from_kernel_nofault(void *dst, const void *src, size_t size)
{
	u8 byte;

	for (; size; size--, dst++, src++) {
		__load_nofault("lbu", byte, (const u8 *)src, fault);
		*(u8 *)dst = byte;
	}
	return 0;
fault:
	return -EFAULT;
}
