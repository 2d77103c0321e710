/* SPDX-License-Identifier: MIT */
#include "layout.h"

#define LMA(section) (ADDR(section) - KERNEL_LINK_ADDR + KERNEL_LOAD_ADDR)

OUTPUT_ARCH(riscv)

/* One segment a section group, so that the gaps between them take no room in the file. */
PHDRS
{
	text PT_LOAD FLAGS(5);
	init_text PT_LOAD FLAGS(5);
	init_data PT_LOAD FLAGS(6);
	rodata PT_LOAD FLAGS(6);
	data PT_LOAD FLAGS(6);
}

SECTIONS
{
	. = KERNEL_LINK_ADDR;
	_stext = .;
	.head.text : AT(LMA(.head.text)) { KEEP(*(.head.text)) } :text
	.text : AT(LMA(.text)) { *(.text .text.*) }
	_etext = .;

	. = ALIGN(SECTION_ALIGN);
	__init_begin = .;
	.init.text : AT(LMA(.init.text)) { *(.init.text) } :init_text
	__init_text_end = .;
	. = ALIGN(SECTION_ALIGN);
	__init_data_begin = .;
	.init.data : AT(LMA(.init.data)) { *(.init.data) } :init_data

	. = ALIGN(SECTION_ALIGN);
	__init_end = .;
	__start_rodata = .;
	.rodata : AT(LMA(.rodata)) { *(.rodata .rodata.*) } :rodata
	__ex_table : AT(LMA(__ex_table)) {
		__start___ex_table = .;
		KEEP(*(__ex_table))
		__stop___ex_table = .;
	}
	.data..ro_after_init ALIGN(PAGE_SIZE) : AT(LMA(.data..ro_after_init)) {
		__start_ro_after_init = .;
		*(.data..ro_after_init)
		__end_ro_after_init = .;
	}
	. = ALIGN(SECTION_ALIGN);
	_data = .;
	.data : AT(LMA(.data)) { *(.data .data.*) } :data
	_edata = .;

	.bss : AT(LMA(.bss)) {
		. = ALIGN(8);
		__bss_start = .;
		*(.bss .bss.*)
		. = ALIGN(8);
		__bss_stop = .;
	}
	. = ALIGN(PAGE_SIZE);
	_end = .;

	/DISCARD/ : { *(.eh_frame) *(.note.*) *(.riscv.attributes) }
}

ASSERT(_start == KERNEL_LINK_ADDR, "the image begins with _start")
