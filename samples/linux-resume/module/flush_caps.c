// SPDX-License-Identifier: GPL-2.0
/*
 * Learns once how many addresses a processor flushes with one instruction, and seals the answer: the data is
 * __ro_after_init. The overlooked path: the callback that learns it also runs for every processor that comes back,
 * after a suspend or a hotplug. It then stores the value that is already there, to a page that has been sealed.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/init.h>
#include <linux/module.h>

#define FLUSH_BATCH 8

struct flush_caps {
	unsigned int version;
	unsigned int batch_max;
	bool remote;
};

static struct flush_caps flush_caps __ro_after_init;
static enum cpuhp_state flush_state __ro_after_init;
/* Not annotated: may change for ever. */
static atomic_t flush_online;

static unsigned int read_batch_max(unsigned int cpu)
{
	/* Real hardware has a register for it, the same on all processors. */
	return cpu_possible(cpu) ? FLUSH_BATCH : 1;
}

static int flush_caps_online(unsigned int cpu)
{
	flush_caps.batch_max = read_batch_max(cpu);
	atomic_inc(&flush_online);
	return 0;
}

static int flush_caps_offline(unsigned int cpu)
{
	atomic_dec(&flush_online);
	return 0;
}

static int __init flush_caps_init(void)
{
	int state;

	flush_caps.version = 2;
	flush_caps.remote = num_possible_cpus() > 1;
	state = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "flush_caps:online", flush_caps_online, flush_caps_offline);
	if (state < 0)
		return state;
	flush_state = state;
	pr_info("flush_caps: version %u, up to %u addresses at once\n", flush_caps.version, flush_caps.batch_max);
	return 0;
}
module_init(flush_caps_init);

static void __exit flush_caps_exit(void)
{
	cpuhp_remove_state(flush_state);
	pr_info("flush_caps: gone, %u addresses, remote %d\n", flush_caps.batch_max, flush_caps.remote);
}
module_exit(flush_caps_exit);

MODULE_DESCRIPTION("Sealscope sample: sealed data that a resume writes");
MODULE_LICENSE("GPL");
