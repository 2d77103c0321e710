/** Small images for tests: built from assembly, or the bundled sample with something wrong in it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { sampleImage } from './sealscope.ts';

const directory = mkdtempSync(join(tmpdir(), 'sealscope-test-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** Path of a new file with these contents. */
export function file(name: string, contents: string | Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, contents);
  return path;
}

/** Assembles a guest that is entered in S-mode at 0x80200000. */
export function assemble(name: string, source: string): string {
  const input = file(`${name}.S`, source);
  const output = join(directory, name);
  const options = [
    '-march=rv64imac_zicsr',
    '-mabi=lp64',
    '-nostdlib',
    '-static',
    '-Wl,-Ttext=0x80200000',
    '-Wl,--build-id=none',
  ];
  execFileSync('riscv64-linux-gnu-gcc', [...options, '-o', output, input]);
  return output;
}

/** The sample after binutils' objcopy. */
export function objcopy(name: string, ...args: readonly string[]): string {
  const output = join(directory, name);
  execFileSync('riscv64-linux-gnu-objcopy', [...args, sampleImage, output]);
  return output;
}

const sampleBytes = (): Buffer => readFileSync(sampleImage);

/** The sample with bytes changed. */
export function patched(name: string, change: (bytes: DataView) => void): string {
  const bytes = sampleBytes();
  change(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  return file(name, bytes);
}

/** The sample's first `length` bytes. */
export function truncated(length: number): string {
  return file(`truncated-${length}.elf`, sampleBytes().subarray(0, length));
}

const elfHeader = { sectionHeaders: 0x28, programHeaders: 0x20, sectionCount: 0x3c, sectionNames: 0x3e };
const sectionHeaderSize = 64;
const programHeaderSize = 56;

/** Where the sample's sections begin and end in the file, and its section header table: every boundary once. */
export function sectionBoundaries(): number[] {
  const bytes = sampleBytes();
  const table = Number(bytes.readBigUInt64LE(elfHeader.sectionHeaders));
  const count = bytes.readUInt16LE(elfHeader.sectionCount);
  const boundaries = new Set([table]);
  for (let index = 1; index < count; index++) {
    const header = table + index * sectionHeaderSize;
    const offset = Number(bytes.readBigUInt64LE(header + 0x18));
    const noBits = bytes.readUInt32LE(header + 4) === 8;
    boundaries.add(offset);
    boundaries.add(offset + (noBits ? 0 : Number(bytes.readBigUInt64LE(header + 0x20))));
  }
  return [...boundaries].filter((offset) => offset < bytes.length).sort((a, b) => a - b);
}

/** The sample with every byte of a section set. */
export function overwritten(section: string, value: number): string {
  return patched(`overwritten${section}.elf`, (view) => {
    const table = Number(view.getBigUint64(elfHeader.sectionHeaders, true));
    const header = (index: number): number => table + index * sectionHeaderSize;
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    const names = Number(
      view.getBigUint64(header(view.getUint16(elfHeader.sectionNames, true)) + 0x18, true),
    );
    for (let index = 1; index < view.getUint16(elfHeader.sectionCount, true); index++) {
      const start = names + view.getUint32(header(index), true);
      const name = new TextDecoder().decode(bytes.subarray(start, bytes.indexOf(0, start)));
      const offset = Number(view.getBigUint64(header(index) + 0x18, true));
      const size = Number(view.getBigUint64(header(index) + 0x20, true));
      if (name === section) bytes.fill(value, offset, offset + size);
    }
  });
}

/** File offset of a field of the sample's program header `index`. */
export function programHeader(
  bytes: DataView,
  index: number,
  field: 'physical' | 'memorySize' | 'fileSize',
): number {
  const table = Number(bytes.getBigUint64(elfHeader.programHeaders, true));
  return table + index * programHeaderSize + { physical: 0x18, fileSize: 0x20, memorySize: 0x28 }[field];
}
