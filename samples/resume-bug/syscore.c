// SPDX-License-Identifier: MIT
/* Callbacks for the core of the system, in order of registration; for resume, in reverse. */
#include "power.h"
#include "printk.h"

static struct list_head syscore_ops_list __ro_after_init = LIST_HEAD_INIT(syscore_ops_list);

/*
 * scenario=late-list
 *
 * The list and the operations on it are sealed: they are all code pointers, registered while
 * booting. One driver's probe was deferred until its clock came back with the first resume, and
 * it registers then. Its own node is writable. Its neighbours' are not: linking it in stores to
 * the list head's `prev` and to the last sealed node's `next`.
 *
 * What a developer sees today: an oops inside list_add_tail(), inlined here, at an address that
 * belongs to neither of the two arguments' owners but to whoever registered last.
 *
 * Why it is hard: two stores are refused, not one, and each by itself leaves a list that is
 * broken in one direction. Dropping one (skip) and letting the other pass is worse than an oops.
 * In Linux: genl families registered from a probe, static keys of modules.
 */
void register_syscore_ops(struct syscore_ops *ops)
{
	list_add_tail(&ops->node, &syscore_ops_list);
}

void syscore_suspend(void)
{
	struct syscore_ops *ops;

	list_for_each_entry(ops, &syscore_ops_list, node)
		ops->suspend();
}

void syscore_resume(void)
{
	struct syscore_ops *ops;

	list_for_each_entry_reverse(ops, &syscore_ops_list, node)
		ops->resume();
}

void report_syscore(void)
{
	struct syscore_ops *ops;

	pr_info("resume: done, syscore_ops:");
	list_for_each_entry(ops, &syscore_ops_list, node)
		pr_cont(" %s", ops->name);
	pr_cont("\n");
}
