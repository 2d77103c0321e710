/** Small kernels, compiled and linked when a test runs. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';

const FLAGS = ['-march=rv64imac_zicsr', '-mabi=lp64', '-mcmodel=medany', '-ffreestanding', '-g', '-Og'];
const LINK = ['-nostdlib', '-static', '-no-pie', '-Wl,--build-id=none', '-Wl,--no-warn-rwx-segments'];

export const LINKER_SCRIPT = `OUTPUT_ARCH(riscv)
SECTIONS
{
	. = 0xffffffff80000000;
	.text : { *(.text .text.*) }
	. = ALIGN(0x1000);
	.init.data : { *(.init.data) }
	. = ALIGN(0x1000);
	.rodata : { *(.rodata .rodata.* .srodata .srodata.*) }
	. = ALIGN(0x1000);
	.data..ro_after_init : {
		__start_ro_after_init = .;
		*(.data..ro_after_init)
		PROVIDE(__end_ro_after_init = .);
	}
	.data..neighbour : { *(.data..neighbour) }
	. = ALIGN(0x1000);
	.data.read_only : { *(.data..read_only) }
	. = ALIGN(0x1000);
	.data : { *(.data .data.* .sdata .sdata.*) }
	.bss : { *(.bss .bss.* .sbss .sbss.*) }
}
ASSERT(__end_ro_after_init > __start_ro_after_init, "something is sealed") /* __start_ro_after_init */
ENTRY(_start)
`;

const made: string[] = [];
afterAll(() => {
  for (const path of made) rmSync(path, { recursive: true, force: true });
});

/** Writes files into a new folder, and returns the folder. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sealscope-language-')));
  made.push(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** Compiles the sources of a folder and links them as `kernel.lds` there says. Returns the image's path. */
export function buildKernel(folder: string, sources: readonly string[], name = 'kernel.elf'): string {
  const path = join(folder, name);
  execFileSync(
    'riscv64-linux-gnu-gcc',
    [...FLAGS, ...LINK, '-T', 'kernel.lds', '-o', path, ...sources.map((source) => join(folder, source))],
    { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  return path;
}
