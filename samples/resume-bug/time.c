// SPDX-License-Identifier: MIT
#include "csr.h"
#include "kernel.h"
#include "sbi.h"

static u64 timebase_frequency __ro_after_init;
static u64 boot_time __ro_after_init;

void __init time_init(u64 frequency)
{
	timebase_frequency = frequency;
	boot_time = csr_read(time);
}

/* Microseconds since time_init(), 0 before. */
u64 ktime_us(void)
{
	if (!timebase_frequency)
		return 0;
	return (csr_read(time) - boot_time) * 1000000 / timebase_frequency;
}

void set_alarm_us(u64 us)
{
	sbi_set_timer(csr_read(time) + us * timebase_frequency / 1000000);
	csr_set(sie, SIE_STIE);
}

/* Alarms ring once. */
void timer_interrupt(void)
{
	csr_clear(sie, SIE_STIE);
	sbi_set_timer(-1UL);
}
