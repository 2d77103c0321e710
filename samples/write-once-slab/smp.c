// SPDX-License-Identifier: MIT
/* The other CPUs: they come up once and wait for work. */
#include "csr.h"
#include "mm.h"
#include "printk.h"
#include "sbi.h"
#include "smp.h"
#include "window.h"
#include "work.h"

struct cpu cpus[NR_CPUS];
unsigned int nr_cpus __ro_after_init = 1;

static struct {
	void (*fn)(void *arg);
	void *arg;
} work;

/* The boot hart becomes CPU 0, the others follow as the device tree lists them. */
void __init smp_add_hart(u64 hartid, u64 boot_hartid, const char *isa)
{
	unsigned int id = hartid == boot_hartid ? 0 : nr_cpus;

	if (id == NR_CPUS)
		return;
	if (id)
		nr_cpus++;
	cpus[id].id = id;
	cpus[id].hartid = hartid;
	cpus[id].isa = isa;
}

void secondary_start_kernel(void)
{
	window_init_cpu();
	smp_mb();
	WRITE_ONCE(this_cpu->state, CPU_ONLINE);
	for (;;) {
		void (*fn)(void *arg) = READ_ONCE(work.fn);

		if (!fn || this_cpu->id != 1)
			continue;
		smp_mb();
		fn(work.arg);
		smp_mb();
		WRITE_ONCE(work.fn, NULL);
	}
}

bool cpu_call(void (*fn)(void *arg), void *arg)
{
	if (nr_cpus < 2)
		return false;
	work.arg = arg;
	smp_mb();
	WRITE_ONCE(work.fn, fn);
	return true;
}

void cpu_wait(void)
{
	while (READ_ONCE(work.fn))
		;
	smp_mb();
}

void __init smp_init(void)
{
	unsigned int id;

	window_init_cpu();
	cpus[0].state = CPU_ONLINE;
	for_each_secondary_cpu(id) {
		struct cpu *cpu = &cpus[id];

		cpu->stack_top = memblock_alloc(THREAD_SIZE) + THREAD_SIZE;
		if (sbi_hart_start(cpu->hartid, __pa(secondary_start_sbi), (unsigned long)cpu)) {
			pr_err("CPU%u: failed to start\n", id);
			continue;
		}
		while (READ_ONCE(cpu->state) != CPU_ONLINE)
			;
	}
	pr_info("smp: Brought up %u CPU%s\n", nr_cpus, nr_cpus == 1 ? "" : "s");
}
