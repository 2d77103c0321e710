/* SPDX-License-Identifier: MIT */
/*
 * The command line's scenario= arms one bug; each stands where it would stand in a real kernel,
 * with its story above it.
 */
#ifndef SCENARIO_H
#define SCENARIO_H

#include "kernel.h"

enum bug {
	BUG_INIT_AGAIN		= BIT(0),	/* cred.c: cred_setup() */
	BUG_LATE_WRITE		= BIT(1),	/* cred.c: cred_drop() */
	BUG_STAMP		= BIT(2),	/* slab.c: kmem_cache_init_once() */
	BUG_OVERRUN		= BIT(3),	/* cred.c: cred_init() */
	BUG_PATCH		= BIT(4),	/* cred.c: cred_patch() */
	BUG_REUSE		= BIT(5),	/* cred.c: cred_clone() */
	BUG_USE_AFTER_FREE	= BIT(6),	/* cred.c: cred_put() */
	BUG_EARLY_RETURN	= BIT(7),	/* slab.c: kmem_cache_init_once() */
	BUG_INTERRUPTS_ON	= BIT(8),	/* slab.c: kmem_cache_init_once() */
	BUG_NO_FENCE		= BIT(9),	/* window.c: window_close() */
	BUG_STRAY_WRITER	= BIT(10),	/* scenario.c: stray_writer() */
};

bool has_bug(enum bug bug);
bool scenario_init(void);
void scenario_run(void);

#endif
