/* SPDX-License-Identifier: MIT */
#ifndef TRAP_H
#define TRAP_H

#include "kernel.h"

struct pt_regs {
	unsigned long epc;
	unsigned long ra, sp, gp, tp;
	unsigned long t0, t1, t2;
	unsigned long s0, s1;
	unsigned long a0, a1, a2, a3, a4, a5, a6, a7;
	unsigned long s2, s3, s4, s5, s6, s7, s8, s9, s10, s11;
	unsigned long t3, t4, t5, t6;
	unsigned long status;
	unsigned long badaddr;
	unsigned long cause;
	unsigned long orig_a0;
};

_Static_assert(offsetof(struct pt_regs, t6) == PT_REG(31), "layout.h");
_Static_assert(offsetof(struct pt_regs, status) == PT_STATUS, "layout.h");
_Static_assert(offsetof(struct pt_regs, cause) == PT_CAUSE, "layout.h");
_Static_assert(sizeof(struct pt_regs) == PT_SIZE, "layout.h");

void do_trap(struct pt_regs *regs);
void dump_backtrace(const struct pt_regs *regs);
__noreturn __printf(1, 2) void panic(const char *fmt, ...);

#endif
