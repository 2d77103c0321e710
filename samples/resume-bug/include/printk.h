/* SPDX-License-Identifier: MIT */
#ifndef PRINTK_H
#define PRINTK_H

#include "kernel.h"

__printf(1, 2) void printk(const char *fmt, ...);

#define pr_info(...)	printk(__VA_ARGS__)
#define pr_warn(...)	printk(__VA_ARGS__)
#define pr_err(...)	printk(__VA_ARGS__)
#define pr_cont(...)	printk(__VA_ARGS__)

struct console {
	const char *name;
	void (*write)(const char *s, size_t n);
};

void register_console(const struct console *console);
void suspend_console(void);
void resume_console(void);
void bust_spinlocks(void);

/* vsprintf.c: returns the length, always terminates; %d %u %x %s %c, widths, 0, l */
size_t vscnprintf(char *buf, size_t size, const char *fmt, va_list args);

#endif
