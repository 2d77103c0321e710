/* SPDX-License-Identifier: MIT */
#ifndef SMP_H
#define SMP_H

#include "kernel.h"

enum cpu_state {
	CPU_OFFLINE,
	CPU_ONLINE,
	CPU_DYING,
};

struct cpu {
	void *stack_top;
	u64 hartid;
	const char *isa;	/* "rv64imac…", from the device tree */
	unsigned int id;	/* the kernel's own number; 0 is the hart that booted */
	enum cpu_state state;
	unsigned int came_up;	/* times */
};

_Static_assert(offsetof(struct cpu, stack_top) == CPU_STACK_TOP, "layout.h");

struct cpumask {
	unsigned long bits;
};

extern struct cpu cpus[NR_CPUS];
extern unsigned int nr_cpus;
extern struct cpumask __cpu_possible_mask;
extern const char *machine_name;

register struct cpu *this_cpu __asm__("tp");

#define for_each_secondary_cpu(id) for (id = 1; id < nr_cpus; id++)

void smp_add_hart(u64 hartid, u64 boot_hartid, const char *isa);
void smp_init(void);
int cpu_up(unsigned int id);
int cpu_down(unsigned int id);
void report_possible(void);

/* head.S */
void secondary_start_sbi(void);

#endif
