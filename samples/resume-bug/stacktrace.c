// SPDX-License-Identifier: MIT
/* Unwinding along the frame pointers: psABI, "Frame Pointer Convention". */
#include "printk.h"
#include "smp.h"
#include "trap.h"

struct stackframe {	/* ends where s0 points */
	unsigned long fp;
	unsigned long ra;
};

static bool fp_is_valid(unsigned long fp, unsigned long sp)
{
	return !(fp & 7) && fp >= sp + sizeof(struct stackframe) &&
	       fp <= (unsigned long)this_cpu->stack_top;
}

void dump_backtrace(const struct pt_regs *regs)
{
	unsigned long pc = regs->epc, sp = regs->sp, fp = regs->s0;

	pr_err("Call Trace:\n");
	pr_err("[<%016lx>] 0x%lx\n", pc, pc);
	while (fp_is_valid(fp, sp)) {
		const struct stackframe *frame = (const struct stackframe *)fp - 1;

		if (pc == regs->epc && fp_is_valid(frame->ra, sp)) {
			/* A leaf function saves s0 alone, where others save ra. */
			fp = frame->ra;
			pc = regs->ra;
		} else {
			sp = fp;
			fp = frame->fp;
			pc = frame->ra;
		}
		pr_err("[<%016lx>] 0x%lx\n", pc, pc);
	}
}
