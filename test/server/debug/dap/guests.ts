/** Guests for these tests: the sample with its sources, and small ones assembled here. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const sampleDirectory = fileURLToPath(new URL('../../../../samples/resume-bug', import.meta.url));
export const sample = join(sampleDirectory, 'resume-bug.elf');

export const sourceFile = (name: string) => join(sampleDirectory, name);

/** The line of a source of the sample that contains `text`. */
export function lineOf(name: string, text: string): number {
  const lines = readFileSync(sourceFile(name), 'utf8').split('\n');
  const index = lines.findIndex((line) => line.includes(text));
  if (index < 0) throw new Error(`${name} has no line with ${text}`);
  return index + 1;
}

/** Launch attributes for a scenario of the sample. */
export function scenario(
  name: string,
  more: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return { program: sample, commandLine: `scenario=${name}`, harts: 2, sourceMap: {}, ...more };
}

const directory = mkdtempSync(join(tmpdir(), 'sealscope-dap-'));

/** An ELF file that runs in M-mode from the start of RAM; assembled once a name. */
export function assemble(name: string, source: string): string {
  const [input, output] = [join(directory, `${name}.s`), join(directory, `${name}.elf`)];
  writeFileSync(input, `.globl _start\n_start:\n${source}\n`);
  execFileSync('riscv64-linux-gnu-gcc', [
    '-g',
    '-nostdlib',
    '-static',
    '-march=rv64imac_zicsr_zifencei',
    '-mabi=lp64',
    '-Wl,--build-id=none,-N,-Ttext=0x80000000',
    '-o',
    output,
    input,
  ]);
  return output;
}

/** Guests that never end by themselves. */
export const restless = {
  'loops in traps': ['la t0, 1f', 'csrw mtvec, t0', '.balign 4', '1: unimp'],
  counts: ['1: addi t0, t0, 1', 'j 1b'],
  'prints without end': ['li t1, 0x10000000', "li t0, 'x'", '1: sb t0, 0(t1)', 'j 1b'],
  'waits for an interrupt that never comes': ['1: wfi', 'j 1b'],
} as const;
