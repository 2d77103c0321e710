/* SPDX-License-Identifier: MIT */
#ifndef CPUFEATURE_H
#define CPUFEATURE_H

#include "kernel.h"

enum cpu_feature_word {
	FEATURE_ISA,	/* one bit a letter, as in AT_HWCAP */
	FEATURE_PAGES,	/* bit n: leaves of 2^n bytes */
	FEATURE_PM,	/* the PM_ bits */
	NR_FEATURE_WORDS,
};

#define PM_WAKE_TIMER		BIT(0)	/* an alarm ends a suspend */
#define PM_WAKE_PROVEN		BIT(1)	/* … and has done so since boot */
#define PM_SUSPEND_HART		BIT(2)	/* harts can be suspended */
#define PM_CHANGE_SPEED		BIT(3)	/* harts can run slower */
#define PM_POWER_OFF		BIT(4)	/* the system can be switched off */

struct cpu_feature {
	const char *name;
	u32 bits;
	u32 word : 4;
	u32 asks_firmware : 1;
};

struct cpu_caps {
	const char *isa;
	u32 xlen : 8;
	u32 satp_mode : 4;
	u32 compressed : 1;
	u32 atomic : 1;
	struct cpu_feature features[NR_FEATURE_WORDS];
};

extern struct cpu_caps cpu_caps;

void cpu_caps_init(void);
void cpu_detect_features(void);
void report_features(void);

#endif
