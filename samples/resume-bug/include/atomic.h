/* SPDX-License-Identifier: MIT */
#ifndef ATOMIC_H
#define ATOMIC_H

#include "kernel.h"

typedef struct {
	u32 refs;
} refcount_t;

/* One more user. Returns how many there were. */
static inline u32 refcount_inc(refcount_t *r)
{
	u32 old;

	__asm__ __volatile__("amoadd.w %0, %2, %1" : "=r"(old), "+A"(r->refs) : "r"(1) : "memory");
	return old;
}

static inline u32 refcount_read(const refcount_t *r)
{
	return READ_ONCE(r->refs);
}

typedef struct {
	u32 locked;
} spinlock_t;

static inline void spin_lock(spinlock_t *lock)
{
	u32 busy;

	do
		__asm__ __volatile__("amoswap.w.aq %0, %2, %1"
				     : "=r"(busy), "+A"(lock->locked)
				     : "r"(1)
				     : "memory");
	while (busy);
}

static inline void spin_unlock(spinlock_t *lock)
{
	__asm__ __volatile__("amoswap.w.rl zero, zero, %0" : "+A"(lock->locked) : : "memory");
}

#endif
