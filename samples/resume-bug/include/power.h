/* SPDX-License-Identifier: MIT */
#ifndef POWER_H
#define POWER_H

#include "kernel.h"
#include "list.h"

/* Called with one hart left and interrupts off. */
struct syscore_ops {
	const char *name;
	struct list_head node;
	void (*suspend)(void);
	void (*resume)(void);
};

/* power.c */
void pm_suspend(void);
void cpu_hotplug_cycle(void);
u32 wakeups_seen(void);
void report_suspend_stats(void);

/* syscore.c */
void register_syscore_ops(struct syscore_ops *ops);
void syscore_suspend(void);
void syscore_resume(void);
void report_syscore(void);

/* wakeup.c */
void wake_alarm_init(void);
void wake_clock_probe(void);
void wake_table_init(void);
void wake_table_arm(unsigned int cpu);
void report_wake_table(void);

/* suspend.S */
struct suspend_context;
__attribute__((returns_twice)) int __cpu_suspend_enter(struct suspend_context *context);
void __cpu_resume_enter(void);

#endif
