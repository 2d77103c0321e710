// SPDX-License-Identifier: MIT
/*
 * The slab allocator of write-once memory, after the proposal of January 2018: many objects a page,
 * the page sealed, and opened only while an object is initialised or put back on the freelist.
 *
 * A free object's first word points to the next free one. So allocating reads from the page and
 * freeing writes to it; everything else about a cache lies elsewhere.
 */
#include "atomic.h"
#include "csr.h"
#include "mm.h"
#include "printk.h"
#include "scenario.h"
#include "slab.h"
#include "window.h"

#define POOL_PAGES	64
#define NR_CACHES	4

struct kmem_cache {
	const char *name;
	u32 size;		/* of an object, in bytes */
	u32 live;		/* objects that are allocated */
	void *freelist;
	spinlock_t lock;
};

static struct kmem_cache caches[NR_CACHES];
static unsigned int nr_caches;
static char *pool, *pool_end;

void __init slab_init(void)
{
	pool = memblock_alloc(POOL_PAGES * PAGE_SIZE);
	pool_end = pool + POOL_PAGES * PAGE_SIZE;
}

struct kmem_cache *kmem_cache_create(const char *name, size_t size)
{
	struct kmem_cache *cache;

	if (nr_caches == NR_CACHES || size < sizeof(void *) || size > PAGE_SIZE)
		return NULL;
	cache = &caches[nr_caches++];
	cache->name = name;
	cache->size = ALIGN(size, sizeof(void *));
	return cache;
}

/* A page of free objects, sealed. */
static bool slab_grow(struct kmem_cache *cache)
{
	char *page = pool, *object;

	if (page == pool_end)
		return false;
	pool += PAGE_SIZE;
	for (object = page; object + 2 * cache->size <= page + PAGE_SIZE; object += cache->size)
		*(void **)object = object + cache->size;
	*(void **)object = NULL;
	set_memory_ro(page, page + PAGE_SIZE);
	cache->freelist = page;
	return true;
}

void *kmem_cache_alloc(struct kmem_cache *cache)
{
	void *object = NULL;

	spin_lock(&cache->lock);
	if (cache->freelist || slab_grow(cache)) {
		object = cache->freelist;
		cache->freelist = *(void **)object;
		cache->live++;
	}
	spin_unlock(&cache->lock);
	return object;
}

/*
 * scenario=early-return
 *
 * init may fail since somebody needed that, and whoever added it returned on the spot. The page stays
 * as it is, writable, until the next object on it is initialised. Nothing fails.
 *
 * scenario=stamp
 *
 * A debugging aid: each object notes when it was initialised, in its serial. The window is open, so
 * why not here? Because then what an object holds is no longer what its callback wrote, and the
 * allocator writes into memory whose layout it does not know.
 *
 * scenario=interrupted
 *
 * Interrupts are on in the window. A timer goes off, its handler runs with the page writable, and
 * may run for as long as it likes.
 *
 * Why they are hard: each of them works, and none leaves a wrong value behind.
 */
int kmem_cache_init_once(struct kmem_cache *cache, void *object,
			 int (*init)(void *object, const void *data), const void *data)
{
	void *writable;
	int err;

	spin_lock(&cache->lock);
	writable = window_open(object);
	if (has_bug(BUG_INTERRUPTS_ON))
		local_irq_enable();
	err = init(writable, data);
	if (err && has_bug(BUG_EARLY_RETURN)) {
		spin_unlock(&cache->lock);
		return err;
	}
	if (has_bug(BUG_STAMP))
		((u64 *)writable)[3] = ktime_us();
	window_close(object);
	local_irq_disable();
	spin_unlock(&cache->lock);
	return err;
}

void kmem_cache_free(struct kmem_cache *cache, void *object)
{
	void **link;

	spin_lock(&cache->lock);
	link = window_open(object);
	memset(link, 0, cache->size);
	*link = cache->freelist;
	window_close(object);
	cache->freelist = object;
	cache->live--;
	spin_unlock(&cache->lock);
}

/*
 * variant=make-writable
 *
 * Two functions for those who need to change just one member. Nobody who calls the first has to call
 * the second, nobody has to be the owner of the object, and an attacker who can call one function of
 * the kernel calls this one.
 */
void kmem_cache_make_writable(struct kmem_cache *cache, void *object)
{
	spin_lock(&cache->lock);
	window_open(object);
	spin_unlock(&cache->lock);
}

void kmem_cache_make_readonly(struct kmem_cache *cache, void *object)
{
	spin_lock(&cache->lock);
	window_close(object);
	spin_unlock(&cache->lock);
}
