/* SPDX-License-Identifier: MIT */
#ifndef KERNEL_H
#define KERNEL_H

#include "layout.h"

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;
typedef signed int s32;
typedef unsigned long size_t;

typedef _Bool bool;
enum { false, true };

#define NULL			((void *)0)
#define offsetof(type, member)	__builtin_offsetof(type, member)

typedef __builtin_va_list va_list;
#define va_start(args, last)	__builtin_va_start(args, last)
#define va_arg(args, type)	__builtin_va_arg(args, type)
#define va_end(args)		__builtin_va_end(args)

#define __section(name)		__attribute__((section(name)))
#define __aligned(n)		__attribute__((aligned(n)))
#define __packed		__attribute__((packed))
#define __noreturn		__attribute__((noreturn))
#define __printf(f, a)		__attribute__((format(printf, f, a)))

/* Needed while booting only; free_initmem() takes the memory away. */
#define __init			__section(".init.text") __attribute__((cold))
#define __initdata		__section(".init.data")
/* Written while booting only; mark_rodata_ro() seals the memory. */
#define __ro_after_init		__section(".data..ro_after_init")

#define BIT(n)			(1UL << (n))
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define ALIGN_DOWN(x, a)	((x) & ~((typeof(x))(a) - 1))
#define ALIGN(x, a)		ALIGN_DOWN((x) + (a) - 1, a)
#define PAGE_ALIGN(x)		ALIGN((unsigned long)(x), PAGE_SIZE)
#define container_of(p, type, member) ((type *)((char *)(p) - offsetof(type, member)))
#define READ_ONCE(x)		(*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, v)	(*(volatile typeof(x) *)&(x) = (v))

#define EIO	5
#define EFAULT	14
#define EINVAL	22

enum system_states {
	SYSTEM_BOOTING,
	SYSTEM_FREEING_INITMEM,
	SYSTEM_RUNNING,
	SYSTEM_SUSPEND,
	SYSTEM_POWER_OFF,
};
extern enum system_states system_state;

/* string.c */
void *memset(void *dst, int c, size_t n);
void *memcpy(void *dst, const void *src, size_t n);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
size_t strlen(const char *s);

/* param.c: the command line, "name=value name …" */
void parse_command_line(const char *line);
bool param_is(const char *name, const char *value);
const char *param_value(const char *name);

/* time.c */
void time_init(u64 frequency);
u64 ktime_us(void);
void set_alarm_us(u64 us);
void timer_interrupt(void);

#endif
