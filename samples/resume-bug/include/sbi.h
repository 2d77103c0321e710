/* SPDX-License-Identifier: MIT */
/* RISC-V Supervisor Binary Interface 1.0: what this kernel asks of the firmware. */
#ifndef SBI_H
#define SBI_H

#include "kernel.h"

enum sbi_ext {
	SBI_EXT_BASE	= 0x10,
	SBI_EXT_TIME	= 0x54494d45,
	SBI_EXT_IPI	= 0x735049,
	SBI_EXT_RFENCE	= 0x52464e43,
	SBI_EXT_HSM	= 0x48534d,
	SBI_EXT_SRST	= 0x53525354,
	SBI_EXT_CPPC	= 0x43505043,
};

enum sbi_hart_state {
	SBI_HART_STARTED,
	SBI_HART_STOPPED,
};

enum sbi_reset_reason {
	SBI_RESET_NO_REASON,
	SBI_RESET_SYSTEM_FAILURE,
};

bool sbi_probe_extension(enum sbi_ext ext);
void sbi_set_timer(u64 deadline);
void sbi_send_ipi(u64 hartid);
void sbi_remote_sfence_vma(unsigned long start, unsigned long size);
int sbi_hart_start(u64 hartid, u64 entry, unsigned long opaque);
__noreturn void sbi_hart_stop(void);
int sbi_hart_status(u64 hartid);
int sbi_hart_suspend(u64 entry, unsigned long opaque);
__noreturn void sbi_shutdown(enum sbi_reset_reason reason);

#endif
