/* SPDX-License-Identifier: MIT */
/* Just enough of a flattened device tree reader; nodes are pointers to their begin token. */
#ifndef FDT_H
#define FDT_H

#include "kernel.h"

bool fdt_open(const void *fdt);
size_t fdt_size(const void *fdt);

/* The next node in document order, first the root (depth 0): start with NULL and depth -1. */
const u8 *fdt_next_node(const u8 *node, int *depth);
const char *fdt_node_name(const u8 *node);

/* NULL if the node has no such property. */
const void *fdt_getprop(const u8 *node, const char *name, u32 *len);
const char *fdt_getprop_string(const u8 *node, const char *name);
/* A number of one cell, or of two if `len` bytes have room for them. */
u64 fdt_read_number(const u8 *cells, u32 len);

#endif
