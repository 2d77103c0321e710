/* SPDX-License-Identifier: MIT */
/* Instructions that may fault, and where to go on if they do: riscv Linux's format. */
#ifndef EXTABLE_H
#define EXTABLE_H

#include "kernel.h"

#define EX_TYPE_FIXUP	1

struct exception_table_entry {
	s32 insn;	/* both relative to themselves */
	s32 fixup;
	u16 type;
	u16 data;
};

#define _ASM_EXTABLE(insn, fixup)		\
	".pushsection __ex_table, \"a\"\n"	\
	".balign 4\n"				\
	".long (" insn ") - .\n"		\
	".long (" fixup ") - .\n"		\
	".short 1, 0\n"				\
	".popsection\n"

extern const struct exception_table_entry __start___ex_table[], __stop___ex_table[];

#endif
