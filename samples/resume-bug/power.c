// SPDX-License-Identifier: MIT
/* Suspend to RAM: secondary harts off, the boot hart asleep without its registers, and back. */
#include "csr.h"
#include "driver.h"
#include "mm.h"
#include "power.h"
#include "printk.h"
#include "sbi.h"
#include "scenario.h"
#include "smp.h"

struct suspend_context {
	unsigned long ra, sp, tp;
	unsigned long s[12];
};

_Static_assert(offsetof(struct suspend_context, tp) == SUSPEND_TP, "layout.h");
_Static_assert(offsetof(struct suspend_context, s[11]) == SUSPEND_S(11), "layout.h");

static struct suspend_context boot_hart_context;
static u32 wakeups;

/*
 * scenario=neighbour
 *
 * Not sealed, not meant to be sealed, not annotated: statistics, in a section of their own. The
 * linker script puts that section after __end_ro_after_init, where the seal seems to be over, but
 * before the alignment that begins _data. Pages are what can be sealed, so the rest of the last
 * sealed page is sealed too, and suspend_stats is on it.
 *
 * What a developer sees today: an oops for a variable without any annotation. `git grep
 * suspend_stats` finds plain data.
 *
 * Why it is hard: whether it happens depends on how much is __ro_after_init, thus on the
 * configuration. Nothing in the C source is wrong.
 */
static struct suspend_stats {
	u32 success;
	u32 failed;
	u64 last_us;
} suspend_stats __section(".data..suspend_stats") = { 0 };

u32 wakeups_seen(void)
{
	return wakeups;
}

/* Returns after the boot hart has slept. */
static int cpu_suspend(void)
{
	if (__cpu_suspend_enter(&boot_hart_context))
		return sbi_hart_suspend(__pa(__cpu_resume_enter),
					(unsigned long)&boot_hart_context);
	wakeups++;
	return 0;
}

static void suspend_disable_secondary_cpus(void)
{
	unsigned int id;

	pr_info("Disabling non-boot CPUs ...\n");
	for_each_secondary_cpu(id)
		cpu_down(id);
}

static void suspend_enable_secondary_cpus(void)
{
	unsigned int id;

	pr_info("Enabling non-boot CPUs ...\n");
	for_each_secondary_cpu(id)
		if (!cpu_up(id))
			pr_info("CPU%u is up\n", id);
}

static void resume_devices(void)
{
	uart_driver.resume();
	if (has_bug(BUG_LATE_REGISTRATION))
		wake_clock_probe();
	if (has_bug(BUG_MISALIGNED_TABLE))
		wake_table_arm(0);
	if (has_bug(BUG_PAGE_NEIGHBOUR))
		suspend_stats.success++;
}

void pm_suspend(void)
{
	int err;

	pr_info("PM: suspend entry (deep)\n");
	suspend_console();
	uart_driver.suspend();
	system_state = SYSTEM_SUSPEND;
	suspend_disable_secondary_cpus();

	syscore_suspend();
	err = cpu_suspend();
	syscore_resume();
	pr_info("PM: boot hart %s (%d)\n", err ? "did not sleep" : "woke up", err);

	suspend_enable_secondary_cpus();
	system_state = SYSTEM_RUNNING;
	resume_devices();
	resume_console();
	pr_info("PM: suspend exit\n");
}

/* scenario=hotplug: no suspend, one CPU leaves and returns. The console sees it all. */
void cpu_hotplug_cycle(void)
{
	unsigned int id;

	for_each_secondary_cpu(id) {
		if (!cpu_down(id) && !cpu_up(id))
			pr_info("CPU%u is up\n", id);
	}
}

void report_suspend_stats(void)
{
	pr_info("resume: done, suspend_stats.success=%u\n", suspend_stats.success);
}
