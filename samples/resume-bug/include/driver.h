/* SPDX-License-Identifier: MIT */
#ifndef DRIVER_H
#define DRIVER_H

#include "atomic.h"

struct driver {
	const char *name;
	void (*suspend)(void);
	void (*resume)(void);
	refcount_t users;
};

extern struct driver uart_driver;

void uart_init(void);

#endif
