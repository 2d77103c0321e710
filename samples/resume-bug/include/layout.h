/* SPDX-License-Identifier: MIT */
/* Where things are. Shared by C, assembly and the linker script: no casts, no suffixes. */
#ifndef LAYOUT_H
#define LAYOUT_H

#define PAGE_SHIFT		12
#define PAGE_SIZE		0x1000
#define PMD_SHIFT		21
#define PMD_SIZE		0x200000
#define PGDIR_SIZE		0x40000000

/* Sections start on 2 MiB so that pages=2m can give each its own leaf. */
#define SECTION_ALIGN		PMD_SIZE

/* Physical: QEMU virt's RAM; the first 2 MiB of it belong to the firmware. */
#define PHYS_RAM_BASE		0x80000000
#define KERNEL_LOAD_ADDR	0x80200000

/* Virtual, Sv39: the same places that riscv Linux uses. */
#define IOREMAP_BASE		0xffffffc600000000	/* + physical address */
#define PAGE_OFFSET		0xffffffd600000000	/* linear map of RAM */
#define KERNEL_LINK_ADDR	0xffffffff80000000	/* the kernel image */

#define SATP_MODE_SV39		8
#define SATP_MODE_SHIFT		60

#define NR_CPUS			8
#define THREAD_SIZE		0x2000

/* struct cpu, see smp.h */
#define CPU_STACK_TOP		0

/* struct pt_regs, see trap.h: epc, x1..x31, then the CSRs */
#define PT_EPC			0
#define PT_REG(n)		(8 * (n))
#define PT_STATUS		256
#define PT_BADADDR		264
#define PT_CAUSE		272
#define PT_SIZE			288

/* struct suspend_context, see power.c */
#define SUSPEND_RA		0
#define SUSPEND_SP		8
#define SUSPEND_TP		16
#define SUSPEND_S(n)		(24 + 8 * (n))

#endif
