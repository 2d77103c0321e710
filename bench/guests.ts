import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Guest {
  readonly name: string;
  readonly elf: string;
}

/** Builds every guest of bench/guests with Debian's cross compiler into a temporary directory. */
export function buildGuests(): Guest[] {
  const source = fileURLToPath(new URL('guests', import.meta.url));
  const output = mkdtempSync(join(tmpdir(), 'sealscope-bench-'));
  return readdirSync(source)
    .filter((file) => file.endsWith('.c'))
    .map((file) => {
      const name = basename(file, '.c');
      const elf = join(output, `${name}.elf`);
      execFileSync('riscv64-linux-gnu-gcc', [
        ...['-O2', '-march=rv64imac_zicsr', '-mabi=lp64', '-mcmodel=medany', '-fno-pic', '-no-pie'],
        ...['-ffreestanding', '-nostdlib', '-static', '-Wl,--build-id=none', '-Wl,--no-warn-rwx-segments'],
        ...['-T', join(source, 'link.ld'), join(source, 'start.S'), join(source, file), '-o', elf],
      ]);
      return { name, elf };
    });
}
