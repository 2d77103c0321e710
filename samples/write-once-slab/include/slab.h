/* SPDX-License-Identifier: MIT */
/* Write-once memory: objects that are written once, by a callback, and then only read until they are freed. */
#ifndef SLAB_H
#define SLAB_H

#include "kernel.h"

struct kmem_cache;

void slab_init(void);
struct kmem_cache *kmem_cache_create(const char *name, size_t size);
/* An object that cannot be written, with whatever it held before; NULL if there is no memory. */
void *kmem_cache_alloc(struct kmem_cache *cache);
/*
 * Calls init, once in the life of the object, with an address at which it can be written; before and
 * after that call it cannot. Returns what init returns.
 */
int kmem_cache_init_once(struct kmem_cache *cache, void *object,
			 int (*init)(void *object, const void *data), const void *data);
/* The only way to write to the object again: it goes back to the freelist. */
void kmem_cache_free(struct kmem_cache *cache, void *object);

/* variant=make-writable: what the interface must not have. */
void kmem_cache_make_writable(struct kmem_cache *cache, void *object);
void kmem_cache_make_readonly(struct kmem_cache *cache, void *object);

#endif
