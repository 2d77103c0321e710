/* SPDX-License-Identifier: MIT */
/* Traps. There is no user mode: what traps is the kernel, on the stack it was on. */
#include "layout.h"

	.cfi_sections .debug_frame

	.macro	for_each_saved_register insn	/* all of them but zero and sp */
	.irp	n, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	\insn	x\n, PT_REG(\n)(sp)
	.endr
	.endm

	.text
	.balign	4
	.globl	handle_exception
	.type	handle_exception, @function
handle_exception:
	.cfi_startproc
	.cfi_signal_frame
	.cfi_return_column 64		/* psABI: where a trap returns to is in no register */
	addi	sp, sp, -PT_SIZE
	.cfi_def_cfa sp, PT_SIZE
	.cfi_offset 64, PT_EPC - PT_SIZE
	.irp	n, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	.cfi_offset \n, PT_REG(\n) - PT_SIZE
	.endr
	for_each_saved_register sd
	addi	t0, sp, PT_SIZE
	sd	t0, PT_REG(2)(sp)
	csrr	t0, sepc
	csrr	t1, sstatus
	csrr	t2, stval
	csrr	t3, scause
	sd	t0, PT_EPC(sp)
	sd	t1, PT_STATUS(sp)
	sd	t2, PT_BADADDR(sp)
	sd	t3, PT_CAUSE(sp)

	mv	a0, sp
	call	do_trap

	ld	t0, PT_EPC(sp)
	ld	t1, PT_STATUS(sp)
	csrw	sepc, t0
	csrw	sstatus, t1
	for_each_saved_register ld
	addi	sp, sp, PT_SIZE
	sret
	.cfi_endproc
	.size	handle_exception, . - handle_exception
