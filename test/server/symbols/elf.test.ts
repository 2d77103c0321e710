import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { byteSourceOf, ElfError, openSymbolFile, type ElfErrorKind } from '../../../server/symbols/index.ts';
import { openFileSource } from '../../../server/symbols/fileByteSource.node.ts';
import { buildProgram, openFixture, temporaryDirectory, VARIANTS } from './fixtures.ts';

const fixture = buildProgram(VARIANTS['O1, compressed']!);
const { file, bytes } = fixture;

/** A copy with one number changed. */
function patched(offset: number, size: 1 | 2 | 4 | 8, value: bigint): Uint8Array {
  const copy = new Uint8Array(bytes);
  for (let index = 0; index < size; index++)
    copy[offset + index] = Number((value >> BigInt(8 * index)) & 0xffn);
  return copy;
}

function kindOf(input: Uint8Array): ElfErrorKind | 'sound' {
  try {
    openSymbolFile(byteSourceOf(input));
    return 'sound';
  } catch (problem) {
    if (problem instanceof ElfError) return problem.kind;
    throw problem;
  }
}

const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const segmentTable = Number(header.getBigUint64(32, true));
const sectionTable = Number(header.getBigUint64(40, true));
const loads = file.elf.segments.filter(({ type }) => type === 1);
/** The header of the nth segment that is loaded. */
const segmentAt = (index: number): number => segmentTable + 56 * loads[index]!.index;
const sectionAt = (name: string): number => sectionTable + 64 * file.elf.section(name)!.index;

describe('an ELF file', () => {
  it('is opened by reading its headers only', () => {
    let read = 0;
    const source = openFileSource(fixture.path);
    openSymbolFile({
      size: source.size,
      read: (offset, length) => ((read += length), source.read(offset, length)),
    });
    source.close();
    const names = file.elf.section('.shstrtab')!.size;
    expect(read).toBeLessThanOrEqual(
      4 + 64 + 56 * file.elf.segments.length + 64 * (file.elf.sections.length + 1) + names,
    );
  });

  it('has the segments, sections and symbols that readelf lists', () => {
    const list = (flag: string): string =>
      execFileSync('riscv64-linux-gnu-readelf', ['-W', flag, fixture.path], { encoding: 'utf8' });
    const segments = [
      ...list('-l').matchAll(/^ {2}LOAD +0x(\w+) 0x(\w+) 0x(\w+) 0x(\w+) 0x(\w+) (\S.{2})/gm),
    ];
    expect(loads.map((segment) => [
      segment.offset, segment.virtualAddress, segment.physicalAddress, segment.fileSize, segment.memorySize,
      `${segment.readable ? 'R' : ' '}${segment.writable ? 'W' : ' '}${segment.executable ? 'E' : ' '}`,
    ])).toEqual(segments.map(([, offset, virtual, physical, inFile, inMemory, flags]) => [
      Number(`0x${offset!}`), BigInt(`0x${virtual!}`), BigInt(`0x${physical!}`), Number(`0x${inFile!}`), Number(`0x${inMemory!}`), flags,
    ])); // prettier-ignore
    const sections = [...list('-S').matchAll(/^ +\[ *(\d+)\] (\.\S+) +\S+ +(\w+) (\w+) (\w+)/gm)];
    expect(file.elf.sections.slice(1).map(({ index, name, address, offset, size }) => [index, name, address, offset, size])).toEqual(
      sections.map(([, index, name, address, offset, size]) => [
        Number(index), name, BigInt(`0x${address!}`), Number(`0x${offset!}`), Number(`0x${size!}`),
      ]),
    ); // prettier-ignore
    const symbols = [
      ...list('-s').matchAll(
        /^ +\d+: (\w+) +(\w+) (NOTYPE|OBJECT|FUNC) +(LOCAL|GLOBAL|WEAK) +\S+ +(\w+) (\S+)$/gm,
      ),
    ]
      .filter(([, , , , , section, name]) => section !== 'UND' && !/^(\$[xd]|\.L)/.test(name!))
      .map(
        ([, value, size, , binding, , name]) =>
          `${name!} ${BigInt(`0x${value!}`)} ${Number(size)} ${binding!.toLowerCase()}`,
      );
    expect(
      [...file.symbols.all()].map(
        ({ name, address, size, binding }) => `${name} ${address} ${size} ${binding}`,
      ),
    ).toEqual(symbols);
  });

  it('gives the memory that its segments load', () => {
    const { entry } = file.elf;
    const text = file.elf.section('.text')!;
    expect(file.elf.read(entry, 16)).toEqual(file.elf.sectionData(text).subarray(0, 16));
    const bss = file.elf.section('.bss')!;
    expect(file.elf.read(bss.address, 8)).toEqual(new Uint8Array(8));
    expect(file.elf.read(0x1000n, 4)).toBeUndefined();
  });

  it('finds symbols by name and address', () => {
    const run = file.symbols.find('run')!;
    expect(run).toMatchObject({ kind: 'function', binding: 'global' });
    expect(file.symbols.nearest(run.address + 6n)).toMatchObject({ symbol: { name: 'run' }, offset: 6n });
    expect(file.nameCode(run.address + 6n)).toBe('run+0x6');
    expect(
      file.symbols.named('leaf').length + file.symbols.named('leaf.constprop.0').length,
    ).toBeGreaterThanOrEqual(1);
    expect(file.symbols.find('nosuch')).toBeUndefined();
    for (const symbol of file.symbols.all())
      expect(file.symbols.named(symbol.name).map(({ index }) => index)).toContain(symbol.index);
  });

  it('may be stripped, and have no debug information', () => {
    const path = join(temporaryDirectory(), 'stripped.elf');
    execFileSync('riscv64-linux-gnu-strip', ['-o', path, fixture.path]);
    const stripped = openFixture(path);
    expect([...stripped.file.symbols.all()]).toEqual([]);
    expect(stripped.file.hasDebugInfo).toBe(false);
    expect(stripped.file.lineAt(file.elf.entry)).toBeUndefined();
    expect(stripped.file.functionAt(file.elf.entry)).toBeUndefined();
    expect(stripped.file.breakpointLocations('main.c', 10)).toEqual([]);
    expect(stripped.file.describeData(file.elf.section('.data')!.address)).toBeUndefined();
    expect(stripped.problems).toEqual([]);
  });
});

describe('an unusable file', () => {
  const overlap = patched(segmentAt(1) + 16, 8, loads[0]!.virtualAddress + 16n);
  const cases: [name: string, input: Uint8Array, kind: ElfErrorKind][] = [
    ['empty', new Uint8Array(0), 'not-elf'],
    ['text', new TextEncoder().encode('#!/bin/sh\nexit 0\n'.repeat(20)), 'not-elf'],
    ['32-bit', patched(4, 1, 1n), 'not-64-bit'],
    ['big-endian', patched(5, 1, 2n), 'big-endian'],
    ['x86-64', patched(18, 2, 62n), 'wrong-machine'],
    ['AArch64', patched(18, 2, 183n), 'wrong-machine'],
    ['of an unknown machine', patched(18, 2, 9999n), 'wrong-machine'],
    ['an object file', patched(16, 2, 1n), 'wrong-type'],
    ['a core dump', patched(16, 2, 4n), 'wrong-type'],
    ['with odd section headers', patched(58, 2, 40n), 'bad-section'],
    ['with odd program headers', patched(54, 2, 32n), 'bad-section'],
    ['with a name table out of range', patched(62, 2, 5000n), 'bad-section'],
    ['whose name table is no string table', patched(62, 2, 1n), 'bad-section'],
    ['with section headers beyond the end', patched(40, 8, BigInt(bytes.length)), 'truncated'],
    ['with section headers at an absurd offset', patched(40, 8, (1n << 64n) - 8n), 'truncated'],
    ['with program headers beyond the end', patched(32, 8, BigInt(bytes.length - 8)), 'truncated'],
    ['with a segment beyond the end', patched(segmentAt(0) + 8, 8, BigInt(bytes.length)), 'truncated'],
    ['with a segment larger in the file', patched(segmentAt(0) + 40, 8, 1n), 'bad-segment'],
    ['with a segment over the end of memory', patched(segmentAt(1) + 16, 8, (1n << 64n) - 16n), 'bad-segment'],
    ['with an absurd segment size', patched(segmentAt(0) + 40, 8, 1n << 63n), 'bad-segment'],
    ['with overlapping segments', overlap, 'overlapping-segments'],
    ['with segments that overlap in physical memory', patched(segmentAt(1) + 24, 8, loads[0]!.physicalAddress), 'overlapping-segments'],
    ['with a section beyond the end', patched(sectionAt('.text') + 32, 8, BigInt(bytes.length)), 'truncated'],
    ['with a section of absurd size', patched(sectionAt('.data') + 32, 8, (1n << 64n) - 1n), 'truncated'],
    ['with a link out of range', patched(sectionAt('.symtab') + 40, 4, 999n), 'bad-section'],
    ['whose symbols link to no strings', patched(sectionAt('.symtab') + 40, 4, 1n), 'bad-symbols'],
    ['with symbols of an odd size', patched(sectionAt('.symtab') + 56, 8, 16n), 'bad-symbols'],
  ]; // prettier-ignore

  it.each(cases)('%s, is one clear error', (_, input, kind) => {
    expect(kindOf(input)).toBe(kind);
  });

  it('for x86 is recognised as the host compiler makes it', () => {
    const path = join(temporaryDirectory(), 'host.elf');
    writeFileSync(path, readFileSync(process.execPath).subarray(0, 4096));
    expect(kindOf(readFileSync(path))).toBe('wrong-machine');
  });

  it('truncated at any boundary, says so', () => {
    const boundaries = new Set([0, 1, 3, 4, 5, 16, 20, 63, 64, segmentTable, sectionTable]);
    for (const { offset, size, empty } of file.elf.sections) {
      for (const at of empty ? [offset] : [offset, offset + 1, offset + size - 1, offset + size])
        boundaries.add(at);
    }
    for (const { offset, fileSize } of file.elf.segments)
      boundaries.add(offset + fileSize).add(offset + fileSize - 1);
    for (let index = 0; index < file.elf.sections.length; index++)
      boundaries.add(sectionTable + 64 * index + 1);
    const inside = [...boundaries].filter((length) => length >= 0 && length < bytes.length);
    for (const length of inside) {
      const kind = kindOf(new Uint8Array(bytes.subarray(0, length)));
      expect(['truncated', 'not-elf'], `first ${length} bytes`).toContain(kind);
      expect(kind === 'not-elf', `first ${length} bytes`).toBe(length < 4);
    }
    expect(inside.length).toBeGreaterThan(60);
  });

  it('compressed with something else than zlib, says what to do', () => {
    const section = file.elf.section('.debug_info')!;
    expect(section.compressed).toBe(true);
    const problems: Error[] = [];
    const opened = openSymbolFile(byteSourceOf(patched(section.offset, 4, 2n)), (problem) =>
      problems.push(problem),
    );
    expect(opened.functionAt(file.symbols.addressOf('run')!)).toBeUndefined();
    expect(problems.map(({ message }) => message).join()).toMatch(
      /zstd.*objcopy --decompress-debug-sections/,
    );
  });
});
