// SPDX-License-Identifier: MIT
/* Harts up and down: SBI HSM starts and stops them, an IPI tells them to go. */
#include "cpufeature.h"
#include "csr.h"
#include "mm.h"
#include "printk.h"
#include "sbi.h"
#include "scenario.h"
#include "smp.h"

#define CPU_TIMEOUT_US	5000000

struct cpu cpus[NR_CPUS];
unsigned int nr_cpus __ro_after_init = 1;
struct cpumask __cpu_possible_mask __ro_after_init;

static void set_cpu_possible(unsigned int id)
{
	__cpu_possible_mask.bits |= BIT(id);
}

/* The boot hart becomes CPU 0, the others follow as the device tree lists them. */
void __init smp_add_hart(u64 hartid, u64 boot_hartid, const char *isa)
{
	unsigned int id = hartid == boot_hartid ? 0 : nr_cpus;

	if (id == NR_CPUS) {
		pr_warn("smp: hart %lu ignored, there is room for %u\n", hartid, NR_CPUS);
		return;
	}
	if (id)
		nr_cpus++;
	cpus[id].id = id;
	cpus[id].hartid = hartid;
	cpus[id].isa = isa;
	set_cpu_possible(id);
}

static bool wait_for_state(const struct cpu *cpu, enum cpu_state state)
{
	u64 deadline = ktime_us() + CPU_TIMEOUT_US;

	while (READ_ONCE(cpu->state) != state)
		if (ktime_us() > deadline)
			return false;
	return true;
}

/*
 * scenario=hotplug
 *
 * Whoever brings up a CPU makes sure that it is "possible". Before hotplug existed this ran at
 * boot only. Now it runs whenever a CPU comes back, and sets a bit that has been set since
 * smp_add_hart(): nothing changes, but the store happens, and the mask is sealed.
 * Linux met the same with the same variable.
 *
 * What a developer sees today: an oops of the CPU that called cpu_up(), with an address that no
 * variable's name goes with.
 *
 * Why it is hard: the value is right before, and would be right after. There is no wrong state to
 * look for, and a kernel with rodata=off, in which one would look, works.
 */
int cpu_up(unsigned int id)
{
	struct cpu *cpu = &cpus[id];
	int err;

	if (has_bug(BUG_POSSIBLE_AGAIN))
		set_cpu_possible(id);

	err = sbi_hart_start(cpu->hartid, __pa(secondary_start_sbi), (unsigned long)cpu);
	if (err || !wait_for_state(cpu, CPU_ONLINE)) {
		pr_err("CPU%u: failed to come online (SBI error %d)\n", id, err);
		return -EIO;
	}
	return 0;
}

int cpu_down(unsigned int id)
{
	struct cpu *cpu = &cpus[id];

	WRITE_ONCE(cpu->state, CPU_DYING);
	smp_mb();
	sbi_send_ipi(cpu->hartid);
	if (!wait_for_state(cpu, CPU_OFFLINE)) {
		pr_err("CPU%u: failed to go offline\n", id);
		return -EIO;
	}
	while (sbi_hart_status(cpu->hartid) != SBI_HART_STOPPED)
		;
	pr_info("CPU%u: off\n", id);
	return 0;
}

static __noreturn void cpu_idle(void)
{
	while (READ_ONCE(this_cpu->state) == CPU_ONLINE) {
		/* An IPI that is already pending ends wfi even with interrupts off. */
		wait_for_interrupt();
		local_irq_enable();
		local_irq_disable();
	}
	WRITE_ONCE(this_cpu->state, CPU_OFFLINE);
	sbi_hart_stop();
}

/*
 * scenario=resume, scenario=resume-changed
 *
 * Where the secondary harts begin, at boot and whenever they come back: after hotplug, and on the
 * way out of every suspend. cpu_detect_features() used to be called from start_kernel() alone and
 * was __init. A second hart with other features made somebody move the call here, so that every
 * hart is asked. That called an __init function from this one; modpost warned, and the __init was
 * dropped. Nobody thought of cpu_caps, which is __ro_after_init and which it writes: while
 * booting the harts come up before the seal, and all is well until the first resume.
 *
 * What a developer sees today: the machine does not come back. The console is resumed last, so
 * the oops stays in the log buffer. With no_console_suspend there is a badaddr, and faddr2line
 * finds a line that looks innocent. Linux has been there (invlpgb_count_max, February 2025).
 *
 * Why it is hard: the store, the annotation and this call are in three files and came with three
 * patches, each of which is right. Testing boots the kernel; it does not suspend it.
 */
void secondary_start_kernel(void)
{
	if (system_state == SYSTEM_BOOTING || has_bug(BUG_DETECT_AGAIN))
		cpu_detect_features();

	this_cpu->came_up++;
	csr_write(sie, SIE_SSIE);
	smp_mb();
	WRITE_ONCE(this_cpu->state, CPU_ONLINE);
	cpu_idle();
}

void __init smp_init(void)
{
	unsigned int id, up = 1;

	pr_info("smp: Bringing up secondary CPUs ...\n");
	cpus[0].state = CPU_ONLINE;
	for_each_secondary_cpu(id) {
		cpus[id].stack_top = memblock_alloc(THREAD_SIZE) + THREAD_SIZE;
		if (!cpu_up(id))
			up++;
	}
	pr_info("smp: Brought up %u CPU%s\n", up, up == 1 ? "" : "s");
}

void report_possible(void)
{
	pr_info("hotplug: done, __cpu_possible_mask=0x%lx\n", __cpu_possible_mask.bits);
}
