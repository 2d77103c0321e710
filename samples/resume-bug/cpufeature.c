// SPDX-License-Identifier: MIT
/* What the harts can do. Everybody reads it, so nobody may write it once it is known. */
#include "cpufeature.h"
#include "printk.h"
#include "power.h"
#include "sbi.h"
#include "scenario.h"
#include "smp.h"

struct cpu_caps cpu_caps __ro_after_init = {
	.xlen = 64,
	.satp_mode = SATP_MODE_SV39,
	.features = {
		[FEATURE_ISA] = { .name = "isa", .word = FEATURE_ISA },
		[FEATURE_PAGES] = { .name = "pages", .word = FEATURE_PAGES },
		[FEATURE_PM] = { .name = "pm", .word = FEATURE_PM, .asks_firmware = 1 },
	},
};

/* "rv64imac_zicsr": one letter each up to the first underscore. */
static u32 __init isa_letters(const char *isa)
{
	u32 bits = 0;

	for (isa += strlen("rv64"); *isa >= 'a' && *isa <= 'z'; isa++)
		bits |= BIT(*isa - 'a');
	return bits;
}

/* Run once, by the boot hart: what the device tree says of all of them. */
void __init cpu_caps_init(void)
{
	u32 letters = isa_letters(this_cpu->isa);

	cpu_caps.isa = this_cpu->isa;
	cpu_caps.compressed = !!(letters & BIT('c' - 'a'));
	cpu_caps.atomic = !!(letters & BIT('a' - 'a'));
	cpu_caps.features[FEATURE_ISA].bits = letters;
	cpu_caps.features[FEATURE_PAGES].bits = BIT(PAGE_SHIFT) | BIT(PMD_SHIFT) | BIT(30);
	pr_info("CPU0: %s\n", cpu_caps.isa);
	cpu_detect_features();
}

/*
 * What a hart finds out by asking. Not __init any more: see secondary_start_kernel(), which calls
 * it on every hart, and calls it again on resume.
 *
 * scenario=resume stores 0x15 where 0x15 is: a redundant write, which breaks only because the
 * page is sealed. Cure: let the boot hart do it, once.
 *
 * scenario=resume-changed is the same store with something to say: a wake-up that was promised
 * has been seen, 0x15 becomes 0x17. Looking at the first case a developer learns to drop such
 * writes; here that loses a fact. Cure: keep what changes out of what is sealed.
 */
void cpu_detect_features(void)
{
	u32 pm = 0;

	if (sbi_probe_extension(SBI_EXT_TIME))
		pm |= PM_WAKE_TIMER;
	if (sbi_probe_extension(SBI_EXT_HSM))
		pm |= PM_SUSPEND_HART;
	if (sbi_probe_extension(SBI_EXT_CPPC))
		pm |= PM_CHANGE_SPEED;
	if (sbi_probe_extension(SBI_EXT_SRST))
		pm |= PM_POWER_OFF;
	if (has_bug(BUG_NEWS_ON_RESUME) && wakeups_seen())
		pm |= PM_WAKE_PROVEN;

	cpu_caps.features[FEATURE_PM].bits = pm;
	pr_info("CPU%u: power management 0x%x\n", this_cpu->id, pm);
}

void report_features(void)
{
	pr_info("resume: done, cpu_caps.features[2].bits=0x%x\n", cpu_caps.features[FEATURE_PM].bits);
}
