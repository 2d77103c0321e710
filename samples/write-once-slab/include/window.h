/* SPDX-License-Identifier: MIT */
/* A window: the time in which the page of a sealed object can be written. */
#ifndef WINDOW_H
#define WINDOW_H

#include "kernel.h"

enum window_kind {
	WINDOW_SHARED,	/* in the page table of all CPUs: they all see it */
	WINDOW_PRIVATE,	/* a second mapping in a page table of this CPU's own */
};

extern enum window_kind window_kind;

void window_init(void);
/* Page tables of this CPU's own from here on; for each CPU that comes up. */
void window_init_cpu(void);
/* Returns the address at which the object can be written. */
void *window_open(void *object);
void window_close(void *object);

#endif
