import { beforeEach, describe, expect, it } from 'vitest';
import * as layout from '../../../emulator/layout.ts';
import {
  CoreUnderTest,
  M,
  MSTATUS,
  PC,
  type Privilege,
  RAM_PHYSICAL,
  S,
  U,
  csr,
  hartBlock,
  signed,
} from './core.ts';

const hart = hartBlock(0);
const ONES = 0xffff_ffff_ffff_ffffn;
const RW = 1;
const RS = 2;
const RC = 3;

let core: CoreUnderTest;
beforeEach(async () => {
  core = await CoreUnderTest.create();
});

/** A slot in a real code page, so that an illegal instruction has bits. */
function codeSlot(number: number, { rd = 10, raw = 0x1234_5673 } = {}): number {
  core.write(RAM_PHYSICAL + 0x1000n, BigInt(raw), 4);
  const privilege = core.i32(hart + layout.PRIVILEGE);
  core.exports.setPrivilege(hart, M);
  core.setU64(hart + layout.PC, RAM_PHYSICAL + 0x1000n);
  const filter = core.u64(hart + layout.MIE);
  core.setU64(hart + layout.MIE, 0n);
  const slot = core.exports.resume(hart);
  core.setU64(hart + layout.MIE, filter);
  core.exports.setPrivilege(hart, privilege);
  core.view.setUint16(slot + layout.SLOT_RD, (rd === 0 ? layout.X_SINK : rd) * 8, true);
  core.view.setUint8(slot + layout.SLOT_LENGTH, 4);
  core.setI32(slot + layout.SLOT_IMM, number);
  return slot;
}

function op(number: number, operation: number, operand: bigint, writes = 1): number {
  return core.exports.csrOp(hart, codeSlot(number), operation, signed(operand), writes);
}

describe('WARL fields', () => {
  const RESET_MSTATUS = (2n << 34n) | (2n << 32n);
  const writable =
    MSTATUS.SIE |
    MSTATUS.MIE |
    MSTATUS.SPIE |
    MSTATUS.MPIE |
    MSTATUS.SPP |
    MSTATUS.MPP |
    MSTATUS.MPRV |
    MSTATUS.SUM |
    MSTATUS.MXR |
    MSTATUS.TVM |
    MSTATUS.TW |
    MSTATUS.TSR;
  const sstatus = MSTATUS.SIE | MSTATUS.SPIE | MSTATUS.SPP | MSTATUS.SUM | MSTATUS.MXR;
  for (const [name, number, ones, zero] of [
    ['mstatus', csr.mstatus, writable | RESET_MSTATUS, RESET_MSTATUS],
    ['sstatus', csr.sstatus, sstatus | (2n << 32n), 2n << 32n],
    ['misa', csr.misa, 0x8000_0000_0014_1105n, 0x8000_0000_0014_1105n],
    ['medeleg', csr.medeleg, 0xb3ffn, 0n],
    ['mideleg', csr.mideleg, 0x222n, 0n],
    ['mie', csr.mie, 0xaaan, 0n],
    ['mip', csr.mip, 0x222n, 0n],
    ['mcounteren', csr.mcounteren, 0xffff_ffffn, 0n],
    ['scounteren', csr.scounteren, 0xffff_ffffn, 0n],
    ['mcountinhibit', csr.mcountinhibit, 5n, 0n],
    ['mepc', csr.mepc, ONES - 1n, 0n],
    ['sepc', csr.sepc, ONES - 1n, 0n],
    ['mcause', csr.mcause, ONES, 0n],
    ['scause', csr.scause, ONES, 0n],
    ['mtval', csr.mtval, ONES, 0n],
    ['stval', csr.stval, ONES, 0n],
    ['mscratch', 0x340, ONES, 0n],
    ['sscratch', 0x140, ONES, 0n],
    ['menvcfg', 0x30a, 1n, 0n],
    ['senvcfg', 0x10a, 1n, 0n],
    ['mvendorid', 0xf11, 0n, 0n],
    ['mhpmcounter3', 0xb03, 0n, 0n],
    ['mhpmevent31', 0x33f, 0n, 0n],
    ['tselect', 0x7a0, 0n, 0n],
    ['tdata1', 0x7a1, 0n, 0n],
  ] as const) {
    it(`${name} keeps ${ones.toString(16)} of all ones`, () => {
      core.setCsr(number, ONES);
      expect(core.csr(number)).toBe(ones);
      core.setCsr(number, 0n);
      expect(core.csr(number)).toBe(zero);
    });
  }

  it('sie and sip show and change what is delegated', () => {
    core.setCsr(csr.mie, ONES);
    core.setCsr(csr.mip, 0x222n);
    core.setCsr(csr.mideleg, 0x22n);
    expect([core.csr(csr.sie), core.csr(csr.sip)]).toEqual([0x22n, 0x22n]);
    core.setCsr(csr.sie, 0n);
    core.setCsr(csr.sip, 0n);
    expect([core.csr(csr.mie), core.csr(csr.mip)]).toEqual([0x888n + 0x200n, 0x220n]);
  });

  it('MPP holds U, S and M only', () => {
    for (const [written, read] of [
      [0n, 0n],
      [1n, 1n],
      [2n, 0n],
      [3n, 3n],
    ] as const) {
      core.setCsr(csr.mstatus, written << 11n);
      expect(core.csr(csr.mstatus) & MSTATUS.MPP).toBe(read << 11n);
    }
  });

  for (const [name, number] of [
    ['mtvec', csr.mtvec],
    ['stvec', csr.stvec],
  ] as const) {
    it(`${name} ignores reserved modes`, () => {
      core.setCsr(number, 0x8000_0101n);
      for (const mode of [2n, 3n]) core.setCsr(number, 0x9000_0000n | mode);
      expect(core.csr(number)).toBe(0x8000_0101n);
    });
  }
});

describe('instructions', () => {
  it('swap, set and clear, and give the old value', () => {
    expect(op(0x340, RW, 0xf0n)).toBe(1);
    expect(op(0x340, RS, 0x0fn)).toBe(1);
    expect(core.x(10)).toBe(0xf0n);
    expect(op(0x340, RC, 0x3cn)).toBe(1);
    expect(core.x(10)).toBe(0xffn);
    expect(core.csr(0x340)).toBe(0xc3n);
    core.exports.csrOp(hart, codeSlot(0x340, { rd: 0 }), RW, 1n, 1);
    expect([core.x(0), core.x(layout.X_SINK)]).toEqual([0n, 0xc3n]);
  });

  const everyone = { U: U, S: S, M: M } as const;
  /** Lowest mode that can read, lowest that can write; undefined for nobody. */
  const table: readonly [
    string,
    number,
    keyof typeof everyone | undefined,
    keyof typeof everyone | undefined,
  ][] = [
    ['mstatus', 0x300, 'M', 'M'],
    ['sstatus', 0x100, 'S', 'S'],
    ['satp', 0x180, 'S', 'S'],
    ['mhartid', 0xf14, 'M', undefined],
    ['mconfigptr', 0xf15, 'M', undefined],
    ['cycle', 0xc00, 'U', undefined],
    ['time', 0xc01, 'U', undefined],
    ['hpmcounter31', 0xc1f, 'U', undefined],
    ['mcycle', 0xb00, 'M', 'M'],
    ['pmpcfg0', 0x3a0, 'M', 'M'],
    ['pmpcfg1', 0x3a1, undefined, undefined],
    ['pmpaddr15', 0x3bf, 'M', 'M'],
    ['pmpaddr16', 0x3c0, undefined, undefined],
    ['fcsr', 0x003, undefined, undefined],
    ['mstatush', 0x310, undefined, undefined],
    ['stimecmp', 0x14d, undefined, undefined],
    ['hstatus', 0x600, undefined, undefined],
    ['mtime, which never was', 0xb01, undefined, undefined],
    ['mcountinhibit', 0x320, 'M', 'M'],
    ['mhpmevent2, which never was', 0x322, undefined, undefined],
    ['tdata3', 0x7a3, 'M', 'M'],
    ['tinfo', 0x7a4, undefined, undefined],
    ['mseccfg', 0x747, undefined, undefined],
  ];
  for (const [name, number, reader, writer] of table) {
    it(`${name} is read from ${reader ?? 'nowhere'} and written from ${writer ?? 'nowhere'}`, () => {
      core.setCsr(csr.mcounteren, ONES);
      core.setCsr(csr.scounteren, ONES);
      for (const privilege of [U, S, M] as const) {
        for (const [writes, from] of [
          [0, reader],
          [1, writer],
        ] as const) {
          core.setMode(privilege);
          core.setU64(hart + layout.MCAUSE, 0n);
          op(number, RS, 0n, writes);
          const legal = from !== undefined && privilege >= everyone[from];
          expect(core.csr(csr.mcause), `${privilege} ${writes}`).toBe(legal ? 0n : 2n);
          if (!legal) expect(core.csr(csr.mtval)).toBe(0x1234_5673n);
        }
      }
    });
  }

  it('counters open to S by mcounteren, to U by both', () => {
    const legal = (privilege: Privilege): boolean[] =>
      [0xc00, 0xc01, 0xc02, 0xc03].map((number) => {
        core.setMode(privilege);
        core.setU64(hart + layout.MCAUSE, 0n);
        op(number, RS, 0n, 0);
        return core.csr(csr.mcause) === 0n;
      });
    core.setCsr(csr.mcounteren, 0b1011n);
    core.setCsr(csr.scounteren, 0b0110n);
    expect(legal(M)).toEqual([true, true, true, true]);
    expect(legal(S)).toEqual([true, true, false, true]);
    expect(legal(U)).toEqual([false, true, false, false]);
  });

  it('TVM closes satp to S', () => {
    core.setCsr(csr.mstatus, MSTATUS.TVM);
    core.setMode(S);
    op(0x180, RS, 0n, 0);
    expect(core.csr(csr.mcause)).toBe(2n);
  });

  it('redirect where the next instruction may be another, and only there', () => {
    const outcome = (
      number: number,
      operation: number,
      operand: bigint,
      privilege: Privilege = M,
    ): number => {
      core.setMode(privilege);
      core.run(10);
      const result = op(number, operation, operand);
      const at = { pc: core.pc(), budget: core.budget };
      if (result === 0) expect(at).toEqual({ pc: RAM_PHYSICAL + 0x1004n, budget: 9 });
      return result;
    };
    expect(outcome(csr.satp, RW, 0n)).toBe(0);
    expect(outcome(csr.pmpcfg0, RW, 0n)).toBe(0);
    expect(outcome(csr.pmpaddr0, RW, 0n)).toBe(0);
    expect(outcome(csr.mstatus, RS, MSTATUS.MPRV)).toBe(0); // MPP is U: another data TLB
    expect(outcome(csr.mstatus, RC, MSTATUS.MPRV)).toBe(0);
    expect(outcome(csr.mstatus, RS, MSTATUS.MIE)).toBe(1); // nothing is pending
    expect(outcome(csr.mie, RS, 2n)).toBe(1);
    expect(outcome(csr.mip, RS, 2n)).toBe(0); // now something is
    expect(outcome(csr.mip, RC, 2n)).toBe(1);
    expect(outcome(csr.sstatus, RS, MSTATUS.SUM, S)).toBe(0);
    expect(outcome(csr.sepc, RW, 0n, S)).toBe(1);
  });

  it('do not write the PLIC’s wire back into mip', () => {
    core.exports.setInterruptLines(hart, 0x200, 0x200);
    op(csr.mip, RS, 2n);
    expect(core.x(10)).toBe(0x200n);
    core.exports.setInterruptLines(hart, 0x200, 0);
    expect(core.csr(csr.mip)).toBe(2n);
    op(csr.mip, RW, 0x200n);
    core.exports.setInterruptLines(hart, 0x200, 0x200);
    core.exports.setInterruptLines(hart, 0x200, 0);
    expect(core.csr(csr.mip)).toBe(0x200n);
  });

  it('tell the host of satp', () => {
    op(csr.satp, RW, (8n << 60n) | 0x80000n);
    expect(core.events).toEqual([{ name: 'satpWritten', pc: RAM_PHYSICAL + 0x1000n }]);
    op(csr.satp, RW, 3n << 60n);
    expect(core.events).toHaveLength(1);
  });
});

describe('counters', () => {
  it('count steps, ticks, and instructions without traps', () => {
    core.run(1000, 500n);
    core.setI32(layout.BUDGET, 900); // 100 steps into the run
    core.setU64(layout.IDLE_STEPS, 4400n);
    core.setU64(hart + layout.RETIRED, 77n);
    expect([0xc00, 0xc01, 0xc02].map((n) => core.csr(n))).toEqual([5000n, 500n, 177n]);
    core.exports.ebreak(hart, core.slotAt(PC));
    expect([csr.mcycle, csr.minstret].map((n) => core.csr(n))).toEqual([5001n, 177n]);
  });

  for (const number of [csr.mcycle, csr.minstret]) {
    it(`${number.toString(16)} reads in the next instruction what was written, and stands still if inhibited`, () => {
      core.run(100);
      expect(op(number, RW, 1000n)).toBe(1);
      core.setI32(layout.BUDGET, 99);
      expect(core.csr(number)).toBe(1000n);
      core.setI32(layout.BUDGET, 90);
      expect(core.csr(number)).toBe(1009n);
      op(csr.mcountinhibit, RW, 5n);
      core.setI32(layout.BUDGET, 50);
      expect(core.csr(number)).toBe(1009n);
      op(number, RW, 2000n);
      op(csr.mcountinhibit, RW, 0n);
      core.setI32(layout.BUDGET, 49);
      expect(core.csr(number)).toBe(2000n);
      core.setI32(layout.BUDGET, 39);
      expect(core.csr(number)).toBe(2010n);
    });
  }
});
