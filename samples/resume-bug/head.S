/* SPDX-License-Identifier: MIT */
/* Where harts begin: with the MMU off, at physical addresses, a0 = hart id. */
#include "layout.h"

	.cfi_sections .debug_frame

	.macro	satp_of table		/* a0 = satp that selects this page table */
	la	a0, \table
	srli	a0, a0, PAGE_SHIFT
	li	t0, SATP_MODE_SV39
	slli	t0, t0, SATP_MODE_SHIFT
	or	a0, a0, t0
	.endm

	.section .head.text, "ax"

/* The boot hart, a1 = device tree. */
	.globl	_start
	.type	_start, @function
_start:
	.cfi_startproc
	.cfi_undefined ra
	csrw	sie, zero
	mv	s1, a0
	mv	s2, a1

	la	t0, __bss_start
	la	t1, __bss_stop
1:	sd	zero, 0(t0)
	addi	t0, t0, 8
	bltu	t0, t1, 1b

	la	sp, init_stack + THREAD_SIZE
	call	setup_vm
	satp_of	early_pg_dir
	call	relocate_enable_mmu

	la	tp, cpus
	la	sp, init_stack + THREAD_SIZE
	sd	sp, CPU_STACK_TOP(tp)
	li	s0, 0			/* the frame pointers' end */
	mv	a0, s1
	mv	a1, s2
	call	start_kernel
	.cfi_endproc
	.size	_start, . - _start

/* Every other hart, a1 = its struct cpu, already a virtual address. */
	.globl	secondary_start_sbi
	.type	secondary_start_sbi, @function
secondary_start_sbi:
	.cfi_startproc
	.cfi_undefined ra
	csrw	sie, zero
	satp_of	swapper_pg_dir
	call	relocate_enable_mmu
	mv	tp, a1
	ld	sp, CPU_STACK_TOP(tp)
	li	s0, 0
	call	secondary_start_kernel
	.cfi_endproc
	.size	secondary_start_sbi, . - secondary_start_sbi

/* The boot hart, back from suspend, a1 = its suspend context, a virtual address. */
	.globl	__cpu_resume_enter
	.type	__cpu_resume_enter, @function
__cpu_resume_enter:
	.cfi_startproc
	.cfi_undefined ra
	csrw	sie, zero
	satp_of	swapper_pg_dir
	call	relocate_enable_mmu
	mv	a0, a1
	tail	__cpu_suspend_return
	.cfi_endproc
	.size	__cpu_resume_enter, . - __cpu_resume_enter

/*
 * a0 = satp. Returns to the caller's virtual address. The page table does not map this code where
 * it runs, so the fetch after the csrw faults, and the trap goes to 1f, which it does map.
 */
	.type	relocate_enable_mmu, @function
relocate_enable_mmu:
	.cfi_startproc
	la	t0, _start
	li	t1, KERNEL_LINK_ADDR
	sub	t1, t1, t0
	add	ra, ra, t1
	la	t2, 1f
	add	t2, t2, t1
	csrw	stvec, t2
	sfence.vma
	csrw	satp, a0
	.balign	4
1:	la	t2, handle_exception
	csrw	stvec, t2
	ret
	.cfi_endproc
	.size	relocate_enable_mmu, . - relocate_enable_mmu

	.section .bss
	.balign	16
	.type	init_stack, @object
init_stack:
	.space	THREAD_SIZE
	.size	init_stack, THREAD_SIZE
