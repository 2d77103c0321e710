// SPDX-License-Identifier: MIT
/* Who uses the write-once slab, and how that goes wrong. */
#include "cred.h"
#include "mm.h"
#include "printk.h"
#include "scenario.h"
#include "slab.h"
#include "trap.h"
#include "window.h"
#include "work.h"

#define NAME_LENGTH	48

static struct kmem_cache *cred_cache __ro_after_init;
static u64 next_serial = 1;
const struct cred *cred_written_last;

void __init cred_cache_init(void)
{
	cred_cache = kmem_cache_create("cred", sizeof(struct cred));
}

/* CPU 1 keeps a list of who has made whom, and for that has to look at the parent. */
static void audit(void *cred)
{
	(void)READ_ONCE(((const struct cred *)cred)->uid);
}

/*
 * scenario=overrun
 *
 * The name is padded with zeros, to a length that was right when names had eight characters more.
 * The bytes behind the object are the next object's: a page is what can be opened, so the window of
 * one object is the window of all its neighbours.
 *
 * What a developer sees today: nothing, until somebody has the uid 0 that did not have it before.
 */
static int cred_init(void *object, const void *from)
{
	struct cred *cred = object;
	const struct cred_data *data = from;
	size_t padded = has_bug(BUG_OVERRUN) ? NAME_LENGTH + 8 : NAME_LENGTH;
	size_t len = strlen(data->name);

	if (len >= NAME_LENGTH)
		return -EINVAL;
	cred->uid = data->uid;
	cred->gid = data->uid;
	cred->capabilities = data->uid ? 0 : -1UL;
	cred->parent = data->parent;
	cred->serial = next_serial++;
	memcpy(cred->name, data->name, len);
	memset((char *)cred + offsetof(struct cred, name) + len, 0, padded - len);
	cred_written_last = cred;
	if (has_bug(BUG_NO_FENCE) && data->parent && cpu_call(audit, (void *)data->parent))
		cpu_wait();
	return 0;
}

/*
 * scenario=second-init
 *
 * "Set up" is called once more to give the object another name, since there is a function that can
 * write to it. Write-once is then just write.
 */
static int cred_setup(struct cred *cred, const char *name, u32 uid, const struct cred *parent)
{
	struct cred_data data = { .name = name, .uid = uid, .parent = parent };

	return kmem_cache_init_once(cred_cache, cred, cred_init, &data);
}

const struct cred *cred_create(const char *name, u32 uid, const struct cred *parent)
{
	struct cred *cred = kmem_cache_alloc(cred_cache);

	if (!cred)
		panic("no memory for %s", name);
	if (cred_setup(cred, name, uid, parent))
		pr_err("cred: %s is no name\n", name);
	return cred;
}

void cred_destroy(const struct cred *cred)
{
	kmem_cache_free(cred_cache, (void *)cred);
}

/*
 * scenario=late-write
 *
 * Dropping a privilege was an assignment when credentials were plain memory. It compiles: the const
 * is cast away, as it always was.
 *
 * What a developer sees today: an oops at an address of the linear map, which no symbol goes with.
 */
static void cred_drop(const struct cred *cred)
{
	((struct cred *)cred)->capabilities &= ~1UL;
}

/*
 * scenario=patch
 *
 * A hot fix: opens the page, changes one member, closes it. It does everything right but for being
 * there: what holds the seal together is that nobody opens a page but init and free.
 */
static void cred_patch(const struct cred *cred, u32 gid)
{
	struct cred *writable = window_open((void *)cred);

	writable->gid = gid;
	window_close((void *)cred);
}

/*
 * scenario=reuse
 *
 * A clone is made of what was freed last, and as long as that was a credential of the same user
 * nobody notices that its initialisation was left out "because it is still right": the first word
 * has been the freelist's meanwhile.
 */
static void cred_clone(const struct cred *parent)
{
	const struct cred *old = cred_create("worker", 1001, parent);
	const struct cred *clone;

	cred_destroy(old);
	clone = kmem_cache_alloc(cred_cache);
	pr_info("cred: clone has uid %u\n", READ_ONCE(clone->uid));
}

/* scenario=use-after-free: the last word on a credential, said too late. */
static void cred_put(const struct cred *cred)
{
	cred_destroy(cred);
	pr_info("cred: bye, uid %u\n", READ_ONCE(cred->uid));
}

/* With variant=make-writable a name can be changed. */
void cred_rename(const struct cred *cred, const char *name)
{
	kmem_cache_make_writable(cred_cache, (void *)cred);
	memcpy((void *)cred->name, name, strlen(name) + 1);
	kmem_cache_make_readonly(cred_cache, (void *)cred);
}

void cred_exercise(const struct cred *root, const struct cred *user)
{
	if (has_bug(BUG_OVERRUN)) {
		/* The freelist gives what was freed last: the place of root, right before user. */
		cred_destroy(root);
		cred_create("wheel", 10, NULL);
		pr_info("cred: user has uid %u\n", READ_ONCE(user->uid));
	}
	if (has_bug(BUG_INIT_AGAIN))
		cred_setup((struct cred *)user, "admin", 0, root);
	if (has_bug(BUG_PATCH))
		cred_patch(user, 100);
	if (has_bug(BUG_REUSE))
		cred_clone(user);
	if (has_bug(BUG_EARLY_RETURN))
		cred_create("a name that has more characters than a credential has room for", 1002, root);
	if (has_bug(BUG_USE_AFTER_FREE))
		cred_put(user);
	if (has_bug(BUG_LATE_WRITE))
		cred_drop(root);
}
