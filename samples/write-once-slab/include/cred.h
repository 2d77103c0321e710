/* SPDX-License-Identifier: MIT */
/* Credentials: what an attacker who can write to kernel memory goes for, and nobody changes. */
#ifndef CRED_H
#define CRED_H

#include "kernel.h"

struct cred {
	u32 uid;
	u32 gid;
	u64 capabilities;
	const struct cred *parent;
	u64 serial;
	char name[48];
};

struct cred_data {
	const char *name;
	const struct cred *parent;
	u32 uid;
};

/* The address that an initialisation was given last. */
extern const struct cred *cred_written_last;

void cred_cache_init(void);
const struct cred *cred_create(const char *name, u32 uid, const struct cred *parent);
void cred_destroy(const struct cred *cred);
/* What a scenario's bug needs to happen. */
void cred_exercise(const struct cred *root, const struct cred *user);
/* Only with variant=make-writable. */
void cred_rename(const struct cred *cred, const char *name);

#endif
