// SPDX-License-Identifier: MIT
#include "cpufeature.h"
#include "driver.h"
#include "power.h"
#include "printk.h"
#include "scenario.h"
#include "smp.h"

struct scenario {
	const char *name;
	u32 bugs;
	void (*run)(void);
	void (*report)(void);
};

static void report_driver(void)
{
	pr_info("resume: done, uart_driver.users=%u\n", refcount_read(&uart_driver.users));
}

static const struct scenario scenarios[] = {
	{ "resume", BUG_DETECT_AGAIN, pm_suspend, report_features },
	{ "resume-changed", BUG_DETECT_AGAIN | BUG_NEWS_ON_RESUME, pm_suspend, report_features },
	{ "hotplug", BUG_POSSIBLE_AGAIN, cpu_hotplug_cycle, report_possible },
	{ "late-list", BUG_LATE_REGISTRATION, pm_suspend, report_syscore },
	{ "neighbour", BUG_PAGE_NEIGHBOUR, pm_suspend, report_suspend_stats },
	{ "boundary", BUG_MISALIGNED_TABLE, pm_suspend, report_wake_table },
	{ "amo", BUG_SEALED_REFCOUNT, pm_suspend, report_driver },
	{ "none", 0, pm_suspend, report_features },
};

static const struct scenario *scenario __ro_after_init = &scenarios[0];

bool has_bug(enum bug bug)
{
	return scenario->bugs & bug;
}

/* False if the command line asks for a scenario that does not exist. */
bool __init scenario_init(void)
{
	const char *name = param_value("scenario");
	unsigned int i;

	if (!name)
		return true;
	for (i = 0; i < ARRAY_SIZE(scenarios); i++) {
		if (strcmp(name, scenarios[i].name))
			continue;
		scenario = &scenarios[i];
		return true;
	}
	pr_err("scenario=%s does not exist; there are:", name);
	for (i = 0; i < ARRAY_SIZE(scenarios); i++)
		pr_cont(" %s", scenarios[i].name);
	pr_cont("\n");
	return false;
}

void scenario_run(void)
{
	pr_info("scenario: %s\n", scenario->name);
	scenario->run();
	scenario->report();
}
