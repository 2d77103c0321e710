import { beforeEach, describe, expect, it } from 'vitest';
import * as layout from '../../../emulator/layout.ts';
import {
  A,
  CoreUnderTest,
  D,
  DEVICE,
  M,
  PC,
  R,
  RAM_PHYSICAL,
  S,
  Tables,
  USER,
  W,
  csr,
  hartBlock,
  physicalOf,
  signed,
} from './core.ts';

const hart = hartBlock(0);
const VA = 0x4000_0000n;
const ALIAS = 0x5000_0000n;
const PA = RAM_PHYSICAL + 0x20_0000n;

let core: CoreUnderTest;
let tables: Tables;

beforeEach(async () => {
  core = await CoreUnderTest.create();
  for (const block of [hart, hartBlock(1)]) core.openPmp(block);
  tables = new Tables(core, 3);
  for (const block of [hart, hartBlock(1)]) {
    core.setCsr(csr.satp, tables.satp(), block);
    core.setMode(S, {}, block);
  }
  core.events.length = 0;
});

/** Runs an AMO that puts `value` where its old value was; the old value, or 'redirected'. */
function swap(va: bigint, value: bigint, size = 8): bigint | 'redirected' {
  const slot = core.slotAt(PC);
  const address = core.exports.amoRead(hart, slot, signed(va), size);
  if (address === 0) return 'redirected';
  const old = core.u64(address) & ((1n << BigInt(8 * size)) - 1n);
  return core.exports.amoWrite(hart, slot, signed(va), signed(value), size) ? old : 'redirected';
}

function lr(va: bigint, size = 8, block = hart): bigint | 'redirected' {
  const address = core.exports.lr(block, core.slotAt(PC, { hart: block }), signed(va), size);
  return address === 0 ? 'redirected' : physicalOf(address);
}

function sc(va: bigint, value: bigint, size = 8): number {
  return core.exports.sc(hart, core.slotAt(PC), signed(va), signed(value), size);
}

function store(va: bigint, value: bigint, size = 8, block = hart): number {
  return core.exports.storeSlow(block, core.slotAt(PC, { hart: block }), signed(va), signed(value), size);
}

function trapped(): { cause: bigint; value: bigint } {
  return { cause: core.csr(csr.mcause), value: core.csr(csr.mtval) };
}

describe('AMO', () => {
  it('replaces the value and marks the page dirty', () => {
    const pte = tables.map(VA, PA, R | W);
    core.write(PA + 8n, 0x1111_2222_3333_4444n);
    expect(swap(VA + 8n, 5n)).toBe(0x1111_2222_3333_4444n);
    expect(core.read(PA + 8n)).toBe(5n);
    expect(core.read(pte) & (A | D)).toBe(A | D);
    expect(swap(VA + 12n, 7n, 4)).toBe(0n); // now through the fast TLB
    expect(core.read(PA + 8n)).toBe(0x7_0000_0005n);
  });

  it('that its page refuses tells what it would have written, and changes nothing', () => {
    const pte = tables.map(VA, PA, R);
    core.write(PA, 40n);
    core.setU64(layout.TRAP_FILTER, 1n << 15n);
    expect(swap(VA, 41n)).toBe('redirected');
    expect(core.events).toMatchObject([
      { name: 'trap', kind: layout.ACCESS_AMO, address: VA, physical: PA, old: 40n, value: 41n, size: 8 },
    ]);
    expect(core.exit).toBe(layout.EXIT_STOP);
    expect(core.read(PA)).toBe(40n);
    expect(core.read(pte) & (A | D)).toBe(0n);
  });

  for (const [name, va, size, cause, map] of [
    ['misaligned', VA + 2n, 4, 6n, (): unknown => tables.map(VA, PA, R | W)],
    ['misaligned before it is looked at whether anything is mapped', VA + 4n, 8, 6n, (): unknown => 0],
    ['nothing mapped', VA, 8, 15n, (): unknown => 0],
    ['a page of U', VA, 8, 15n, (): unknown => tables.map(VA, PA, R | W | USER)],
    ['read-only', VA, 8, 15n, (): unknown => tables.map(VA, PA, R)],
    ['a device', VA, 4, 7n, (): unknown => tables.map(VA, DEVICE, R | W)],
  ] as const) {
    it(`faults as a store: ${name}`, () => {
      map();
      expect(swap(va, 1n, size)).toBe('redirected');
      expect(trapped()).toEqual({ cause, value: va });
      expect(core.budget).toBe(999);
    });
  }

  it('obeys an override', () => {
    tables.map(VA, PA, R | A);
    core.write(PA, 40n);
    core.setI32(layout.OVERRIDE, layout.OVERRIDE_DROP);
    expect(swap(VA, 41n)).toBe(40n);
    expect(core.read(PA)).toBe(40n);
    core.setI32(layout.OVERRIDE, layout.OVERRIDE_WRITE);
    expect(swap(VA, 41n)).toBe(40n);
    expect(core.read(PA)).toBe(41n);
  });

  it('stops at watches of either kind', () => {
    tables.map(VA, PA, R | W);
    for (const flag of [layout.FRAME_WATCH_READ, layout.FRAME_WATCH_WRITE]) {
      core.setFrameFlags(PA, flag);
      core.run(1000);
      expect(swap(VA, 41n)).toBe('redirected');
      expect(core.exit).toBe(layout.EXIT_STOP);
    }
    expect(core.events).toMatchObject([
      { name: 'watch', kind: layout.ACCESS_AMO },
      { name: 'watch', value: 41n },
    ]);
  });

  it('on a page table whose observer ends the run is complete, rd included', () => {
    tables.map(VA, PA, R | W);
    core.setFrameFlags(PA, layout.FRAME_PAGE_TABLE);
    core.exitAtPageTableStore = true;
    core.write(PA, 0xffff_fff0n);
    expect(swap(VA, 1n, 4)).toBe('redirected');
    expect({ pc: core.pc(), budget: core.budget, rd: core.x(10) }).toEqual({
      pc: PC + 4n,
      budget: 999,
      rd: 0xffff_ffff_ffff_fff0n,
    });
    expect(core.read(PA)).toBe(1n);
  });
});

describe('LR and SC', () => {
  beforeEach(() => {
    tables.map(VA, PA, R | W);
    tables.map(ALIAS, PA, R | W);
  });

  it('store when nothing came between', () => {
    expect(lr(VA + 8n)).toBe(PA + 8n);
    expect(sc(VA + 8n, 9n)).toBe(1);
    expect(core.read(PA + 8n)).toBe(9n);
    expect(sc(VA + 8n, 10n)).toBe(2);
    expect(core.read(PA + 8n)).toBe(9n);
  });

  for (const [name, between, result] of [
    ['a store of this hart to another place', () => store(VA + 16n, 1n), 1],
    ['a store of this hart to a part of it', () => store(VA + 9n, 1n, 1), 2],
    ['a store of another hart', () => store(VA + 8n, 1n, 8, hartBlock(1)), 2],
    ['a store through an alias', () => store(ALIAS + 8n, 1n), 2],
    ['another LR', () => lr(VA + 16n), 2],
    ['an LR of another hart', () => lr(VA + 8n, 8, hartBlock(1)), 1],
    ['a trap', () => core.exports.raise(hart, 2, 0n), 2],
    ['a return from a trap', () => core.exports.sret(hart, core.slotAt(PC)), 2],
  ] as const) {
    it(`with ${name} between ${result === 1 ? 'store' : 'fail'}`, () => {
      lr(VA + 8n);
      between();
      core.exports.setPrivilege(hart, S);
      expect(sc(VA + 8n, 9n)).toBe(result);
    });
  }

  it('meet by physical address', () => {
    lr(VA);
    expect(sc(ALIAS, 3n)).toBe(1);
    expect(core.read(PA)).toBe(3n);
    lr(VA);
    expect(sc(VA + 8n, 3n)).toBe(2);
  });

  it('of 4 bytes look at those only', () => {
    core.write(PA, 0xffff_fffe_8000_0000n);
    lr(VA, 4);
    expect(core.u64(hart + layout.RESERVED_VALUE)).toBe(0xffff_ffff_8000_0000n);
    store(VA + 4n, 0n, 4);
    expect(sc(VA, 1n, 4)).toBe(1);
  });

  it('SC fails without a fault where it has no reservation', () => {
    const unmapped = VA + 0x10_0000n;
    expect(sc(unmapped, 1n)).toBe(2);
    lr(VA);
    expect(sc(unmapped, 1n)).toBe(2);
    expect(sc(VA, 1n)).toBe(2); // an SC ends the reservation whatever becomes of it
    expect(core.budget).toBe(1000);
  });

  it('SC to a sealed page stops only if it would have stored, and keeps the reservation', () => {
    tables.map(VA, PA, R | A);
    core.exports.fence(hart, 0n, -1n, 0n, 0);
    core.setU64(layout.TRAP_FILTER, 1n << 15n);
    expect(sc(VA, 1n)).toBe(2);
    lr(VA);
    expect(sc(VA, 1n)).toBe(0);
    expect(core.events).toMatchObject([{ kind: layout.ACCESS_SC, value: 1n, old: 0n, physical: PA }]);
    core.run(1000);
    core.setI32(layout.OVERRIDE, layout.OVERRIDE_WRITE);
    expect(sc(VA, 1n)).toBe(1);
    expect(core.read(PA)).toBe(1n);
  });

  for (const [name, va, size, cause, act] of [
    ['a misaligned LR', VA + 4n, 8, 4n, 'lr'],
    ['a misaligned SC', VA + 4n, 8, 6n, 'sc'],
    ['an LR of nothing', VA + 0x10_0000n, 4, 13n, 'lr'],
    ['an LR of a device', 0x6000_0000n, 4, 5n, 'lr'],
  ] as const) {
    it(`${name} faults`, () => {
      tables.map(0x6000_0000n, DEVICE, R | W);
      if (act === 'lr') expect(lr(va, size)).toBe('redirected');
      else expect(sc(va, 0n, size)).toBe(0);
      expect(trapped()).toEqual({ cause, value: va });
      expect(core.i32(hart + layout.PRIVILEGE)).toBe(M);
    });
  }

  it('LR stops at a watched frame and reserves nothing', () => {
    core.setFrameFlags(PA, layout.FRAME_WATCH_READ);
    expect(lr(VA)).toBe('redirected');
    expect(core.exit).toBe(layout.EXIT_STOP);
    expect(core.u64(hart + layout.RESERVATION)).toBe(0xffff_ffff_ffff_ffffn);
  });
});
