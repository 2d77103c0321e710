// SPDX-License-Identifier: MIT
#include "printk.h"

struct sink {
	char *next;
	char *last;	/* room for the terminator */
};

static void put(struct sink *out, char c)
{
	if (out->next < out->last)
		*out->next++ = c;
}

static void put_padded(struct sink *out, const char *s, size_t len, size_t width, char pad)
{
	for (; width > len; width--)
		put(out, pad);
	while (len--)
		put(out, *s++);
}

static void put_number(struct sink *out, u64 value, unsigned int base, bool minus,
		       size_t width, char pad)
{
	char digits[24];
	size_t n = sizeof(digits);

	do {
		digits[--n] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	if (minus)
		digits[--n] = '-';
	put_padded(out, digits + n, sizeof(digits) - n, width, pad);
}

size_t vscnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	struct sink out = { .next = buf, .last = buf + size - 1 };

	for (; *fmt; fmt++) {
		size_t width = 0;
		bool is_long = false;
		char pad = ' ';
		const char *s;
		u64 value;
		long number;

		if (*fmt != '%') {
			put(&out, *fmt);
			continue;
		}
		if (*++fmt == '0')
			pad = '0';
		for (; *fmt >= '0' && *fmt <= '9'; fmt++)
			width = width * 10 + (*fmt - '0');
		for (; *fmt == 'l'; fmt++)
			is_long = true;

		switch (*fmt) {
		case 'd':
			number = is_long ? va_arg(args, long) : va_arg(args, int);
			put_number(&out, number < 0 ? -(u64)number : (u64)number, 10, number < 0,
				   width, pad);
			break;
		case 'u':
		case 'x':
			value = is_long ? va_arg(args, u64) : va_arg(args, u32);
			put_number(&out, value, *fmt == 'x' ? 16 : 10, false, width, pad);
			break;
		case 's':
			s = va_arg(args, const char *);
			put_padded(&out, s, strlen(s), width, ' ');
			break;
		case 'c':
			put(&out, va_arg(args, int));
			break;
		default:
			put(&out, *fmt);
		}
	}
	*out.next = '\0';
	return out.next - buf;
}
