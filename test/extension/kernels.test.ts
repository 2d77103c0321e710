import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findKernels } from '../../extension/kernels.ts';

let folder: string;

/** Links a program of one instruction at `address`. `time` orders the images: seconds since the epoch. */
function link(path: string, address: string, time: number, ...options: string[]): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  const source = join(folder, 'source.c');
  writeFileSync(source, 'void _start(void) { for (;;) ; }\n');
  const flags = ['-nostdlib', '-static', `-Wl,-Ttext=${address}`, '-Wl,--build-id=none'];
  execFileSync('riscv64-linux-gnu-gcc', [...flags, ...options, source, '-o', file]);
  utimesSync(file, time, time);
}

async function found(maximumEntries?: number): Promise<string[]> {
  const { kernels } = await findKernels(folder, maximumEntries);
  return kernels.map(({ path }) => relative(folder, path));
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sealscope-kernels-'));
  link('old.elf', '0x80200000', 1000);
  link('target/riscv64/debug/newest', '0xffffffff80200000', 3000, '-mcmodel=medany', '-g');
  link('out/KERNEL.ELF', '0x80000000', 2000);
  // None of these is a kernel to debug.
  link('user', '0x10000', 9000);
  link('part.elf', '0x80200000', 9000, '-r');
  link('.git/hidden.elf', '0x80200000', 9000);
  link('node_modules/dependency.elf', '0x80200000', 9000);
  link('module.ko', '0x80200000', 9000);
  const foreign = readFileSync(join(folder, 'old.elf'));
  foreign.writeUInt16LE(62, 18); // e_machine: x86-64
  writeFileSync(join(folder, 'x86'), foreign);
  writeFileSync(join(folder, 'notes'), 'text');
  writeFileSync(join(folder, 'short.elf'), Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]));
  linkSync(join(folder, 'old.elf'), join(folder, 'zz-link.elf'));
});

afterAll(() => rmSync(folder, { recursive: true }));

describe('findKernels', () => {
  it('finds what is linked as a kernel, once each, newest first', async () => {
    expect(await found()).toEqual(['target/riscv64/debug/newest', 'out/KERNEL.ELF', 'old.elf']);
  });

  it('says whether there is debug information, and where the image is entered', async () => {
    const { kernels, complete } = await findKernels(folder);
    expect(complete).toBe(true);
    expect(kernels.map(({ hasDebugInfo }) => hasDebugInfo)).toEqual([true, false, false]);
    expect(kernels.map(({ entry }) => entry)).toEqual([0xffffffff80200000n, 0x80000000n, 0x80200000n]);
  });

  it('stops after a bounded search, and says that it did', async () => {
    expect(await findKernels(folder, 0)).toEqual({ kernels: [], complete: false });
  });

  it('finds nothing in a folder that does not exist', async () => {
    expect(await findKernels(join(folder, 'missing'))).toEqual({ kernels: [], complete: true });
  });
});
