// SPDX-License-Identifier: MIT
/* Calls to the firmware. Chapter numbers are those of the SBI specification, version 1.0. */
#include "csr.h"
#include "sbi.h"

#define SUSPEND_NON_RETENTIVE	0x80000000
#define RESET_SHUTDOWN		0

struct sbiret {
	long error;
	long value;
};

static struct sbiret sbi_ecall(enum sbi_ext ext, unsigned long fid, unsigned long arg0,
			       unsigned long arg1, unsigned long arg2, unsigned long arg3)
{
	register unsigned long a0 __asm__("a0") = arg0;
	register unsigned long a1 __asm__("a1") = arg1;
	register unsigned long a2 __asm__("a2") = arg2;
	register unsigned long a3 __asm__("a3") = arg3;
	register unsigned long a6 __asm__("a6") = fid;
	register unsigned long a7 __asm__("a7") = ext;

	__asm__ __volatile__("ecall"
			     : "+r"(a0), "+r"(a1)
			     : "r"(a2), "r"(a3), "r"(a6), "r"(a7)
			     : "memory");
	return (struct sbiret){ .error = a0, .value = a1 };
}

bool sbi_probe_extension(enum sbi_ext ext)	/* chapter 4.4 */
{
	struct sbiret ret = sbi_ecall(SBI_EXT_BASE, 3, ext, 0, 0, 0);

	return !ret.error && ret.value;
}

void sbi_set_timer(u64 deadline)		/* chapter 6 */
{
	sbi_ecall(SBI_EXT_TIME, 0, deadline, 0, 0, 0);
}

void sbi_send_ipi(u64 hartid)			/* chapter 7 */
{
	sbi_ecall(SBI_EXT_IPI, 0, 1, hartid, 0, 0);
}

/* On every hart: a mask base of -1 says so (chapter 3.1). */
void sbi_remote_sfence_vma(unsigned long start, unsigned long size)	/* chapter 8.2 */
{
	sbi_ecall(SBI_EXT_RFENCE, 1, 0, -1UL, start, size);
}

int sbi_hart_start(u64 hartid, u64 entry, unsigned long opaque)	/* chapter 9.1 */
{
	return sbi_ecall(SBI_EXT_HSM, 0, hartid, entry, opaque, 0).error;
}

void sbi_hart_stop(void)			/* chapter 9.2 */
{
	sbi_ecall(SBI_EXT_HSM, 1, 0, 0, 0, 0);
	for (;;)
		wait_for_interrupt();
}

/* An enum sbi_hart_state or larger: pending states; negative: an error. */
int sbi_hart_status(u64 hartid)			/* chapter 9.3 */
{
	struct sbiret ret = sbi_ecall(SBI_EXT_HSM, 2, hartid, 0, 0, 0);

	return ret.error ?: ret.value;
}

/* Returns only to report an error: a hart that slept begins again at `entry`, MMU off. */
int sbi_hart_suspend(u64 entry, unsigned long opaque)	/* chapter 9.4 */
{
	return sbi_ecall(SBI_EXT_HSM, 3, SUSPEND_NON_RETENTIVE, entry, opaque, 0).error;
}

void sbi_shutdown(enum sbi_reset_reason reason)	/* chapter 10 */
{
	sbi_ecall(SBI_EXT_SRST, 0, RESET_SHUTDOWN, reason, 0, 0);
	for (;;)
		wait_for_interrupt();
}
