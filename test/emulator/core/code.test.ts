import { beforeEach, describe, expect, it } from 'vitest';
import * as layout from '../../../emulator/layout.ts';
import {
  A,
  CoreUnderTest,
  DECODED,
  M,
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
const VA = 0x4000_0000n;
const NEXT = VA + 0x1000n;
const ONE = RAM_PHYSICAL + 0x20_0000n;
const TWO = RAM_PHYSICAL + 0x30_0000n;

let core: CoreUnderTest;
beforeEach(async () => {
  core = await CoreUnderTest.create();
  core.openPmp();
  core.openPmp(hartBlock(1));
});

function resumeAt(pc: bigint, block = hart): number {
  core.setU64(block + layout.PC, pc);
  return core.exports.resume(block);
}

function pcOf(slot: number, block = hart): bigint {
  return BigInt.asUintN(64, core.u64(block + layout.PC_BASE) + BigInt(slot >> layout.SLOT_PC_SHIFT));
}

function op(slot: number, at: number = layout.SLOT_OP): number {
  return core.view.getUint16(slot + at, true);
}

function decodeAs(slot: number, code: number, real = code): void {
  core.view.setUint16(slot + layout.SLOT_OP, code, true);
  core.view.setUint16(slot + layout.SLOT_REAL_OP, real, true);
}

function trapped(): bigint[] {
  return [csr.mcause, csr.mtval, csr.mepc].map((n) => core.csr(n));
}

describe('resume', () => {
  it('returns 0 when the budget is used up or the run is to end', () => {
    core.run(0);
    expect(resumeAt(RAM_PHYSICAL)).toBe(0);
    core.run(1);
    core.setI32(layout.EXIT_REASON, layout.EXIT_RESCHEDULE);
    expect(resumeAt(RAM_PHYSICAL)).toBe(0);
    core.run(1);
    expect(resumeAt(RAM_PHYSICAL)).not.toBe(0);
    expect(core.budget).toBe(1);
  });

  it('gives each halfword of a page its slot, all undecoded, with an end behind', () => {
    const first = resumeAt(RAM_PHYSICAL);
    for (let offset = 0; offset < 4096; offset += 2) {
      const slot = resumeAt(RAM_PHYSICAL + BigInt(offset));
      expect(slot).toBe(first + (offset / 2) * layout.SLOT_SIZE);
      expect(op(slot)).toBe(layout.OP_UNDECODED);
      expect(pcOf(slot)).toBe(RAM_PHYSICAL + BigInt(offset));
    }
    expect(op(first + 2048 * layout.SLOT_SIZE)).toBe(layout.OP_PAGE_END);
    expect(core.frameFlags(RAM_PHYSICAL)).toBe(layout.FRAME_CODE_CACHED);
  });

  it('finds one code page for all aliases of a frame, and knows the pc of each', () => {
    const tables = new Tables(core, 3);
    const high = 0xffff_ffc0_0000_0000n;
    tables.map(VA, ONE, R | X);
    tables.map(high, ONE, X);
    core.setCsr(csr.satp, tables.satp());
    core.setMode(S);
    const slot = resumeAt(VA + 0x10n);
    expect(pcOf(slot)).toBe(VA + 0x10n);
    expect(resumeAt(high + 0x10n)).toBe(slot);
    expect(pcOf(slot)).toBe(high + 0x10n);
    expect(core.read(tables.pteAddress(high)) & A).toBe(A);
  });

  it('raises a fetch fault at its pc, which takes a step, and goes on in the handler', () => {
    core.setCsr(csr.mtvec, RAM_PHYSICAL + 0x2000n);
    const tables = new Tables(core, 3);
    tables.map(VA, ONE, R | X | USER);
    core.setCsr(csr.satp, tables.satp());
    for (const [mode, pc, cause] of [
      [S, VA, 12n],
      [U, NEXT, 12n],
      [M, VA, 1n],
    ] as const) {
      core.run(10);
      core.setMode(mode);
      const slot = resumeAt(pc);
      expect(pcOf(slot)).toBe(RAM_PHYSICAL + 0x2000n);
      expect(trapped()).toEqual([cause, pc, pc]);
      expect(core.budget).toBe(9);
    }
    core.setMode(U);
    expect(pcOf(resumeAt(VA))).toBe(VA);
  });

  it('ends in a loop of faults', () => {
    core.setCsr(csr.mtvec, 0n);
    core.run(25);
    expect(resumeAt(0n)).toBe(0);
    expect(core.budget).toBe(0);
    expect(core.exit).toBe(layout.EXIT_NONE);
  });

  it('stops at a fetch fault that the host filters', () => {
    core.setU64(layout.TRAP_FILTER, 1n << 1n);
    expect(resumeAt(0x4000n)).toBe(0);
    expect(core.exit).toBe(layout.EXIT_STOP);
    expect(core.pc()).toBe(0x4000n);
    expect(core.events).toMatchObject([
      { name: 'trap', pc: 0x4000n, address: 0x4000n, kind: layout.ACCESS_FETCH, cause: 1n },
    ]);
  });
});

describe('code pages', () => {
  it('are reused in turn, and no hart finds the old code', () => {
    const page = (n: number): bigint => RAM_PHYSICAL + BigInt(n) * 0x1000n;
    const first = resumeAt(page(0));
    expect(resumeAt(page(0), hartBlock(1))).toBe(first);
    decodeAs(first, DECODED);
    for (let n = 1; n < layout.CODE_PAGES; n++) resumeAt(page(n));
    expect(resumeAt(page(0))).toBe(first);
    expect(op(first)).toBe(DECODED);
    expect(resumeAt(page(layout.CODE_PAGES))).toBe(first);
    expect(op(first)).toBe(layout.OP_UNDECODED);
    expect(core.frameFlags(page(0))).toBe(0);
    for (const block of [hart, hartBlock(1)]) {
      const slot = resumeAt(page(0), block);
      expect(slot).toBe(first + layout.CODE_PAGE_STRIDE);
    }
  });

  it('take the frame out of every fast store, by whatever alias and hart', () => {
    const store = (va: bigint, block: number): void => {
      core.exports.storeSlow(block, core.slotAt(RAM_PHYSICAL, { hart: block }), signed(va), 0x9002n, 2);
    };
    const tables = new Tables(core, 3);
    tables.map(VA, ONE, R | W);
    core.setCsr(csr.satp, tables.satp(), hartBlock(1));
    core.setMode(S, {}, hartBlock(1));
    store(VA + 6n, hartBlock(1)); // a fast entry for the alias
    store(ONE + 6n, hart);
    const slot = resumeAt(ONE + 6n);
    for (const write of [(): void => store(VA + 6n, hartBlock(1)), (): void => store(ONE + 6n, hart)]) {
      decodeAs(slot, DECODED);
      write();
      expect(op(slot)).toBe(layout.OP_UNDECODED);
    }
  });

  for (const [offset, size, touched] of [
    [0n, 1, [0]],
    [4n, 4, [1, 2, 3]],
    [5n, 1, [1, 2]],
    [6n, 2, [2, 3]],
    [0xff8n, 8, [2043, 2044, 2045, 2046, 2047]],
  ] as const) {
    it(`lose slots ${touched.join(' ')} to a store of ${size} at ${offset}`, () => {
      const first = resumeAt(ONE);
      const slots = Array.from({ length: 2048 }, (_, i) => first + i * layout.SLOT_SIZE);
      for (const slot of slots) decodeAs(slot, DECODED);
      core.exports.storeSlow(hart, core.slotAt(RAM_PHYSICAL), signed(ONE + offset), 0n, size);
      const lost = slots.flatMap((slot, i) => (op(slot) === layout.OP_UNDECODED ? [i] : []));
      expect(lost).toEqual(touched);
      expect(op(first + 2048 * layout.SLOT_SIZE)).toBe(layout.OP_PAGE_END);
    });
  }

  it('keep breakpoints under stores, and drop everything when told to', () => {
    const slot = resumeAt(ONE);
    decodeAs(slot, layout.OP_BREAK, DECODED);
    core.exports.storeSlow(hart, core.slotAt(RAM_PHYSICAL), signed(ONE), 0n, 2);
    expect([op(slot), op(slot, layout.SLOT_REAL_OP)]).toEqual([layout.OP_BREAK, layout.OP_UNDECODED]);
    core.exports.dropCode(Number((ONE - RAM_PHYSICAL) >> 12n));
    expect([op(slot), op(slot, layout.SLOT_REAL_OP)]).toEqual([layout.OP_UNDECODED, layout.OP_UNDECODED]);
    expect(op(slot + 2048 * layout.SLOT_SIZE)).toBe(layout.OP_PAGE_END);
  });

  it('are all forgotten with a replaced memory', () => {
    const slot = resumeAt(ONE);
    decodeAs(slot, DECODED);
    core.exports.dropAll();
    expect(core.frameFlags(ONE)).toBe(0);
    expect(resumeAt(TWO)).toBe(slot);
    expect(op(slot)).toBe(layout.OP_UNDECODED);
  });
});

describe('an instruction across pages', () => {
  let tables: Tables;
  beforeEach(() => {
    tables = new Tables(core, 3);
    tables.map(VA, ONE, X);
    core.setCsr(csr.satp, tables.satp());
    core.setMode(S);
    core.write(ONE + 0xffen, 0x0513n, 2);
    core.write(TWO, 0x1234n, 2);
  });

  function cross(): number {
    core.setMode(S);
    return core.exports.crossPage(hart, resumeAt(NEXT - 2n));
  }

  it('is put together from both, wherever the second lies', () => {
    tables.map(NEXT, TWO, X);
    const slot = cross();
    expect(slot).toBe(hart + layout.CROSSING_SLOTS);
    expect([op(slot), core.i32(slot + layout.SLOT_IMM)]).toEqual([DECODED, 0x1234_0513]);
    expect(op(slot + 2 * layout.SLOT_SIZE)).toBe(layout.OP_PAGE_END);
    expect([pcOf(slot), pcOf(slot + 2 * layout.SLOT_SIZE)]).toEqual([NEXT - 2n, NEXT + 2n]);
    expect(core.read(tables.pteAddress(NEXT)) & A).toBe(A);
  });

  it('is decoded again when either half changes', () => {
    tables.map(NEXT, TWO, X);
    cross();
    core.write(TWO, 0x4321n, 2);
    expect(core.i32(cross() + layout.SLOT_IMM)).toBe(0x4321_0513);
    core.write(ONE + 0xffen, 0x0593n, 2);
    expect(core.i32(cross() + layout.SLOT_IMM)).toBe(0x4321_0593);
  });

  it('faults on its second page with that page’s address', () => {
    expect(cross()).toBe(0);
    expect(trapped()).toEqual([12n, NEXT, NEXT - 2n]);
    expect(core.budget).toBe(999);
  });

  it('is illegal with all of its bits', () => {
    tables.map(NEXT, TWO, X);
    core.exports.illegal(hart, cross());
    expect(trapped()).toEqual([2n, 0x1234_0513n, NEXT - 2n]);
  });
});
