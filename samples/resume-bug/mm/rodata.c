// SPDX-License-Identifier: MIT
/* The seal: once init has run, [__start_rodata, _data) cannot be written any more. */
#include "mm.h"
#include "printk.h"

bool rodata_enabled __ro_after_init = true;

static const u64 rodata_test_data = 0xc3c3c3c3c3c3c3c3;

/* Stores to sealed memory on purpose; the fault has a fixup in __ex_table. */
static void rodata_test(void)
{
	const u64 zero = 0;

	if (!copy_to_kernel_nofault((void *)&rodata_test_data, &zero, sizeof(zero)))
		pr_err("rodata_test: test data was not read only\n");
	else if (!copy_to_kernel_nofault(lm_alias(&rodata_test_data), &zero, sizeof(zero)))
		pr_err("rodata_test: test data was not read only in the linear map\n");
	else if (READ_ONCE(rodata_test_data) != 0xc3c3c3c3c3c3c3c3)
		pr_err("rodata_test: test data was changed\n");
	else
		pr_info("rodata_test: all tests were successful\n");
}

void mark_rodata_ro(void)
{
	if (!rodata_enabled) {
		pr_info("Kernel memory protection disabled (rodata=off)\n");
		return;
	}
	set_memory_ro(__start_rodata, _data);
	set_memory_ro(lm_alias(__start_rodata), lm_alias(_data));
	pr_info("Write protected the kernel read-only data: %luK\n",
		(unsigned long)(_data - __start_rodata) / 1024);
	rodata_test();
}
