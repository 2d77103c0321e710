// SPDX-License-Identifier: MIT
/* The 16550 of QEMU's virt machine, polled. */
#include "mm.h"
#include "printk.h"
#include "uart.h"

#define UART_PHYS	0x10000000

#define UART_THR	0
#define UART_LSR	5
#define LSR_THR_EMPTY	0x20

static volatile u8 *uart __ro_after_init;

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

void __init uart_init(void)
{
	uart = ioremap(UART_PHYS, PAGE_SIZE);
	register_console(&uart_console);
}
