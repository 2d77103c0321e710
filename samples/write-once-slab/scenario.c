// SPDX-License-Identifier: MIT
#include "cred.h"
#include "mm.h"
#include "printk.h"
#include "scenario.h"
#include "smp.h"
#include "window.h"
#include "work.h"

#define WORKERS		60
#define FIRST_TO_GO	10
#define LONG_LIVED	55
#define RACED		60

struct scenario {
	const char *name;
	u32 bugs;
	void (*run)(const struct cred *root, const struct cred *user);
};

/*
 * scenario=none: fragmentation. Credentials come in a burst and go again, but for a few that were
 * among the first and one that was among the last: it holds a page for itself. A sealed page with a
 * free object cannot be given to anybody else.
 */
static void burst(const struct cred *root, const struct cred *user __attribute__((unused)))
{
	const struct cred *workers[WORKERS];
	unsigned int i;

	for (i = 0; i < WORKERS; i++)
		workers[i] = cred_create("worker", 1000 + i, root);
	for (i = WORKERS; i-- > FIRST_TO_GO;)
		if (i != LONG_LIVED)
			cred_destroy(workers[i]);
	cred_create("late", 2000, root);
}

/*
 * scenario=no-fence: whoever has a TLB entry from the last window stores with it, once on this CPU to
 * the address that the callback was given, once on CPU 1.
 */
static void stray_store(void *target)
{
	const u64 value = -1UL;

	if (!copy_to_kernel_nofault(target, &value, sizeof(value)))
		pr_info("CPU%u: a store to %lx landed\n", this_cpu->id, (unsigned long)target);
}

static void stray_stores(const struct cred *root, const struct cred *user __attribute__((unused)))
{
	stray_store((void *)&cred_written_last->capabilities);
	if (cpu_call(stray_store, (void *)&root->capabilities))
		cpu_wait();
}

/*
 * scenario=race
 *
 * An attacker has CPU 1 store to an address of his choice, over and over; a store that faults is no
 * harm to him. The page of a credential is read-only, and yet: while CPU 0 initialises another one on
 * it, in the page table that both of them use, it is not.
 *
 * What a developer sees today: nothing. The window is a few hundred instructions long.
 */
static bool race_is_over;
static bool race_is_won;

static void stray_writer(void *target)
{
	const u64 value = -1UL;

	while (!race_is_won && !READ_ONCE(race_is_over))
		race_is_won = !copy_to_kernel_nofault(target, &value, sizeof(value));
}

static void race(const struct cred *root, const struct cred *user)
{
	unsigned int i;

	if (!cpu_call(stray_writer, (void *)&user->capabilities))
		return;
	for (i = 0; i < RACED; i++)
		cred_destroy(cred_create("worker", 1000 + i, root));
	WRITE_ONCE(race_is_over, true);
	cpu_wait();
	pr_info("race: %s, capabilities 0x%lx\n", race_is_won ? "won" : "lost", user->capabilities);
}

/* scenario=interrupted: an alarm is due, and rings when interrupts are on. */
static void interrupted(const struct cred *root, const struct cred *user __attribute__((unused)))
{
	set_alarm_us(0);
	cred_create("worker", 1000, root);
}

static const struct scenario scenarios[] = {
	{ "none", 0, burst },
	{ "second-init", BUG_INIT_AGAIN, cred_exercise },
	{ "late-write", BUG_LATE_WRITE, cred_exercise },
	{ "stamp", BUG_STAMP, cred_exercise },
	{ "overrun", BUG_OVERRUN, cred_exercise },
	{ "patch", BUG_PATCH, cred_exercise },
	{ "reuse", BUG_REUSE, cred_exercise },
	{ "use-after-free", BUG_USE_AFTER_FREE, cred_exercise },
	{ "early-return", BUG_EARLY_RETURN, cred_exercise },
	{ "interrupted", BUG_INTERRUPTS_ON, interrupted },
	{ "no-fence", BUG_NO_FENCE, stray_stores },
	{ "race", BUG_STRAY_WRITER, race },
};

static const struct scenario *scenario __ro_after_init = &scenarios[0];
static bool has_make_writable __ro_after_init;

bool has_bug(enum bug bug)
{
	return scenario->bugs & bug;
}

static bool __init choose_variant(const char *name)
{
	if (!strcmp(name, "private"))
		window_kind = WINDOW_PRIVATE;
	else if (!strcmp(name, "make-writable"))
		has_make_writable = true;
	else if (strcmp(name, "shared"))
		return false;
	return true;
}

/* False if the command line asks for what does not exist. */
bool __init scenario_init(void)
{
	const char *variant = param_value("variant") ?: "shared";
	const char *name = param_value("scenario") ?: "none";
	unsigned int i;

	if (!choose_variant(variant)) {
		pr_err("variant=%s does not exist; there are: shared private make-writable\n", variant);
		return false;
	}
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
	const struct cred *root, *user;

	pr_info("scenario: %s\n", scenario->name);
	root = cred_create("root", 0, NULL);
	user = cred_create("user", 1000, root);
	if (has_make_writable)
		cred_rename(user, "operator");
	scenario->run(root, user);
	pr_info("%s: done\n", scenario->name);
}
