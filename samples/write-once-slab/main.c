// SPDX-License-Identifier: MIT
/* From the first C function to the last: boot, seal, run the scenario, power off. */
#include "cred.h"
#include "fdt.h"
#include "mm.h"
#include "printk.h"
#include "sbi.h"
#include "scenario.h"
#include "slab.h"
#include "smp.h"
#include "trap.h"
#include "uart.h"
#include "window.h"

enum system_states system_state;
const char *machine_name __ro_after_init = "unknown";

static void __init scan_root(const u8 *node)
{
	machine_name = fdt_getprop_string(node, "model") ?: machine_name;
}

static void __init scan_chosen(const u8 *node)
{
	const char *line = fdt_getprop_string(node, "bootargs");

	pr_info("Kernel command line: %s\n", line ?: "");
	parse_command_line(line ?: "");
}

static void __init scan_memory(const u8 *node)
{
	u32 len;
	const u8 *cells = fdt_getprop(node, "reg", &len);

	if (cells && len >= 16)
		memblock_add(fdt_read_number(cells, 8), fdt_read_number(cells + 8, 8));
}

static void __init scan_cpus(const u8 *node)
{
	u32 len;
	const u8 *cells = fdt_getprop(node, "timebase-frequency", &len);

	if (cells)
		time_init(fdt_read_number(cells, len));
}

static void __init scan_cpu(const u8 *node, u64 boot_hartid)
{
	u32 len;
	const u8 *cells = fdt_getprop(node, "reg", &len);

	if (cells)
		smp_add_hart(fdt_read_number(cells, len), boot_hartid,
			     fdt_getprop_string(node, "riscv,isa"));
}

static void __init setup_arch(u64 boot_hartid, phys_addr_t dtb)
{
	const u8 *node = NULL;
	int depth = -1;

	if (!fdt_open(__va(dtb)))
		panic("no device tree at %lx", dtb);
	while ((node = fdt_next_node(node, &depth))) {
		const char *name = fdt_node_name(node);

		if (depth == 0)
			scan_root(node);
		else if (depth == 1 && !strcmp(name, "chosen"))
			scan_chosen(node);
		else if (depth == 1 && !strncmp(name, "memory@", 7))
			scan_memory(node);
		else if (depth == 1 && !strcmp(name, "cpus"))
			scan_cpus(node);
		else if (depth == 2 && !strncmp(name, "cpu@", 4))
			scan_cpu(node, boot_hartid);
	}
	memblock_reserve(dtb, fdt_size(__va(dtb)));
	paging_init();
}

__noreturn void start_kernel(u64 boot_hartid, phys_addr_t dtb)
{
	pr_info("write-once-slab 1.0.0: booting on hart %lu\n", boot_hartid);
	setup_arch(boot_hartid, dtb);
	uart_init();
	if (!scenario_init())
		panic("nothing to do");
	slab_init();
	cred_cache_init();
	window_init();
	smp_init();

	system_state = SYSTEM_FREEING_INITMEM;
	free_initmem();
	mark_rodata_ro();
	system_state = SYSTEM_RUNNING;

	scenario_run();

	system_state = SYSTEM_POWER_OFF;
	pr_info("reboot: Power down\n");
	sbi_shutdown(SBI_RESET_NO_REASON);
}
