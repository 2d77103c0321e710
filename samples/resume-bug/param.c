// SPDX-License-Identifier: MIT
/* The kernel command line: words, "name" or "name=value". */
#include "kernel.h"
#include "printk.h"

static char command_line[256] __ro_after_init;

/* Keep a copy, cut into words: every blank becomes a terminator, two of them end the line. */
void __init parse_command_line(const char *line)
{
	size_t n = 0;

	for (; *line && n < sizeof(command_line) - 2; line++) {
		if (*line != ' ')
			command_line[n++] = *line;
		else if (n && command_line[n - 1])
			command_line[n++] = '\0';
	}
	if (*line)
		pr_warn("Kernel command line is too long and was cut\n");
}

/* The value of `name`, "" for a bare word, NULL if it is not there. */
const char *param_value(const char *name)
{
	size_t len = strlen(name);
	const char *word;

	for (word = command_line; *word; word += strlen(word) + 1) {
		if (strncmp(word, name, len))
			continue;
		if (word[len] == '=')
			return word + len + 1;
		if (!word[len])
			return word + len;
	}
	return NULL;
}

bool param_is(const char *name, const char *value)
{
	const char *v = param_value(name);

	return v && !strcmp(v, value);
}
