// SPDX-License-Identifier: MIT
/* What wakes the machine, and where it goes on when it is awake. */
#include "csr.h"
#include "mm.h"
#include "power.h"
#include "printk.h"
#include "scenario.h"
#include "smp.h"

#define SUSPEND_US		20000

#define WAKE_TABLE_SIGNATURE	0x454b4157	/* "WAKE" */
#define WAKE_TABLE_VERSION	2
#define WAKE_ENTRY_VALID	BIT(63)

static void alarm_suspend(void)
{
	set_alarm_us(SUSPEND_US);
}

static void alarm_resume(void)
{
	timer_interrupt();
}

static struct syscore_ops alarm_syscore_ops __ro_after_init = {
	.name = "alarm",
	.suspend = alarm_suspend,
	.resume = alarm_resume,
};

void __init wake_alarm_init(void)
{
	register_syscore_ops(&alarm_syscore_ops);
}

static void clock_suspend(void)
{
	pr_info("wake-clock: stopped\n");
}

static void clock_resume(void)
{
	pr_info("wake-clock: running\n");
}

static struct syscore_ops clock_syscore_ops = {
	.name = "wake-clock",
	.suspend = clock_suspend,
	.resume = clock_resume,
};

/* A deferred probe, see scenario=late-list in syscore.c. */
void wake_clock_probe(void)
{
	register_syscore_ops(&clock_syscore_ops);
}

/*
 * scenario=boundary
 *
 * A table shared with the platform's power controller: which address each hart goes on at. Its
 * header never changes and shall be sealed, its entries change with every suspend and shall not.
 * So the linker script lays the table over the end of the seal, the header's size before _data.
 * With version 2 the header lost its checksum, 4 bytes, and the linker script did not hear of it:
 * entry[0] now begins 4 bytes before _data. One sd stores its first half into the last sealed
 * page and its second half into the first writable one.
 *
 * What a developer sees today: an oops at _data - 4, which is not sealed data's address but the
 * table's, and the table is written all the time: entry[1] and the rest are.
 *
 * Why it is hard: the section is in the writable segment, nm shows the table in it, and the page
 * of _data is writable. The store is misaligned as well, so on a machine whose firmware emulates
 * such accesses the fault comes from a byte store in the emulation, with half of the value maybe
 * already written. And here the half that is refused is the address, which stays the same; the
 * half that changes, the generation, lies where writing is allowed.
 */
struct wake_table {
	u32 signature;
	u32 version;
	u64 entry[NR_CPUS];
} __packed;

struct wake_table wake_table __section(".data..wake_table") __aligned(4) = {
	.signature = WAKE_TABLE_SIGNATURE,
	.version = WAKE_TABLE_VERSION,
};

void wake_table_arm(unsigned int cpu)
{
	static u32 generation;
	u64 *entry = (void *)wake_table.entry + cpu * sizeof(u64);

	generation++;	/* tells the controller a new entry from an old one */
	/* In one store: the controller must not see half an address. */
	WRITE_ONCE(*entry, WAKE_ENTRY_VALID | (u64)generation << 32 | __pa(__cpu_resume_enter));
}

void __init wake_table_init(void)
{
	unsigned int id;

	for (id = 0; id < nr_cpus; id++)
		wake_table_arm(id);
}

void report_wake_table(void)
{
	u64 entry;

	memcpy(&entry, wake_table.entry, sizeof(entry));
	pr_info("resume: done, wake_table.entry[0]=0x%lx\n", entry);
}
