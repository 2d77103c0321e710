import { beforeEach, describe, expect, it } from 'vitest';
import * as layout from '../../../emulator/layout.ts';
import {
  A,
  CoreUnderTest,
  D,
  M,
  MSTATUS,
  PC,
  type Privilege,
  R,
  RAM_PHYSICAL,
  S,
  Tables,
  U,
  USER,
  W,
  X,
  csr,
  hartBlock,
  signed,
} from './core.ts';

const hart = hartBlock(0);
const MODES: readonly Privilege[] = [M, S, U];
const ONES = 0xffff_ffff_ffff_ffffn;
const FS = 3n << 13n;
const SD = 1n << 63n;
const MENVCFG = 0x30a;
const SENVCFG = 0x10a;
const STIMECMP = 0x14d;
const MSECCFG = 0x747;
const CBZE = 1n << 7n;
const CBCFE = 1n << 6n;
const CBIE = 1n << 4n;
const STCE = 1n << 63n;
const PBMTE = 1n << 62n;
const ADUE = 1n << 61n;

let core: CoreUnderTest;
/** A hart with these extensions, from reset. */
async function withExtensions(...extensions: number[]): Promise<void> {
  core = await CoreUnderTest.create();
  core.setI32(
    layout.EXTENSIONS,
    extensions.reduce((mask, extension) => mask | extension, 0),
  );
  core.exports.reset(hart);
  core.openPmp();
}

/** The cause with which `run` traps, or undefined. */
function causeOf(run: () => void): number | undefined {
  core.setU64(hart + layout.MCAUSE, 0xfffn);
  run();
  const cause = core.u64(hart + layout.MCAUSE);
  return cause === 0xfffn ? undefined : Number(cause);
}

describe('registers of extensions', () => {
  it.each([
    ['nothing', [], 0x8000_0000_0014_0104n, 1n, 1n],
    ['M and A', [layout.EXTENSION_M, layout.EXTENSION_A], 0x8000_0000_0014_1105n, 1n, 1n],
    ['F', [layout.EXTENSION_F], 0x8000_0000_0014_0124n, 1n, 1n],
    ['F and D', [layout.EXTENSION_F, layout.EXTENSION_D], 0x8000_0000_0014_012cn, 1n, 1n],
    ['B', [layout.EXTENSION_B], 0x8000_0000_0014_0106n, 1n, 1n],
    ['Zicbom', [layout.EXTENSION_ZICBOM], 0x8000_0000_0014_0104n, 0x71n, 0x71n],
    ['Zicboz', [layout.EXTENSION_ZICBOZ], 0x8000_0000_0014_0104n, 0x81n, 0x81n],
    ['Sstc', [layout.EXTENSION_SSTC], 0x8000_0000_0014_0104n, STCE | 1n, 1n],
    ['Svpbmt', [layout.EXTENSION_SVPBMT], 0x8000_0000_0014_0104n, PBMTE | 1n, 1n],
    ['Svadu', [layout.EXTENSION_SVADU], 0x8000_0000_0014_0104n, ADUE | 1n, 1n],
    ['Svade', [layout.EXTENSION_SVADE], 0x8000_0000_0014_0104n, 1n, 1n],
  ] as const)('misa, menvcfg and senvcfg with %s', async (_name, extensions, misa, menvcfg, senvcfg) => {
    await withExtensions(...extensions);
    for (const number of [csr.misa, MENVCFG, SENVCFG]) core.setCsr(number, ONES);
    expect([csr.misa, MENVCFG, SENVCFG].map((number) => core.csr(number))).toEqual([misa, menvcfg, senvcfg]);
    core.setCsr(MENVCFG, 0x20n); // CBIE = 2 is reserved
    expect(core.csr(MENVCFG)).toBe(0n);
  });

  it.each([
    ['fflags', 0x001, layout.EXTENSION_F, 0x1fn],
    ['frm', 0x002, layout.EXTENSION_F, 7n],
    ['fcsr', 0x003, layout.EXTENSION_F, 0xffn],
    ['stimecmp', STIMECMP, layout.EXTENSION_SSTC, ONES],
    ['mseccfg', MSECCFG, layout.EXTENSION_SMEPMP, 7n],
  ])('%s is there with its extension only', async (_name, number, extension, ones) => {
    await withExtensions();
    expect(core.exports.hasCsr(number)).toBe(0);
    expect(core.exports.writeCsr(hart, number, 1n)).toBe(0);
    await withExtensions(extension);
    expect(core.exports.hasCsr(number)).toBe(1);
    core.setCsr(number, ONES);
    expect(core.csr(number)).toBe(ones);
  });

  it('fcsr is made of its fields, and writing any of them makes FS dirty', async () => {
    await withExtensions(layout.EXTENSION_F);
    core.setCsr(3, 0b101_10110n);
    expect([core.csr(1), core.csr(2)]).toEqual([0b10110n, 0b101n]);
    for (const [number, value] of [
      [1, 9n],
      [2, 3n],
      [3, 0x69n],
    ] as const) {
      core.setCsr(csr.mstatus, 1n << 13n);
      expect(core.csr(csr.mstatus) & (FS | SD)).toBe(1n << 13n);
      core.setCsr(number, value);
      expect(core.csr(3)).toBe({ 1: 0xa9n, 2: 0x69n, 3: 0x69n }[number]);
      expect(core.csr(csr.mstatus) & (FS | SD)).toBe(FS | SD);
      expect(core.csr(csr.sstatus) & (FS | SD)).toBe(FS | SD);
    }
  });

  it('FS is zero for ever without F, and closes fcsr while it is off', async () => {
    const read = (): number | undefined =>
      causeOf(() => core.exports.csrOp(hart, core.slotAt(PC, { imm: 3 }), 2, 0n, 0));
    await withExtensions();
    core.setCsr(csr.mstatus, ONES);
    expect(core.csr(csr.mstatus) & (FS | SD)).toBe(0n);
    await withExtensions(layout.EXTENSION_F);
    core.setU64(hart + layout.PC, RAM_PHYSICAL);
    core.exports.resume(hart);
    const slot = core.exports.resume(hart);
    core.setI32(slot + layout.SLOT_IMM, 3);
    expect(causeOf(() => core.exports.csrOp(hart, slot, 2, 0n, 0))).toBe(2);
    core.setCsr(csr.mstatus, 1n << 13n);
    expect(read()).toBeUndefined();
  });

  it('stimecmp is S-mode’s if menvcfg.STCE and mcounteren.TM say so; STIP is then nobody’s to write', async () => {
    await withExtensions(layout.EXTENSION_SSTC);
    const access = (privilege: Privilege): number | undefined => {
      core.exports.setPrivilege(hart, M);
      core.run(100);
      core.setU64(hart + layout.PC, RAM_PHYSICAL);
      const slot = core.exports.resume(hart);
      core.setI32(slot + layout.SLOT_IMM, STIMECMP);
      core.exports.setPrivilege(hart, privilege);
      return causeOf(() => core.exports.csrOp(hart, slot, 2, 0n, 0));
    };
    expect(MODES.map(access)).toEqual([undefined, 2, 2]);
    core.setCsr(MENVCFG, STCE);
    expect(MODES.map(access)).toEqual([undefined, 2, 2]);
    core.setCsr(csr.mcounteren, 2n);
    expect(MODES.map(access)).toEqual([undefined, undefined, 2]);
    core.setCsr(csr.mip, ONES);
    expect(core.csr(csr.mip)).toBe(0x202n);
    core.exports.setSoftwarePending(hart, 0x20, 0x20);
    core.setCsr(csr.mip, 0n);
    expect(core.csr(csr.mip)).toBe(0x20n);
  });

  it('the host looks at the timers after a write that may move one', async () => {
    await withExtensions(layout.EXTENSION_SSTC);
    for (const number of [STIMECMP, MENVCFG]) {
      core.run(10);
      expect(core.exports.csrOp(hart, core.slotAt(PC, { imm: number }), 1, 0n, 1)).toBe(0);
      expect([core.exit, core.pc(), core.budget]).toEqual([layout.EXIT_RESCHEDULE, PC + 4n, 9]);
    }
  });
});

describe('accessed and dirty bits', () => {
  const VA = 0x4000_0000n;
  const outcomes: readonly (readonly [string, number[], bigint | undefined, boolean])[] = [
    ['neither Svade nor Svadu', [], undefined, true],
    ['Svade', [layout.EXTENSION_SVADE], undefined, false],
    ['Svadu from reset', [layout.EXTENSION_SVADU], undefined, true],
    ['Svadu, ADUE 0', [layout.EXTENSION_SVADU], 0n, false],
    ['both from reset', [layout.EXTENSION_SVADE, layout.EXTENSION_SVADU], undefined, false],
    ['both, ADUE 1', [layout.EXTENSION_SVADE, layout.EXTENSION_SVADU], ADUE, true],
  ];
  it.each(outcomes)('%s', async (_name, extensions, menvcfg, sets) => {
    await withExtensions(...extensions);
    if (menvcfg !== undefined) core.setCsr(MENVCFG, menvcfg);
    const tables = new Tables(core, 3);
    const pte = tables.map(VA, RAM_PHYSICAL + 0x5000n, R | W);
    core.setCsr(csr.satp, tables.satp());
    core.setMode(S);
    core.run(100);
    const before = core.read(pte);
    const load = causeOf(() => core.exports.loadSlow(hart, core.slotAt(PC), VA, 8));
    core.setMode(S);
    const store = causeOf(() => core.exports.storeSlow(hart, core.slotAt(PC), VA, 1n, 8));
    expect([load, store]).toEqual(sets ? [undefined, undefined] : [13, 15]);
    expect(core.read(pte)).toBe(sets ? before | A | D : before);
  });
});

describe('Svnapot and Svpbmt', () => {
  const N = 1n << 63n;
  const types = (type: bigint): bigint => type << 61n;
  /** A leaf at 0x40000000 + 0x3000, the fourth of its 64 KiB; its PPN is that of RAM + 0x1_8000, marked. */
  const load = (flags: bigint, { level = 0, frame = 0x1_8000n } = {}): bigint | number => {
    const tables = new Tables(core, 3);
    const va = 0x4000_3000n;
    core.write(tables.pteAddress(va, level), ((RAM_PHYSICAL + frame) >> 2n) | flags | R | W | A | D | 1n);
    core.setCsr(csr.satp, tables.satp());
    core.exports.fence(hart, 0n, -1n, 0n, 0);
    core.setMode(S);
    core.run(100);
    let at = 0;
    const cause = causeOf(() => (at = core.exports.loadSlow(hart, core.slotAt(PC), va + 8n, 8)));
    return cause ?? BigInt(at - layout.RAM);
  };

  it('bits are reserved without them', async () => {
    await withExtensions();
    expect([load(0n), load(N), load(types(1n)), load(types(2n))]).toEqual([0x1_8008n, 13, 13, 13]);
  });

  it('a range of 64 KiB is contiguous; other sizes are reserved', async () => {
    await withExtensions(layout.EXTENSION_SVNAPOT);
    expect(load(N)).toBe(0x1_3008n);
    expect([0x1_0000n, 0x1_1000n, 0x1_4000n, 0x1_c000n].map((frame) => load(N, { frame }))).toEqual([
      13, 13, 13, 13,
    ]);
    expect(load(N, { level: 1, frame: 0x20_0000n })).toBe(13);
  });

  it('memory types are valid once menvcfg.PBMTE is set, but for the reserved one', async () => {
    await withExtensions(layout.EXTENSION_SVPBMT);
    expect(load(types(1n))).toBe(13);
    core.setCsr(MENVCFG, PBMTE);
    expect([1n, 2n, 3n].map((type) => load(types(type)))).toEqual([0x1_8008n, 0x1_8008n, 13]);
    core.setMode(M);
    expect(load(types(1n), { level: 1, frame: 0x20_0000n })).toBe(0x20_3008n);
  });
});

describe('cache blocks', () => {
  const [INVAL, CLEAN, FLUSH, ZERO] = [0, 1, 2, 4] as const;
  const VA = 0x4000_0000n;
  const TARGET = RAM_PHYSICAL + 0x5000n;
  let slot: number;
  beforeEach(async () => {
    await withExtensions(layout.EXTENSION_ZICBOM, layout.EXTENSION_ZICBOZ);
    core.run(1000);
    core.setU64(hart + layout.PC, RAM_PHYSICAL + 0x1000n);
    slot = core.exports.resume(hart);
  });
  const run = (operation: number, va: bigint, privilege: Privilege): number | undefined => {
    core.setMode(privilege);
    return causeOf(() => core.exports.cacheBlock(hart, slot, signed(va), operation));
  };

  it('instructions are allowed as menvcfg and senvcfg say', () => {
    core.setCsr(csr.mstatus, 0n);
    for (const [operations, field] of [
      [[ZERO], CBZE],
      [[CLEAN, FLUSH], CBCFE],
      [[INVAL], CBIE],
      [[INVAL], 3n * CBIE],
    ] as const) {
      for (const operation of operations) {
        for (const [menvcfg, senvcfg, expected] of [
          [0n, 0n, [undefined, 2, 2]],
          [0n, field, [undefined, 2, 2]],
          [~field & 0xf0n, ~field & 0xf0n, [undefined, 2, 2]],
          [field, 0n, [undefined, undefined, 2]],
          [field, field, [undefined, undefined, undefined]],
        ] as const) {
          core.setCsr(MENVCFG, menvcfg);
          core.setCsr(SENVCFG, senvcfg);
          const causes = MODES.map((privilege) => run(operation, TARGET, privilege));
          expect(causes, `${operation} ${menvcfg} ${senvcfg}`).toEqual(expected);
        }
      }
    }
  });

  it('zero clears the block around the address, and nothing else', () => {
    for (let i = 0n; i < 0x200n; i += 8n) core.write(TARGET + i, ONES);
    for (const offset of [0x40n, 0xbfn]) expect(run(ZERO, TARGET + offset, M)).toBeUndefined();
    for (let i = 0n; i < 0x200n; i += 8n)
      expect(core.read(TARGET + i)).toBe(i >= 0x40n && i < 0xc0n ? 0n : ONES);
  });

  it('zero of a page table is reported entry by entry', () => {
    core.setFrameFlags(TARGET, layout.FRAME_PAGE_TABLE);
    for (const i of [0n, 24n, 56n]) core.write(TARGET + i, 5n);
    run(ZERO, TARGET, M);
    const stores = core.events.filter(({ name }) => name === 'pageTableStore');
    expect(stores.map(({ physical, old, value }) => [physical, old, value])).toEqual(
      [0n, 24n, 56n].map((i) => [TARGET + i, 5n, 0n]),
    );
  });

  it.each([
    ['no page', undefined, 15, 15],
    ['read only', R, 15, undefined],
    ['writable', R | W, undefined, undefined],
    ['execute only', X, 15, 15],
    ['of the user', R | W | USER, 15, 15],
  ])('%s', (_name, flags, zero, manage) => {
    core.setCsr(MENVCFG, 0xf0n);
    const tables = new Tables(core, 3);
    if (flags !== undefined) tables.map(VA, TARGET, flags | A | D);
    core.setCsr(csr.satp, tables.satp());
    expect(run(ZERO, VA + 0x48n, S)).toBe(zero);
    if (zero !== undefined) expect(core.csr(csr.mtval)).toBe(VA + 0x40n);
    for (const operation of [INVAL, CLEAN, FLUSH]) {
      expect(run(operation, VA + 0x48n, S)).toBe(manage);
      if (manage !== undefined) expect(core.csr(csr.mtval)).toBe(VA + 0x48n);
    }
  });

  it('PMP and empty space refuse them as stores', () => {
    core.setCsr(MENVCFG, 0xf0n);
    core.setCsr(csr.pmpcfg0, 0x19n);
    expect([ZERO, CLEAN].map((operation) => run(operation, TARGET, S))).toEqual([7, undefined]);
    core.setCsr(csr.pmpcfg0, 0x18n);
    expect([ZERO, CLEAN].map((operation) => run(operation, TARGET, S))).toEqual([7, 7]);
    core.setMode(M);
    expect([ZERO, CLEAN].map((operation) => run(operation, 0x1000n, M))).toEqual([7, 7]);
  });
});

it('fences of Svinval need S-mode', async () => {
  await withExtensions();
  core.run(1000);
  core.setU64(hart + layout.PC, RAM_PHYSICAL + 0x1000n);
  const slot = core.exports.resume(hart);
  core.setCsr(csr.mstatus, MSTATUS.TVM);
  const causes = MODES.map((privilege) => {
    core.exports.setPrivilege(hart, privilege);
    return causeOf(() => core.exports.fenceInvalidation(hart, slot));
  });
  expect(causes).toEqual([undefined, undefined, 2]);
});

describe('Smepmp', () => {
  const L = 0x80n;
  const NAPOT = 0x18n;
  const [r, w, x] = [1, 2, 4] as const;
  /** The specification's table: L R W X to the rights of M, and of S and U. */
  const TRUTH: readonly (readonly [string, number, number])[] = [
    ['0000', 0, 0],
    ['0001', 0, x],
    ['0010', r | w, r],
    ['0011', r | w, r | w],
    ['0100', 0, r],
    ['0101', 0, r | x],
    ['0110', 0, r | w],
    ['0111', 0, r | w | x],
    ['1000', 0, 0],
    ['1001', x, 0],
    ['1010', x, x],
    ['1011', r | x, x],
    ['1100', r, 0],
    ['1101', r | x, 0],
    ['1110', r | w, 0],
    ['1111', r, r],
  ];
  const TARGET = RAM_PHYSICAL + 0x5000n;
  const cfgOf = (bits: string): bigint => {
    const [locked, ...rights] = bits.split('').map(BigInt) as [bigint, bigint, bigint, bigint];
    return rights.reduce((cfg, bit, i) => cfg | (bit << BigInt(i)), NAPOT | (locked * L));
  };

  /** What the mode may do at TARGET, from its loads, stores and fetches. */
  const rights = (privilege: Privilege): number => {
    let found = 0;
    for (const [right, attempt] of [
      [r, () => core.exports.loadSlow(hart, core.slotAt(PC), signed(TARGET), 8)],
      [w, () => core.exports.storeSlow(hart, core.slotAt(PC), signed(TARGET), 0n, 8)],
      [
        x,
        () => {
          core.setU64(hart + layout.PC, TARGET);
          core.setI32(layout.BUDGET, 1);
          core.exports.resume(hart);
        },
      ],
    ] as const) {
      core.setMode(privilege);
      core.run(10);
      if (causeOf(attempt) === undefined) found |= right;
    }
    return found;
  };

  beforeEach(async () => {
    await withExtensions(layout.EXTENSION_SMEPMP);
    core.setCsr(csr.pmpcfg0, 0n);
    core.setCsr(csr.pmpaddr0, (TARGET >> 2n) | 0x1ffn);
  });

  it.each(TRUTH)('MML, LRWX = %s', (bits, machine, others) => {
    core.setCsr(MSECCFG, 5n); // RLB, so that rules with X for M-mode can be made
    core.setCsr(csr.pmpcfg0, cfgOf(bits));
    expect(core.csr(csr.pmpcfg0)).toBe(cfgOf(bits));
    expect(MODES.map(rights)).toEqual([machine, others, others]);
  });

  it('without a rule M-mode reads and writes under MML, and does nothing under MMWP', () => {
    expect(MODES.slice(0, 2).map(rights)).toEqual([r | w | x, 0]);
    core.setCsr(MSECCFG, 1n);
    expect(MODES.slice(0, 2).map(rights)).toEqual([r | w, 0]);
    core.setCsr(MSECCFG, 2n);
    expect(MODES.slice(0, 2).map(rights)).toEqual([0, 0]);
    expect(core.csr(MSECCFG)).toBe(3n); // both stay
  });

  it('under MML nothing more becomes executable for M-mode', () => {
    core.setCsr(MSECCFG, 1n);
    for (const [bits, machine] of TRUTH) {
      if (bits.startsWith('1')) continue;
      core.setCsr(csr.pmpcfg0, cfgOf(bits));
      expect(core.csr(csr.pmpcfg0), `${bits} ${machine}`).toBe(cfgOf(bits));
    }
    const last = core.csr(csr.pmpcfg0);
    for (const bits of ['1001', '1010', '1011', '1101']) {
      core.setCsr(csr.pmpcfg0, cfgOf(bits));
      expect(core.csr(csr.pmpcfg0), bits).toBe(last);
    }
    core.setCsr(csr.pmpcfg0, cfgOf('1100'));
    expect(core.csr(csr.pmpcfg0)).toBe(cfgOf('1100'));
  });

  it('RLB opens locks, and cannot be set once something is locked', () => {
    core.setCsr(MSECCFG, 4n);
    core.setCsr(csr.pmpcfg0, 0x99n);
    core.setCsr(csr.pmpcfg0, 0x9bn);
    core.setCsr(csr.pmpaddr0, 5n);
    expect([core.csr(csr.pmpcfg0), core.csr(csr.pmpaddr0)]).toEqual([0x9bn, 5n]);
    core.setCsr(MSECCFG, 0n);
    core.setCsr(MSECCFG, 4n);
    expect(core.csr(MSECCFG)).toBe(0n);
    core.setCsr(csr.pmpcfg0, 0n);
    core.setCsr(csr.pmpaddr0, 6n);
    expect([core.csr(csr.pmpcfg0), core.csr(csr.pmpaddr0)]).toEqual([0x9bn, 5n]);
  });
});
