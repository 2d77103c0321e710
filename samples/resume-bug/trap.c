// SPDX-License-Identifier: MIT
/* Traps, and the oops: its text is riscv Linux's of a kernel without symbol table. */
#include "csr.h"
#include "extable.h"
#include "mm.h"
#include "printk.h"
#include "sbi.h"
#include "smp.h"
#include "trap.h"

/* Those after epc, in the order of struct pt_regs. */
static const char *const register_names[] = {
	"ra ", "sp ", "gp ", "tp ", "t0 ", "t1 ", "t2 ", "s0 ", "s1 ", "a0 ", "a1 ",
	"a2 ", "a3 ", "a4 ", "a5 ", "a6 ", "a7 ", "s2 ", "s3 ", "s4 ", "s5 ", "s6 ",
	"s7 ", "s8 ", "s9 ", "s10", "s11", "t3 ", "t4 ", "t5 ", "t6 ",
};

static void show_regs(const struct pt_regs *regs)
{
	const unsigned long *value = &regs->ra;
	unsigned int i;

	pr_err("CPU: %u PID: 0 Comm: swapper/%u Not tainted 1.0.0 #1\n", this_cpu->id, this_cpu->id);
	pr_err("Hardware name: %s (DT)\n", machine_name);
	pr_err("epc : %016lx", regs->epc);
	for (i = 0; i < ARRAY_SIZE(register_names); i++)	/* three on a line */
		pr_cont("%s %s: %016lx", i % 3 == 2 ? "\n" : "", register_names[i], value[i]);
	pr_cont("\n");
	pr_err("status: %016lx badaddr: %016lx cause: %016lx\n", regs->status, regs->badaddr,
	       regs->cause);
}

/* The instruction at epc in brackets, and what stands before it, in units of 16 bits. */
static void dump_kernel_instr(const struct pt_regs *regs)
{
	const u16 *insn = (const u16 *)regs->epc;
	int i;
	u16 parcel;

	pr_err("Code:");
	for (i = -10; i < 2; i++) {
		if (copy_from_kernel_nofault(&parcel, insn + i, sizeof(parcel)))
			pr_cont(" ????");
		else
			pr_cont(i ? " %04x" : " (%04x)", parcel);
	}
	pr_cont("\n");
}

static __noreturn void die(const struct pt_regs *regs, const char *what)
{
	pr_err("%s [#1]\n", what);
	show_regs(regs);
	dump_backtrace(regs);
	dump_kernel_instr(regs);
	pr_err("---[ end trace 0000000000000000 ]---\n");
	panic("Fatal exception");
}

void panic(const char *fmt, ...)
{
	char text[128];
	va_list args;

	local_irq_disable();
	bust_spinlocks();
	va_start(args, fmt);
	vscnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	pr_err("Kernel panic - not syncing: %s\n", text);
	sbi_shutdown(SBI_RESET_SYSTEM_FAILURE);
}

static bool fixup_exception(struct pt_regs *regs)
{
	const struct exception_table_entry *e;

	for (e = __start___ex_table; e < __stop___ex_table; e++) {
		if ((unsigned long)&e->insn + e->insn != regs->epc)
			continue;
		regs->epc = (unsigned long)&e->fixup + e->fixup;
		return true;
	}
	return false;
}

static void do_exception(struct pt_regs *regs)
{
	if (fixup_exception(regs))
		return;

	bust_spinlocks();
	switch (regs->cause) {
	case EXC_INST_PAGE_FAULT:
	case EXC_LOAD_PAGE_FAULT:
	case EXC_STORE_PAGE_FAULT:
		pr_err("Unable to handle kernel paging request at virtual address %016lx\n",
		       regs->badaddr);
		die(regs, "Oops");
	case EXC_ILLEGAL_INSN:
		die(regs, "Oops - illegal instruction");
	case EXC_BREAKPOINT:
		die(regs, "Oops - BUG");
	default:
		die(regs, "Oops - unexpected trap");
	}
}

static void do_irq(const struct pt_regs *regs)
{
	switch (regs->cause & ~CAUSE_INTERRUPT) {
	case IRQ_S_SOFT:
		csr_clear(sip, SIE_SSIE);	/* being awake is the whole message */
		break;
	case IRQ_S_TIMER:
		timer_interrupt();
		break;
	}
}

void do_trap(struct pt_regs *regs)
{
	if (regs->cause & CAUSE_INTERRUPT)
		do_irq(regs);
	else
		do_exception(regs);
}
