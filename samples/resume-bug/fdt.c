// SPDX-License-Identifier: MIT
/* Devicetree Specification 0.4, chapter 5: the flattened format. */
#include "fdt.h"

#define FDT_MAGIC	0xd00dfeed

enum fdt_token {
	FDT_BEGIN_NODE	= 1,
	FDT_END_NODE	= 2,
	FDT_PROP	= 3,
	FDT_NOP		= 4,
	FDT_END		= 9,
};

struct fdt_header {
	u8 magic[4];
	u8 totalsize[4];
	u8 off_dt_struct[4];
	u8 off_dt_strings[4];
};

static const u8 *fdt_struct __initdata;
static const char *fdt_strings __initdata;

static u32 __init be32(const u8 *p)
{
	return (u32)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

size_t __init fdt_size(const void *fdt)
{
	const struct fdt_header *header = fdt;

	return be32(header->totalsize);
}

bool __init fdt_open(const void *fdt)
{
	const struct fdt_header *header = fdt;

	if (be32(header->magic) != FDT_MAGIC)
		return false;
	fdt_struct = (const u8 *)fdt + be32(header->off_dt_struct);
	fdt_strings = (const char *)fdt + be32(header->off_dt_strings);
	return true;
}

static const u8 *__init fdt_next_token(const u8 *p)
{
	switch (be32(p)) {
	case FDT_BEGIN_NODE:
		return p + 4 + ALIGN(strlen((const char *)p + 4) + 1, 4);
	case FDT_PROP:	/* length, name offset, value */
		return p + 12 + ALIGN(be32(p + 4), 4);
	default:
		return p + 4;
	}
}

const u8 *__init fdt_next_node(const u8 *node, int *depth)
{
	const u8 *p = node ? fdt_next_token(node) : fdt_struct;

	for (;; p = fdt_next_token(p)) {
		switch (be32(p)) {
		case FDT_BEGIN_NODE:
			++*depth;
			return p;
		case FDT_END_NODE:
			--*depth;
			break;
		case FDT_END:
			return NULL;
		}
	}
}

const char *__init fdt_node_name(const u8 *node)
{
	return (const char *)node + 4;
}

const void *__init fdt_getprop(const u8 *node, const char *name, u32 *len)
{
	const u8 *p = fdt_next_token(node);

	for (; be32(p) == FDT_PROP || be32(p) == FDT_NOP; p = fdt_next_token(p)) {
		if (be32(p) == FDT_NOP || strcmp(fdt_strings + be32(p + 8), name))
			continue;
		*len = be32(p + 4);
		return p + 12;
	}
	return NULL;
}

const char *__init fdt_getprop_string(const u8 *node, const char *name)
{
	u32 len;

	return fdt_getprop(node, name, &len);
}

u64 __init fdt_read_number(const u8 *cells, u32 len)
{
	return len >= 8 ? (u64)be32(cells) << 32 | be32(cells + 4) : be32(cells);
}
