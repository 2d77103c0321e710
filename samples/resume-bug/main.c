// SPDX-License-Identifier: MIT
/* From the first C function to the last: boot, seal, run the scenario, power off. */
#include "cpufeature.h"
#include "driver.h"
#include "fdt.h"
#include "mm.h"
#include "power.h"
#include "printk.h"
#include "sbi.h"
#include "scenario.h"
#include "smp.h"
#include "trap.h"

enum system_states system_state;
const char *machine_name __ro_after_init = "unknown";

static void __init scan_node(const u8 *node, int depth, u64 boot_hartid)
{
	const char *name = fdt_node_name(node), *string;
	const u8 *cells;
	u32 len;

	if (depth == 0) {
		machine_name = fdt_getprop_string(node, "model") ?: machine_name;
	} else if (depth == 1 && !strcmp(name, "chosen")) {
		string = fdt_getprop_string(node, "bootargs");
		pr_info("Kernel command line: %s\n", string ?: "");
		parse_command_line(string ?: "");
	} else if (depth == 1 && !strncmp(name, "memory@", 7)) {
		cells = fdt_getprop(node, "reg", &len);
		if (cells && len >= 16)
			memblock_add(fdt_read_number(cells, 8), fdt_read_number(cells + 8, 8));
	} else if (depth == 1 && !strcmp(name, "cpus")) {
		cells = fdt_getprop(node, "timebase-frequency", &len);
		if (cells)
			time_init(fdt_read_number(cells, len));
	} else if (depth == 2 && !strncmp(name, "cpu@", 4)) {
		cells = fdt_getprop(node, "reg", &len);
		string = fdt_getprop_string(node, "riscv,isa");
		if (cells && string)
			smp_add_hart(fdt_read_number(cells, len), boot_hartid, string);
	}
}

static void __init setup_arch(u64 boot_hartid, phys_addr_t dtb)
{
	const u8 *node = NULL;
	int depth = -1;

	if (!fdt_open(__va(dtb)))
		panic("no device tree at %lx", dtb);
	while ((node = fdt_next_node(node, &depth)))
		scan_node(node, depth, boot_hartid);
	memblock_reserve(dtb, fdt_size(__va(dtb)));
	paging_init();
}

/* From here on the kernel does not need its init code, and what init wrote is final. */
static void kernel_init(void)
{
	system_state = SYSTEM_FREEING_INITMEM;
	free_initmem();
	mark_rodata_ro();
	system_state = SYSTEM_RUNNING;
}

static __noreturn void kernel_power_off(void)
{
	system_state = SYSTEM_POWER_OFF;
	pr_info("reboot: Power down\n");
	sbi_shutdown(SBI_RESET_NO_REASON);
}

__noreturn void start_kernel(u64 boot_hartid, phys_addr_t dtb)
{
	pr_info("resume-bug 1.0.0: booting on hart %lu\n", boot_hartid);
	setup_arch(boot_hartid, dtb);
	uart_init();
	if (!scenario_init())
		panic("nothing to do");
	if (param_is("rodata", "off"))
		rodata_enabled = false;

	cpu_caps_init();
	wake_table_init();
	wake_alarm_init();
	smp_init();

	kernel_init();
	scenario_run();
	kernel_power_off();
}
