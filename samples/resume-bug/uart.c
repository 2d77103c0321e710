// SPDX-License-Identifier: MIT
/* The 16550 of QEMU's virt machine, polled. */
#include "driver.h"
#include "mm.h"
#include "printk.h"
#include "scenario.h"

#define UART_PHYS	0x10000000

#define UART_THR	0
#define UART_IER	1
#define UART_FCR	2
#define UART_LCR	3
#define UART_LSR	5

#define FCR_ENABLE_CLEAR	0x07
#define LCR_8N1			0x03
#define LSR_THR_EMPTY		0x20
#define LSR_ALL_SENT		0x40

static volatile u8 *uart __ro_after_init;

static void uart_setup(void)
{
	uart[UART_IER] = 0;
	uart[UART_LCR] = LCR_8N1;
	uart[UART_FCR] = FCR_ENABLE_CLEAR;
}

static void uart_write(const char *s, size_t n)
{
	for (; n--; s++) {
		while (!(uart[UART_LSR] & LSR_THR_EMPTY))
			;
		if (*s == '\n')
			uart[UART_THR] = '\r';
		uart[UART_THR] = *s;
	}
}

static const struct console uart_console = {
	.name = "ttyS0",
	.write = uart_write,
};

static void uart_suspend(void)
{
	while (!(uart[UART_LSR] & LSR_ALL_SENT))
		;
}

/*
 * scenario=amo
 *
 * uart_driver is sealed because it holds function pointers, and those are what an attacker goes
 * for. It also holds a reference count. Registration takes the first reference, during boot;
 * resume takes another one, for as long as the console is in use.
 *
 * What a developer sees today: nothing, the console being the very thing that is resumed. With
 * no_console_suspend: a fault at an amoadd, cause 000000000000000f, "store/AMO page fault".
 *
 * Why it is hard: searching the source for assignments to uart_driver finds none. The store is
 * an inline function's inline assembly, it gets a pointer to a member, and the annotation was
 * put on the structure for a good reason by somebody who thought of its other members.
 */
static void uart_resume(void)
{
	uart_setup();
	if (has_bug(BUG_SEALED_REFCOUNT))
		refcount_inc(&uart_driver.users);
}

struct driver uart_driver __ro_after_init = {
	.name = "uart",
	.suspend = uart_suspend,
	.resume = uart_resume,
};

void __init uart_init(void)
{
	uart = ioremap(UART_PHYS, PAGE_SIZE);
	uart_setup();
	refcount_inc(&uart_driver.users);
	register_console(&uart_console);
}
