/* SPDX-License-Identifier: MIT */
#ifndef LIST_H
#define LIST_H

#include "kernel.h"

struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD_INIT(name)	{ &(name), &(name) }

static inline void list_add_tail(struct list_head *new, struct list_head *head)
{
	struct list_head *prev = head->prev;

	head->prev = new;
	new->next = head;
	new->prev = prev;
	WRITE_ONCE(prev->next, new);
}

#define list_for_each_entry(pos, head, member)						\
	for (pos = container_of((head)->next, typeof(*pos), member);			\
	     &pos->member != (head);							\
	     pos = container_of(pos->member.next, typeof(*pos), member))

#define list_for_each_entry_reverse(pos, head, member)					\
	for (pos = container_of((head)->prev, typeof(*pos), member);			\
	     &pos->member != (head);							\
	     pos = container_of(pos->member.prev, typeof(*pos), member))

#endif
