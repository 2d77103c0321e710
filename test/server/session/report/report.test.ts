/** Layout at its extremes. What the reports say of real stores is tested in test/server/cli. */
import { describe, expect, it } from 'vitest';
import type { CodePlace } from '../../../../server/sealing/codePlace.ts';
import type { RefusedStore } from '../../../../server/sealing/refusedStore.ts';
import {
  coloured,
  columns,
  reportJson,
  reportOf,
  reportText,
} from '../../../../server/session/report/index.ts';

const place: CodePlace = {
  pc: 0xffffffff800013f8n,
  function: 'cpu_detect_features',
  offset: 0x4e,
  size: 0x8a,
  file: '/kernel/cpufeature.c',
  line: 61,
  inlined: false,
};
const caller: CodePlace = {
  ...place,
  pc: 0xffffffff8000134en,
  function: 'secondary_start_kernel',
  offset: 0x24,
  line: 140,
};
const readOnly = { read: true, write: false, execute: false, user: false };
const region = {
  id: 0,
  name: 'rodata',
  start: 0xffffffff80600000n,
  end: 0xffffffff80800000n,
  origin: 'preset',
  source: 'Linux',
  parts: [],
} as const;

/** As rich as a store can be. */
const rich: RefusedStore = {
  id: 1,
  step: 1_234_567n,
  hart: 1,
  privilege: 1,
  place,
  stack: [{ ...place, function: 'set_bits', inlined: true }, place, caller],
  instruction: 'sw a5,64(a4)',
  code: { start: place.pc - 20n, bytes: Uint8Array.from({ length: 24 }, (_, index) => index) },
  // ra leads into the function itself, behind a call that it has made.
  registers: Array.from({ length: 32 }, (_, index) => (index === 1 ? place.pc - 0x10n : BigInt(index))),
  csrs: { status: 0x120n, epc: place.pc, cause: 15n, tval: 0xffffffff80601048n, satp: 0n },
  kind: 'store',
  address: 0xffffffff80601048n,
  physical: 0x80801048n,
  size: 4,
  oldValue: 0x15n,
  newValue: 0x15n,
  redundant: true,
  object: {
    symbol: 'cpu_caps',
    start: 0xffffffff80601000n,
    size: 64,
    offset: 0x48,
    path: 'cpu_caps.features[2].bits',
    type: 'u32',
    file: '/kernel/cpufeature.c',
    line: 9,
    section: '.data..ro_after_init',
    inRegion: true,
  },
  members: [],
  parts: [],
  region,
  sealedBy: { step: 1_000_000n, hart: 0, place: { ...place, function: 'change_page_attr' }, stack: [] },
  page: {
    address: 0xffffffff80601000n,
    size: 4096n,
    level: 0,
    physical: 0x80801000n,
    pte: 0x202004c3n,
    pteAddress: 0x80a00008n,
    linked: { ...readOnly, write: true },
    now: readOnly,
    aliases: [],
  },
  throughAlias: false,
  neighbours: Array.from({ length: 40 }, (_, index) => ({
    name: `a_neighbour_with_a_long_name_${index}`,
    address: 0xffffffff80601100n + BigInt(index * 8),
    size: 8,
    inRegion: index % 3 !== 0,
  })),
  writers: {
    first: {
      step: 10n,
      hart: 0,
      place,
      address: 0xffffffff80601048n,
      size: 4,
      oldValue: 0n,
      newValue: 0x15n,
    },
    latest: {
      step: 20n,
      hart: 1,
      place,
      address: 0xffffffff80601048n,
      size: 4,
      oldValue: 0x15n,
      newValue: 0x15n,
    },
    count: 2,
    complete: true,
  },
  root: { kind: 'hart-start', text: 'hart 1 started by hart 0', place: caller, step: 1_200_000n, byHart: 0 },
  classification: 'redundant-write',
  also: ['init-code-called-late'],
  suggestions: [{ text: 'guard the write', file: '/kernel/cpufeature.c', line: 61 }],
  probe: undefined,
  story: 'cpu_detect_features() writes cpu_caps.features[2].bits, which is sealed',
};

/** Next to nothing is known: no symbols, no debug information, sealed from the start. */
const poor: RefusedStore = {
  ...rich,
  place: { pc: 0x80201000n, function: '', offset: 0, size: 0, inlined: false },
  stack: [{ pc: 0x80201000n, function: '', offset: 0, size: 0, inlined: false }],
  code: { start: 0x80201000n, bytes: new Uint8Array(0) },
  csrs: { ...rich.csrs, epc: 0x80201000n },
  kind: 'sc',
  redundant: false,
  newValue: 0x16n,
  object: undefined,
  sealedBy: undefined,
  page: { ...rich.page, size: 2n ** 21n, linked: undefined },
  neighbours: [],
  writers: { first: undefined, latest: undefined, count: 0, complete: true },
  root: { kind: 'call', text: 'a plain call', place: undefined, step: undefined, byHart: undefined },
  classification: 'late-write',
  also: [],
  suggestions: [],
};

/** Every absolute address of a stack line, PTE or register is one word that cannot be broken. */
describe.each([
  ['rich', rich],
  ['poor', poor],
])('the %s report', (_, refused) => {
  it.each([80, 96, 100])('keeps within %i columns', (width) => {
    for (const line of reportText(reportOf(refused), { width }))
      expect(columns(line), line).toBeLessThanOrEqual(width);
  });

  it('says the same in colour', () => {
    const report = reportOf(refused);
    // eslint-disable-next-line no-control-regex -- colour sequences
    const bare = reportText(report, { paint: coloured }).map((line) => line.replace(/\u001b\[\d+m/g, ''));
    expect(bare).toEqual(reportText(report));
  });

  it('is JSON', () => {
    const json = reportJson(reportOf(refused));
    expect(JSON.parse(JSON.stringify(json))).toEqual(json);
  });
});

it('prints the oops as RISC-V Linux does', () => {
  const { oops } = reportOf(rich);
  expect(oops).toEqual([
    'Unable to handle kernel paging request at virtual address ffffffff80601048',
    'Oops [#1]',
    'CPU: 1',
    'epc : cpu_detect_features+0x4e/0x8a',
    ' ra : cpu_detect_features+0x3e/0x8a',
    'epc : ffffffff800013f8 ra : ffffffff800013e8 sp : 0000000000000002',
    ' gp : 0000000000000003 tp : 0000000000000004 t0 : 0000000000000005',
    ' t1 : 0000000000000006 t2 : 0000000000000007 s0 : 0000000000000008',
    ' s1 : 0000000000000009 a0 : 000000000000000a a1 : 000000000000000b',
    ' a2 : 000000000000000c a3 : 000000000000000d a4 : 000000000000000e',
    ' a5 : 000000000000000f a6 : 0000000000000010 a7 : 0000000000000011',
    ' s2 : 0000000000000012 s3 : 0000000000000013 s4 : 0000000000000014',
    ' s5 : 0000000000000015 s6 : 0000000000000016 s7 : 0000000000000017',
    ' s8 : 0000000000000018 s9 : 0000000000000019 s10: 000000000000001a',
    ' s11: 000000000000001b t3 : 000000000000001c t4 : 000000000000001d',
    ' t5 : 000000000000001e t6 : 000000000000001f',
    'status: 0000000000000120 badaddr: ffffffff80601048 cause: 000000000000000f',
    '[<ffffffff800013f8>] cpu_detect_features+0x4e/0x8a',
    '[<ffffffff8000134e>] secondary_start_kernel+0x24/0x8a',
    'Code: 0100 0302 0504 0706 0908 0b0a 0d0c 0f0e 1110 1312 (1514) 1716',
    '---[ end trace 0000000000000000 ]---',
  ]);
});

describe('the choices', () => {
  const caution = (refused: RefusedStore, action: string): string | undefined =>
    reportOf(refused).choices.find((choice) => choice.action === action)?.caution;

  it('come with the unsafe one last, and the objection to it', () => {
    expect(reportOf(rich).choices.map(({ action }) => action)).toEqual([
      'oops',
      'retry',
      'write-once',
      'skip',
    ]);
    expect(caution(poor, 'skip')).toMatch(/PaX Team/);
    expect(caution(rich, 'skip')).toMatch(/would drop nothing/);
  });

  it('say what retry exposes, and of how large a page', () => {
    expect(caution(rich, 'retry')).toMatch(
      /^26 other symbols lose protection: \w+_1, \w+_2, \w+_4…; 4 KiB writable again; marks the run degraded$/,
    );
    expect(caution(poor, 'retry')).toMatch(/^2 MiB writable again, no other sealed symbol/);
  });
});
