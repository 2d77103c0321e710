/** The Linux preset and module symbols, on small files that binutils make. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { AddressSpace } from '../../../server/sealing/addressSpace.ts';
import { Regions } from '../../../server/sealing/regions.ts';
import { sealerOf } from '../../../server/sealing/story.ts';
import {
  LayeredSymbols,
  openModule,
  openSymbolFile,
  type SymbolFile,
} from '../../../server/symbols/index.ts';
import { openFileSource } from '../../../server/symbols/fileByteSource.node.ts';

const folder = mkdtempSync(join(tmpdir(), 'linux-preset-'));
afterAll(() => rmSync(folder, { recursive: true }));

function gcc(name: string, source: string, ...options: string[]): string {
  const input = join(folder, `${name}.c`);
  const output = join(folder, name);
  writeFileSync(input, source);
  const flags = ['-g', '-O1', '-ffreestanding', '-nostdlib', '-mcmodel=medany', '-fno-pie', '-no-pie'];
  execFileSync('riscv64-linux-gnu-gcc', [...flags, ...options, '-o', output, input]);
  return output;
}

function image(name: string, source: string, ...options: string[]): SymbolFile {
  const linked = ['-Wl,--build-id=none,-Ttext=0x80200000,-e,start', ...options];
  return openSymbolFile(openFileSource(gcc(name, source, ...linked)));
}

const KERNEL = 'int start(void) { return 7; } int do_init_module(void *mod) { return mod != 0; }';
const LINUX = [
  '__start_rodata=0x81000000',
  '__start_ro_after_init=0x81400140',
  '__end_ro_after_init=0x81454238',
];
const symbolsOf = (names: readonly string[]): string => names.map((name) => `-Wl,--defsym=${name}`).join(' ');

describe('presets', () => {
  const check = (names: readonly string[]): Regions => {
    const file = image(`kernel-${names.length}`, KERNEL, ...symbolsOf(names).split(' ').filter(Boolean));
    return Regions.of([], file, new AddressSpace(file.elf));
  };

  it('know Linux: rodata up to _data, ro_after_init inside it', () => {
    expect(check([...LINUX, '_data=0x81c00000']).all).toMatchObject([
      {
        name: 'rodata',
        source: 'Linux',
        start: 0x8100_0000n,
        end: 0x81c0_0000n,
        parts: [{ name: 'ro_after_init', start: 0x8140_0140n, end: 0x8145_4238n }],
      },
    ]);
  });

  it('know that xv6 seals nothing', () => {
    expect(
      check(['etext=0x80008000', 'kernelvec=0x80005000', 'usertrap=0x80002000', 'kvmmake=0x80001000']).all,
    ).toEqual([]);
  });
});

it('the function that seals is no helper that writes page tables for it', () => {
  const stack = [
    'set_pmd',
    'pageattr_pmd_entry',
    'walk_page_range',
    '__set_memory',
    'module_set_memory',
    'seal',
  ].map((name) => ({ pc: 0n, function: name, offset: 0, size: 0, inlined: false }));
  expect(sealerOf({ step: 0n, hart: 0, place: stack[0]!, stack }).function).toBe('seal');
});

describe('a module', () => {
  const MODULE = `
    struct caps { unsigned version, batch; };
    static struct caps caps __attribute__((section(".data..ro_after_init"))) = { 2, 0 };
    extern unsigned probe(unsigned);
    int caps_online(unsigned cpu) { unsigned batch = probe(cpu);
      caps.batch = batch;
      return 0; }
    unsigned caps_sum(void) { return caps.version + caps.batch; }`;
  const TEXT = 0xffff_ffff_0200_0000n;
  const DATA = 0xffff_ffff_0200_3000n;

  const loaded = (...options: string[]): { kernel: LayeredSymbols; module: SymbolFile } => {
    const object = openModule(openFileSource(gcc('caps.ko', MODULE, '-c', ...options)));
    const module = object.at(
      new Map([
        ['.text', TEXT],
        ['.data..ro_after_init', DATA],
      ]),
    );
    const kernel = new LayeredSymbols(image('kernel', KERNEL));
    const ranges = [
      { start: TEXT, end: TEXT + 0x1000n, executable: true },
      { start: DATA, end: DATA + 0x1000n, executable: false },
    ];
    kernel.add({ ranges, file: module });
    return { kernel, module };
  };

  for (const options of [[], ['-gz=zlib'], ['-gdwarf-4'], ['-mrelax'], ['-fpatchable-function-entry=4']])
    it(`has symbols, lines, types and frames where the kernel put it: ${options.join(' ') || 'plain'}`, () => {
      const { kernel, module } = loaded(...options);
      const entry = kernel.symbols.addressOf('caps_online')!;
      expect(entry).toBe(TEXT);
      expect(kernel.functionsNamed('caps_online')).toMatchObject([{ name: 'caps_online' }]);
      const [location] = kernel.breakpointLocations(join(folder, 'caps.ko.c'), 6);
      expect(location).toMatchObject({ position: { line: 6 }, function: { name: 'caps_online' } });
      expect(kernel.scopesAt(location!.address).map((scope) => scope.function.name)).toEqual(['caps_online']);
      expect(kernel.frameInfoAt(location!.address)).toBeDefined();
      expect(kernel.describeData(DATA + 4n, 4)).toMatchObject({ path: 'caps.batch', rest: 0 });
      expect(module.elf.read(DATA, 4)).toEqual(Uint8Array.of(2, 0, 0, 0));
      expect(kernel.symbols.find('start')?.address).toBe(kernel.functionsNamed('start')[0]?.entry);
    });

  it('is refused where a linked image is needed, and the other way round', () => {
    const module = gcc('caps.ko', MODULE, '-c');
    expect(() => openSymbolFile(openFileSource(module))).toThrow(/relocatable object; give a linked image/);
    const kernel = gcc('linked', KERNEL, '-Wl,-e,start');
    expect(() => openModule(openFileSource(kernel))).toThrow(/give a kernel module/);
  });
});
