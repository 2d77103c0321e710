// SPDX-License-Identifier: MIT
/*
 * Messages go to a ring buffer first and from there to the console, if there is one and it is
 * awake. Whatever is printed before the console is registered or while it is suspended waits in
 * log_buf. An oops during resume waits there too, and then the machine goes off.
 */
#include "atomic.h"
#include "printk.h"

#define LOG_BUF_SIZE	0x4000	/* a power of two */

static char log_buf[LOG_BUF_SIZE];
static u64 log_next;		/* bytes ever logged */
static u64 console_next;	/* bytes the console has been given */
static bool line_is_open;
static spinlock_t log_lock;
static bool oops_in_progress;

static const struct console *console;
static bool console_suspended;

static void log_char(char c)
{
	log_buf[log_next++ % LOG_BUF_SIZE] = c;
}

static void log_stamp(const char *fmt, ...)
{
	char stamp[32], *c;
	va_list args;

	va_start(args, fmt);
	vscnprintf(stamp, sizeof(stamp), fmt, args);
	va_end(args);
	for (c = stamp; *c; c++)
		log_char(*c);
}

/* Every line begins with the time. */
static void log_text(const char *text)
{
	u64 us = ktime_us();

	for (; *text; text++) {
		if (!line_is_open)
			log_stamp("[%5lu.%06lu] ", us / 1000000, us % 1000000);
		log_char(*text);
		line_is_open = *text != '\n';
	}
}

static void console_flush(void)
{
	if (!console || console_suspended)
		return;
	if (log_next - console_next > LOG_BUF_SIZE)
		console_next = log_next - LOG_BUF_SIZE;
	for (; console_next < log_next; console_next++)
		console->write(&log_buf[console_next % LOG_BUF_SIZE], 1);
}

void printk(const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vscnprintf(text, sizeof(text), fmt, args);
	va_end(args);

	if (!oops_in_progress)
		spin_lock(&log_lock);
	log_text(text);
	console_flush();
	if (!oops_in_progress)
		spin_unlock(&log_lock);
}

/* From here on nobody waits for log_lock: this hart may have died holding it. */
void bust_spinlocks(void)
{
	oops_in_progress = true;
}

void register_console(const struct console *new)
{
	console = new;
	pr_info("printk: console [%s] enabled\n", new->name);
}

void suspend_console(void)
{
	if (param_value("no_console_suspend"))
		return;
	pr_info("printk: Suspending console(s) (use no_console_suspend to debug)\n");
	console_suspended = true;
}

void resume_console(void)
{
	console_suspended = false;
	console_flush();
}
