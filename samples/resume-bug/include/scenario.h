/* SPDX-License-Identifier: MIT */
/*
 * The command line's scenario= arms the bugs; each stands where it would stand in a real kernel,
 * with its story above it.
 */
#ifndef SCENARIO_H
#define SCENARIO_H

#include "kernel.h"

enum bug {
	BUG_DETECT_AGAIN	= BIT(0),	/* smp.c: secondary_start_kernel() */
	BUG_NEWS_ON_RESUME	= BIT(1),	/* cpufeature.c: cpu_detect_features() */
	BUG_POSSIBLE_AGAIN	= BIT(2),	/* smp.c: cpu_up() */
	BUG_LATE_REGISTRATION	= BIT(3),	/* syscore.c: register_syscore_ops() */
	BUG_PAGE_NEIGHBOUR	= BIT(4),	/* power.c: suspend_stats */
	BUG_MISALIGNED_TABLE	= BIT(5),	/* wakeup.c: wake_table_arm() */
	BUG_SEALED_REFCOUNT	= BIT(6),	/* uart.c: uart_resume() */
};

bool has_bug(enum bug bug);
bool scenario_init(void);
void scenario_run(void);

#endif
