import { describe, expect, it } from 'vitest';
import { AddressSpace } from '../../../server/sealing/addressSpace.ts';
import { Regions } from '../../../server/sealing/regions.ts';
import { resolveSeal } from '../../../server/sealing/spec.ts';
import { sampleSymbols } from './sample.ts';

const symbols = sampleSymbols();
const space = new AddressSpace(symbols.elf);
const at = (name: string): bigint => symbols.symbols.addressOf(name)!;
const section = (name: string): { start: bigint; end: bigint } => {
  const found = symbols.elf.section(name)!;
  return { start: found.address, end: found.address + BigInt(found.size) };
};

describe('seal specifications', () => {
  const capsSize = BigInt(symbols.symbols.find('cpu_caps')!.size);
  const cases: Record<string, { name: string; start: bigint; end: bigint }[]> = {
    '.data..ro_after_init': [{ name: '.data..ro_after_init', ...section('.data..ro_after_init') }],
    __ex_table: [{ name: '__ex_table', ...section('__ex_table') }],
    '__start_rodata.._data': [
      { name: '__start_rodata.._data', start: at('__start_rodata'), end: at('_data') },
    ],
    'rodata=__start_rodata .. _data': [{ name: 'rodata', start: at('__start_rodata'), end: at('_data') }],
    cpu_caps: [{ name: 'cpu_caps', start: at('cpu_caps'), end: at('cpu_caps') + capsSize }],
    '0xffffffff80600000..0xffffffff80601000': [
      {
        name: '0xffffffff80600000..0xffffffff80601000',
        start: 0xffffffff80600000n,
        end: 0xffffffff80601000n,
      },
    ],
    'page=0xffff_ffff_8060_0000+4096': [
      { name: 'page', start: 0xffffffff80600000n, end: 0xffffffff80601000n },
    ],
    '0xffffffff80600000.._data': [
      { name: '0xffffffff80600000.._data', start: 0xffffffff80600000n, end: at('_data') },
    ],
    'cpu_caps, .rodata': [
      { name: 'cpu_caps', start: at('cpu_caps'), end: at('cpu_caps') + capsSize },
      { name: '.rodata', ...section('.rodata') },
    ],
  };
  for (const [spec, expected] of Object.entries(cases)) {
    it(spec, () => expect(resolveSeal(spec, symbols)).toEqual(expected));
  }

  const errors: Record<string, RegExp> = {
    '': /is empty/,
    'cpu_caps,,x': /empty item/,
    '.data..ro_after_inti': /no section \.data\.\.ro_after_inti; did you mean \.data\.\.ro_after_init/,
    '.nothing_like_it_at_all': /the image has \.head\.text, \.text/,
    '.debug_info': /section \.debug_info does not occupy memory/,
    cpu_cap: /no symbol or section cpu_cap; did you mean cpu_caps/,
    __start_rodata: /is a label without a size; give __start_rodata\.\.END/,
    '_data..__start_rodata': /is not behind its start/,
    '__start_rodata..': /needs a start and an end/,
    '__start_rodata.._dat': /no symbol or section _dat.*_data/,
    '0xffffffff80600000': /is one address; give a range/,
    '0xffffffff80600000+zero': /"zero" is not a size/,
    '0x_..0x5': /no symbol or section 0x_/,
    '0x0..0xffffffffffffffff': /covers 18446744073709551615 bytes; a region is smaller than 4 GiB/,
    '0x0+18446744073709551616': /is smaller than 4 GiB/,
    '0xffffffffffffff00+4096': /addresses have 64 bits/,
    '0..99999999999999999999999': /addresses have 64 bits/,
    '=cpu_caps': /has no name before "="/,
  };
  for (const [spec, message] of Object.entries(errors)) {
    it(`"${spec}" is refused`, () => {
      expect(() => resolveSeal(spec, symbols)).toThrow(message);
      expect(() => resolveSeal(spec, symbols)).toThrow(`seal "${spec}"`);
    });
  }

  it('needs symbols for names, none for addresses', () => {
    expect(() => resolveSeal('cpu_caps', undefined)).toThrow(/no ELF file/);
    expect(resolveSeal('0x1000..0x2000', undefined)).toHaveLength(1);
  });
});

describe('regions', () => {
  it('come from the preset that fits when nothing is configured', () => {
    const regions = Regions.of([], symbols, space);
    expect(regions.all).toMatchObject([
      { name: 'rodata', origin: 'preset', source: 'Linux', start: at('__start_rodata'), end: at('_data') },
    ]);
    expect(regions.all[0]?.parts.map((part) => part.name)).toEqual(['ro_after_init']);
  });

  it('tell what was meant to be sealed from what merely lies on a sealed page', () => {
    const regions = Regions.of([], symbols, space);
    const intended = [
      'cpu_caps',
      'rodata_enabled',
      '__cpu_possible_mask',
      'syscore_ops_list',
      'rodata_test_data',
    ];
    for (const name of intended) expect([name, regions.intends(at(name))]).toEqual([name, true]);
    for (const name of ['suspend_stats', 'wake_table', 'cpus'])
      expect([name, regions.intends(at(name))]).toEqual([name, false]);
    expect(regions.at(at('suspend_stats'))?.name).toBe('rodata');
  });

  it('are exactly what the user says when he does', () => {
    const regions = Regions.of(['cpu_caps', '.rodata'], symbols, space);
    expect(regions.all.map(({ name, origin }) => [name, origin])).toEqual([
      ['cpu_caps', 'configuration'],
      ['.rodata', 'configuration'],
    ]);
    expect(regions.intends(at('suspend_stats'))).toBe(false);
    expect(regions.overlapping(0xffffffff80601000n, 0xffffffff80602000n)?.name).toBe('cpu_caps');
  });
});
