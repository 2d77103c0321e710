/* SPDX-License-Identifier: MIT */
/* Sleep loses the registers: setjmp() before, longjmp() after. */
#include "layout.h"

	.cfi_sections .debug_frame

	.macro	for_each_callee_saved insn
	\insn	ra, SUSPEND_RA(a0)
	\insn	sp, SUSPEND_SP(a0)
	\insn	tp, SUSPEND_TP(a0)
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11
	\insn	s\n, SUSPEND_S(\n)(a0)
	.endr
	.endm

	.text

/* int __cpu_suspend_enter(struct suspend_context *): 1 now, 0 after the wake-up. */
	.globl	__cpu_suspend_enter
	.type	__cpu_suspend_enter, @function
__cpu_suspend_enter:
	.cfi_startproc
	for_each_callee_saved sd
	li	a0, 1
	ret
	.cfi_endproc
	.size	__cpu_suspend_enter, . - __cpu_suspend_enter

/* From head.S, virtual again, a0 = the suspend context. */
	.globl	__cpu_suspend_return
	.type	__cpu_suspend_return, @function
__cpu_suspend_return:
	.cfi_startproc
	.cfi_undefined ra
	for_each_callee_saved ld
	li	a0, 0
	ret
	.cfi_endproc
	.size	__cpu_suspend_return, . - __cpu_suspend_return
