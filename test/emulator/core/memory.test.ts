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
  U,
  USER,
  W,
  csr,
  hartBlock,
  physicalOf,
  signed,
} from './core.ts';

const hart = hartBlock(0);
const VA = 0x4000_0000n;
const NEXT = VA + 0x1000n;
/** Two pages that are neighbours in virtual memory only. */
const ONE = RAM_PHYSICAL + 0x20_0000n;
const TWO = RAM_PHYSICAL + 0x30_0000n;
const VALUE = 0x1122_3344_5566_7788n;

let core: CoreUnderTest;
let tables: Tables;

beforeEach(async () => {
  core = await CoreUnderTest.create();
  core.openPmp();
  tables = new Tables(core, 3);
  core.setCsr(csr.satp, tables.satp());
  core.setMode(S);
  core.events.length = 0;
});

function load(va: bigint, size = 8): bigint | 'redirected' {
  const address = core.exports.loadSlow(hart, core.slotAt(PC), signed(va), size);
  return address === 0 ? 'redirected' : core.u64(address) & ((1n << BigInt(8 * size)) - 1n);
}

function store(va: bigint, value = VALUE, size = 8): number {
  return core.exports.storeSlow(hart, core.slotAt(PC), signed(va), signed(value), size);
}

/** All that a stop must leave alone: hart (but for its pc and trap vector caches), page tables and RAM. */
function guestState(): Buffer {
  const block = Buffer.from(core.memory.buffer.slice(hart, hart + layout.HART_STRIDE));
  block.fill(0, layout.PC, layout.PC_BASE + 8);
  block.fill(0, layout.FAST_TLBS, layout.DTLB);
  return Buffer.concat([block, Buffer.from(core.memory.buffer.slice(layout.RAM))]);
}

function trapped(): { cause: bigint; value: bigint; pc: bigint } {
  return { cause: core.csr(csr.mcause), value: core.csr(csr.mtval), pc: core.csr(csr.mepc) };
}

describe('accesses within a page', () => {
  it('load and store every size, aligned or not', () => {
    tables.map(VA, ONE, R | W);
    for (const size of [1, 2, 4, 8]) {
      for (let offset = 0n; offset < 8n; offset++) {
        core.write(ONE + 0x100n, 0n);
        core.write(ONE + 0x108n, 0n);
        const mask = (1n << BigInt(8 * size)) - 1n;
        expect(store(VA + 0x100n + offset, VALUE, size)).toBe(1);
        expect(core.read(ONE + 0x100n + offset, size)).toBe(VALUE & mask);
        expect(core.read(ONE + 0x100n) | (core.read(ONE + 0x108n) << 64n)).toBe(
          (VALUE & mask) << (8n * offset),
        );
        expect(load(VA + 0x100n + offset, size)).toBe(VALUE & mask);
      }
    }
  });

  it('count no step themselves, and count the trap they raise', () => {
    tables.map(VA, ONE, R);
    load(VA);
    expect(core.budget).toBe(1000);
    expect(store(VA)).toBe(0);
    expect(core.budget).toBe(999);
    expect(trapped()).toEqual({ cause: 15n, value: VA, pc: PC });
  });

  it('are answered with the bytes of RAM itself', () => {
    tables.map(VA, ONE, R | W);
    expect(physicalOf(core.exports.loadSlow(hart, core.slotAt(PC), VA + 0x7f1n, 8))).toBe(ONE + 0x7f1n);
  });
});

describe('accesses across pages', () => {
  for (const size of [2, 4, 8]) {
    it(`of ${size} bytes use both pages`, () => {
      const first = tables.map(VA, ONE, R | W);
      const second = tables.map(NEXT, TWO, R | W);
      const mask = (1n << BigInt(8 * size)) - 1n;
      for (let before = 1; before < size; before++) {
        const va = NEXT - BigInt(before);
        core.write(ONE + 0xff8n, 0n);
        core.write(TWO, 0n);
        expect(store(va, VALUE, size)).toBe(1);
        expect(core.read(ONE + 0x1000n - BigInt(before), before)).toBe(
          VALUE & ((1n << BigInt(8 * before)) - 1n),
        );
        expect(core.read(TWO, size)).toBe((VALUE & mask) >> BigInt(8 * before));
        expect(load(va, size)).toBe(VALUE & mask);
      }
      expect([first, second].map((pte) => core.read(pte) & (A | D))).toEqual([A | D, A | D]);
    });
  }

  for (const [name, firstFlags, secondFlags, value] of [
    ['the first', R, R | W, NEXT - 3n],
    ['the second', R | W, R, NEXT],
    ['both', R, R, NEXT - 3n],
  ] as const) {
    it(`write nothing and set no A or D when ${name} refuses`, () => {
      const first = tables.map(VA, ONE, firstFlags);
      const second = tables.map(NEXT, TWO, secondFlags);
      expect(store(NEXT - 3n)).toBe(0);
      expect(trapped()).toEqual({ cause: 15n, value, pc: PC });
      expect([first, second].map((pte) => core.read(pte) & (A | D))).toEqual([0n, 0n]);
      expect([core.read(ONE + 0xff8n), core.read(TWO)]).toEqual([0n, 0n]);
    });
  }

  it('load nothing when the second page is missing', () => {
    const first = tables.map(VA, ONE, R | W);
    expect(load(NEXT - 1n, 2)).toBe('redirected');
    expect(trapped()).toEqual({ cause: 13n, value: NEXT, pc: PC });
    expect(core.read(first) & A).toBe(0n);
  });

  it('may end in a device', () => {
    tables.map(VA, ONE, R | W);
    tables.map(NEXT, DEVICE, R | W);
    expect(store(NEXT - 4n, VALUE, 8)).toBe(0);
    expect(core.pc()).toBe(PC + 4n);
    expect(core.read(ONE + 0xffcn, 4)).toBe(0x5566_7788n);
    expect(core.device.getUint32(0, true)).toBe(0x1122_3344);
    expect(load(NEXT - 4n)).toBe(VALUE);
  });
});

describe('devices', () => {
  beforeEach(() => {
    tables.map(VA, DEVICE, R | W);
  });

  it('are read into the load buffer', () => {
    core.device.setBigUint64(8, VALUE, true);
    expect(core.exports.loadSlow(hart, core.slotAt(PC), VA + 8n, 4)).toBe(layout.LOAD_BUFFER);
    expect(load(VA + 8n, 4)).toBe(VALUE & 0xffff_ffffn);
    expect(core.events).toEqual(Array(2).fill({ name: 'mmioRead', pc: PC, physical: DEVICE + 8n, size: 4 }));
  });

  it('complete the storing instruction, and may end the run', () => {
    expect(store(VA + 16n, VALUE, 4)).toBe(0);
    expect({ pc: core.pc(), budget: core.budget, exit: core.exit }).toEqual({
      pc: PC + 4n,
      budget: 999,
      exit: layout.EXIT_NONE,
    });
    expect(core.device.getUint32(16, true)).toBe(0x5566_7788);
    core.reschedule = 1;
    store(VA + 16n, 0n, 4);
    expect(core.exit).toBe(layout.EXIT_RESCHEDULE);
  });

  it('fault where there are none', () => {
    tables.map(NEXT, DEVICE + 0x1000n, R | W);
    expect(load(NEXT)).toBe('redirected');
    expect(trapped()).toEqual({ cause: 5n, value: NEXT, pc: PC });
    core.exports.setPrivilege(hart, S);
    expect(store(NEXT)).toBe(0);
    expect(trapped()).toEqual({ cause: 7n, value: NEXT, pc: PC });
  });

  it('and RAM end at 56 bits of address', () => {
    core.exports.setPrivilege(hart, M);
    expect(load((1n << 56n) | RAM_PHYSICAL)).toBe('redirected');
    expect(trapped().cause).toBe(5n);
    expect(load(-8n)).toBe('redirected');
  });
});

describe('a refused store that the host stops at', () => {
  beforeEach(() => {
    core.setU64(layout.TRAP_FILTER, 1n << 15n);
    tables.map(VA, ONE, R | A);
    core.write(ONE + 0x100n, 0xaaaa_bbbb_cccc_ddddn);
  });

  it('changes nothing and tells what it would have written', () => {
    const before = guestState();
    expect(store(VA + 0x104n, 0xffff_ffff_1234_5678n, 4)).toBe(0);
    expect(guestState().equals(before)).toBe(true);
    expect({ pc: core.pc(), budget: core.budget, exit: core.exit }).toEqual({
      pc: PC,
      budget: 1000,
      exit: layout.EXIT_STOP,
    });
    expect(core.events).toEqual([
      {
        name: 'trap',
        pc: PC,
        address: VA + 0x104n,
        physical: ONE + 0x104n,
        value: 0x1234_5678n,
        old: 0xaaaa_bbbbn,
        size: 4,
        kind: layout.ACCESS_STORE,
        cause: 15n,
        trapValue: VA + 0x104n,
      },
    ]);
  });

  it('is delivered if the host says so', () => {
    core.stopAtTrap = false;
    expect(store(VA)).toBe(0);
    expect(core.exit).toBe(layout.EXIT_NONE);
    expect(trapped()).toEqual({ cause: 15n, value: VA, pc: PC });
    expect(core.i32(hart + layout.PRIVILEGE)).toBe(M);
  });

  it('over the end of a page shows the bytes of both', () => {
    const before = tables.map(NEXT - 0x1000n, ONE, R | W);
    tables.map(NEXT, TWO, R);
    core.write(ONE + 0xffcn, 0x0101_0202n, 4);
    core.write(TWO, 0x0303_0404n, 4);
    const state = guestState();
    expect(store(NEXT - 4n)).toBe(0);
    expect(guestState().equals(state)).toBe(true);
    expect(core.read(before) & (A | D)).toBe(0n);
    expect(core.events).toMatchObject([
      {
        address: NEXT - 4n,
        physical: ONE + 0xffcn,
        old: 0x0303_0404_0101_0202n,
        value: VALUE,
        trapValue: NEXT,
      },
    ]);
  });

  it('says where nothing is mapped', () => {
    expect(store(NEXT)).toBe(0);
    expect(core.events).toMatchObject([{ address: NEXT, physical: 0xffff_ffff_ffff_ffffn, old: 0n }]);
  });

  it('is not asked about other causes', () => {
    expect(load(NEXT)).toBe('redirected');
    expect(core.events).toEqual([]);
  });

  describe('with an override', () => {
    const now = 0n;
    function choose(code: number, step = now): void {
      core.setI32(layout.OVERRIDE, code);
      core.setU64(layout.OVERRIDE_STEP, step);
    }

    it('goes through, once, and the page stays as it is', () => {
      const pte = tables.pteAddress(VA);
      core.write(pte, core.read(pte) & ~A);
      const before = core.read(pte);
      choose(layout.OVERRIDE_WRITE);
      expect(store(VA + 0x100n)).toBe(1);
      expect(core.read(ONE + 0x100n)).toBe(VALUE);
      expect(core.read(pte)).toBe(before);
      expect(core.exports.tlbLookup(hart, VA, layout.ACCESS_LOAD)).toBe(0);
      core.run(999, 1n);
      expect(store(VA + 0x100n)).toBe(0);
      expect(core.exit).toBe(layout.EXIT_STOP);
    });

    it('is dropped', () => {
      choose(layout.OVERRIDE_DROP);
      expect(store(VA + 0x100n)).toBe(1);
      expect(core.read(ONE + 0x100n)).toBe(0xaaaa_bbbb_cccc_ddddn);
      expect(core.events).toEqual([]);
    });

    it('over a page end is written or dropped as a whole', () => {
      tables.map(NEXT, TWO, R | W | A | D);
      choose(layout.OVERRIDE_DROP);
      expect(store(NEXT - 4n)).toBe(1);
      expect([core.read(ONE + 0xffcn, 4), core.read(TWO, 4)]).toEqual([0n, 0n]);
      choose(layout.OVERRIDE_WRITE);
      expect(store(NEXT - 4n)).toBe(1);
      expect([core.read(ONE + 0xffcn, 4), core.read(TWO, 4)]).toEqual([0x5566_7788n, 0x1122_3344n]);
    });

    it('does not help where nothing is mapped, nor against U', () => {
      choose(layout.OVERRIDE_WRITE);
      expect(store(NEXT)).toBe(0);
      tables.map(NEXT, TWO, R | USER | A);
      core.run(1000);
      expect(store(NEXT)).toBe(0);
      expect(core.exit).toBe(layout.EXIT_STOP);
    });

    it('drops a store that its page would let pass, its A and D with it', () => {
      const pte = tables.map(NEXT, TWO, R | W);
      choose(layout.OVERRIDE_DROP);
      expect(store(NEXT)).toBe(1);
      expect(core.read(TWO)).toBe(0n);
      expect(core.read(pte) & (A | D)).toBe(0n);
    });

    it('passes a store that PMP refuses', () => {
      tables.map(NEXT, TWO, R | W);
      core.setU64(layout.TRAP_FILTER, 1n << 7n);
      core.setCsr(csr.pmpaddr0 + 1, -1n);
      core.setCsr(csr.pmpaddr0, (TWO >> 2n) | 0x1ffn);
      core.setCsr(csr.pmpcfg0, 0x1f_19n);
      expect(store(NEXT)).toBe(0);
      expect(core.events).toMatchObject([{ cause: 7n, physical: TWO, value: VALUE }]);
      core.run(1000);
      choose(layout.OVERRIDE_WRITE);
      expect(store(NEXT)).toBe(1);
      expect(core.read(TWO)).toBe(VALUE);
    });
  });
});

describe('watched frames', () => {
  beforeEach(() => {
    tables.map(VA, ONE, R | W);
    tables.map(NEXT, TWO, R | W);
  });

  for (const [name, flag, act] of [
    ['a store', layout.FRAME_WATCH_WRITE, () => store(VA + 8n)],
    ['a load', layout.FRAME_WATCH_READ, () => load(VA + 8n)],
    ['a store over the page end', layout.FRAME_WATCH_WRITE, () => store(NEXT - 4n)],
  ] as const) {
    it(`stop ${name} before anything changes`, () => {
      core.setFrameFlags(ONE, flag);
      const before = guestState();
      act();
      expect(guestState().equals(before)).toBe(true);
      expect(core.exit).toBe(layout.EXIT_STOP);
      expect(core.pc()).toBe(PC);
      expect(core.events).toHaveLength(1);
      core.stopAtWatch = false;
      core.run(1000);
      act();
      expect(core.exit).toBe(layout.EXIT_NONE);
      expect(core.events).toHaveLength(2);
    });
  }

  it('are reported once for an access that touches two, with its bytes', () => {
    core.setFrameFlags(ONE, layout.FRAME_WATCH_WRITE);
    core.setFrameFlags(TWO, layout.FRAME_WATCH_WRITE);
    core.write(ONE + 0xffcn, 0x0101_0202n, 4);
    core.write(TWO, 0x0303_0404n, 4);
    store(NEXT - 4n);
    expect(core.events).toMatchObject([
      {
        name: 'watch',
        address: NEXT - 4n,
        physical: ONE + 0xffcn,
        value: VALUE,
        old: 0x0303_0404_0101_0202n,
        size: 8,
      },
    ]);
  });

  it('are not asked about the other kind of access', () => {
    core.setFrameFlags(ONE, layout.FRAME_WATCH_READ);
    expect(store(VA)).toBe(1);
    core.setFrameFlags(ONE, layout.FRAME_WATCH_WRITE);
    expect(load(VA)).toBe(VALUE);
    expect(core.events).toEqual([]);
  });

  it('stop an access that faults only as a fault', () => {
    tables.map(VA, ONE, R);
    core.setFrameFlags(ONE, layout.FRAME_WATCH_WRITE);
    expect(store(VA)).toBe(0);
    expect(core.events).toEqual([]);
    expect(trapped().cause).toBe(15n);
  });
});

describe('page tables', () => {
  const TABLE = RAM_PHYSICAL + 0x50_0000n;
  beforeEach(() => {
    tables.map(VA, TABLE, R | W);
    core.setFrameFlags(TABLE, layout.FRAME_PAGE_TABLE);
  });

  it('report what a store changed, doubleword by doubleword', () => {
    core.write(TABLE + 8n, 0x0102_0304_0506_0708n);
    expect(store(VA + 8n, 0xffn, 1)).toBe(1);
    expect(store(VA + 8n, 0xffn, 1)).toBe(1); // the same value
    expect(store(VA + 12n, 0n, 8)).toBe(1); // changes one of the two
    expect(core.events).toEqual([
      {
        name: 'pageTableStore',
        pc: PC,
        physical: TABLE + 8n,
        old: 0x0102_0304_0506_0708n,
        value: 0x0102_0304_0506_07ffn,
      },
      {
        name: 'pageTableStore',
        pc: PC,
        physical: TABLE + 8n,
        old: 0x0102_0304_0506_07ffn,
        value: 0x0506_07ffn,
      },
    ]);
  });

  it('do not report A and D updates of the walk', () => {
    const pte = tables.map(NEXT, TWO, R | W);
    core.setFrameFlags(pte & ~0xfffn, layout.FRAME_PAGE_TABLE);
    expect(store(NEXT)).toBe(1);
    expect(core.read(pte) & (A | D)).toBe(A | D);
    expect(core.events).toEqual([]);
  });

  it('are marked by walks only when asked to', () => {
    const pte = tables.map(NEXT, TWO, R | W);
    load(NEXT);
    expect(core.frameFlags(pte)).toBe(0);
    core.setI32(layout.TRACK_PAGE_TABLES, 1);
    core.exports.fence(hart, 0n, -1n, 0n, 0);
    load(NEXT);
    expect([core.frameFlags(pte), core.frameFlags(tables.root)]).toEqual([
      layout.FRAME_PAGE_TABLE,
      layout.FRAME_PAGE_TABLE,
    ]);
  });

  it('let their observer end the run behind the store', () => {
    core.exitAtPageTableStore = true;
    expect(store(VA, 1n)).toBe(0);
    expect({ pc: core.pc(), budget: core.budget }).toEqual({ pc: PC + 4n, budget: 999 });
    expect(core.read(TABLE)).toBe(1n);
  });
});

describe('privilege of data', () => {
  it('U pages need SUM in S, S pages are closed to U', () => {
    tables.map(VA, ONE, R | W | USER | A | D);
    tables.map(NEXT, TWO, R | W | A | D);
    const outcome = (privilege: typeof U | typeof S, sum: boolean): boolean[] =>
      [VA, NEXT].map((va) => {
        core.setMode(privilege, { sum });
        return load(va) !== 'redirected';
      });
    expect(outcome(S, false)).toEqual([false, true]);
    expect(outcome(S, true)).toEqual([true, true]);
    expect(outcome(U, false)).toEqual([true, false]);
    expect(outcome(U, true)).toEqual([true, false]);
  });
});
