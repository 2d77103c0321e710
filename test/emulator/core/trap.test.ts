import { beforeEach, describe, expect, it } from 'vitest';
import * as layout from '../../../emulator/layout.ts';
import { CoreUnderTest, M, MSTATUS, PC, type Privilege, RAM_PHYSICAL, S, U, csr, hartBlock } from './core.ts';

const hart = hartBlock(0);
const MTVEC = 0x8000_2000n;
const STVEC = 0x8000_3000n;

let core: CoreUnderTest;
beforeEach(async () => {
  core = await CoreUnderTest.create();
  core.openPmp();
  core.setCsr(csr.mtvec, MTVEC);
  core.setCsr(csr.stvec, STVEC);
});

function privilege(): number {
  return core.i32(hart + layout.PRIVILEGE);
}

function status(...fields: readonly (keyof typeof MSTATUS)[]): bigint {
  return fields.reduce((value, field) => value | MSTATUS[field], 0n);
}

const FIELDS = status('SIE', 'MIE', 'SPIE', 'MPIE', 'SPP', 'MPP', 'MPRV');

describe('exceptions', () => {
  for (const from of [U, S, M] as const) {
    for (const delegated of [false, true]) {
      const to = delegated && from !== M ? S : M;
      it(`of mode ${from}, ${delegated ? '' : 'not '}delegated, go to ${to}`, () => {
        for (const cause of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 15]) {
          core.setCsr(csr.medeleg, delegated ? 1n << BigInt(cause) : 0xffffn & ~(1n << BigInt(cause)));
          core.setCsr(csr.mstatus, status('SIE', 'MIE'));
          core.setMode(from);
          core.setU64(hart + layout.PC, PC);
          core.exports.raise(hart, cause, 0x1234n);
          expect(privilege()).toBe(to);
          expect(core.pc()).toBe(to === M ? MTVEC : STVEC);
          const [epc, code, tval] =
            to === M ? [csr.mepc, csr.mcause, csr.mtval] : [csr.sepc, csr.scause, csr.stval];
          expect([epc, code, tval].map((n) => core.csr(n))).toEqual([PC, BigInt(cause), 0x1234n]);
          expect(core.csr(csr.mstatus) & FIELDS).toBe(
            to === M
              ? status('SIE', 'MPIE') | (BigInt(from) << 11n)
              : status('SPIE', 'MIE') | (from === S ? MSTATUS.SPP : 0n),
          );
        }
      });
    }
  }

  it('go to the base of a vectored table', () => {
    core.setCsr(csr.mtvec, MTVEC | 1n);
    core.exports.raise(hart, 5, 0n);
    expect(core.pc()).toBe(MTVEC);
  });

  for (const [mode, cause] of [
    [U, 8n],
    [S, 9n],
    [M, 11n],
  ] as const) {
    it(`ecall of mode ${mode} has cause ${cause}`, () => {
      core.setMode(mode);
      expect(core.exports.ecall(hart, core.slotAt(PC))).toBe(0);
      expect([csr.mcause, csr.mtval, csr.mepc].map((n) => core.csr(n))).toEqual([cause, 0n, PC]);
      expect(core.budget).toBe(999);
    });
  }

  it('ecall of S stops for built-in firmware, other modes trap', () => {
    core.setI32(layout.BUILTIN_FIRMWARE, 1);
    core.setMode(S);
    core.exports.ecall(hart, core.slotAt(PC));
    expect({ exit: core.exit, pc: core.pc(), budget: core.budget }).toEqual({
      exit: layout.EXIT_SBI,
      pc: PC,
      budget: 1000,
    });
    core.run(1000);
    core.setMode(U);
    core.exports.ecall(hart, core.slotAt(PC));
    expect(core.csr(csr.mcause)).toBe(8n);
  });

  it('ebreak', () => {
    core.exports.ebreak(hart, core.slotAt(PC));
    expect([csr.mcause, csr.mtval, csr.mepc].map((n) => core.csr(n))).toEqual([3n, 0n, PC]);
  });

  for (const [name, bytes, value] of [
    ['2', 0xffff_0000n, 0n],
    ['2', 0xffff_9002n, 0x9002n],
    ['4', 0xffff_ffffn, 0xffff_ffffn],
  ] as const) {
    it(`an illegal instruction of ${name} bytes leaves its bits ${value.toString(16)}`, () => {
      core.write(RAM_PHYSICAL + 0x1008n, bytes, 4);
      core.setU64(hart + layout.PC, RAM_PHYSICAL + 0x1008n);
      core.exports.illegal(hart, core.exports.resume(hart));
      expect([csr.mcause, csr.mtval, csr.mepc].map((n) => core.csr(n))).toEqual([
        2n,
        value,
        RAM_PHYSICAL + 0x1008n,
      ]);
    });
  }

  it('that the host filters may stop, and change nothing', () => {
    core.setU64(layout.TRAP_FILTER, 1n << 3n);
    core.setMode(S);
    const before = core.csr(csr.mstatus);
    core.exports.ebreak(hart, core.slotAt(PC));
    expect(core.events).toMatchObject([{ name: 'trap', pc: PC, cause: 3n, trapValue: 0n, size: 0 }]);
    expect({
      exit: core.exit,
      budget: core.budget,
      mode: privilege(),
      mstatus: core.csr(csr.mstatus),
    }).toEqual({
      exit: layout.EXIT_STOP,
      budget: 1000,
      mode: S,
      mstatus: before,
    });
  });
});

describe('interrupts', () => {
  const [SSI, MSI, STI, MTI, SEI, MEI] = [1, 3, 5, 7, 9, 11];
  const wires = 0x888;

  /** Makes these pending and enabled, resumes at PC; what was taken and where, or undefined. */
  function resume(
    pending: readonly number[],
    options: { from: Privilege; delegated?: readonly number[]; mstatus?: bigint; enabled?: bigint },
  ): { cause: number; mode: number } | undefined {
    const mask = (causes: readonly number[]): number =>
      causes.reduce((bits, cause) => bits | (1 << cause), 0);
    core.run(1);
    core.setCsr(csr.mstatus, options.mstatus ?? 0n);
    core.setCsr(csr.mie, options.enabled ?? 0xfffn);
    core.setCsr(csr.mideleg, BigInt(mask(options.delegated ?? [])));
    core.exports.setInterruptLines(hart, wires, mask(pending) & wires);
    core.exports.setSoftwarePending(hart, 0x222, mask(pending) & 0x222);
    core.setMode(options.from);
    core.setU64(hart + layout.PC, PC);
    const slot = core.exports.resume(hart);
    if (slot !== 0) {
      expect(core.budget).toBe(1);
      return undefined;
    }
    expect(core.budget).toBe(0);
    const mode = privilege();
    const cause = core.csr(mode === M ? csr.mcause : csr.scause);
    expect(cause >> 63n).toBe(1n);
    expect(core.csr(mode === M ? csr.mepc : csr.sepc)).toBe(PC);
    expect(core.csr(mode === M ? csr.mtval : csr.stval)).toBe(0n);
    return { cause: Number(cause & 0xffn), mode };
  }

  it('come in the order MEI MSI MTI SEI SSI STI', () => {
    const order = [MEI, MSI, MTI, SEI, SSI, STI];
    for (let i = 0; i < order.length; i++) {
      expect(resume(order.slice(i), { from: U })).toEqual({ cause: order[i], mode: M });
      expect(resume(order.slice(i).reverse(), { from: S })).toEqual({ cause: order[i], mode: M });
    }
  });

  it('for M come before those for S, whatever their order', () => {
    expect(resume([SEI, SSI], { from: U, delegated: [SEI] })).toEqual({ cause: SSI, mode: M });
    expect(resume([SEI, SSI], { from: U, delegated: [SEI, SSI] })).toEqual({ cause: SEI, mode: S });
  });

  for (const [from, mstatus, delegated, taken] of [
    [M, 0n, false, false],
    [M, MSTATUS.MIE, false, true],
    [M, MSTATUS.MIE, true, false],
    [M, MSTATUS.MIE | MSTATUS.SIE, true, false],
    [S, 0n, false, true],
    [S, 0n, true, false],
    [S, MSTATUS.SIE, true, true],
    [S, MSTATUS.MIE, true, false],
    [U, 0n, false, true],
    [U, 0n, true, true],
  ] as const) {
    it(`in mode ${from} with mstatus ${mstatus.toString(16)}, ${delegated ? '' : 'not '}delegated: ${taken ? '' : 'not '}taken`, () => {
      const outcome = resume([STI], { from, mstatus, delegated: delegated ? [STI] : [] });
      expect(outcome).toEqual(taken ? { cause: STI, mode: delegated ? S : M } : undefined);
    });
  }

  it('need their bit in mie', () => {
    expect(resume([MTI, STI], { from: U, enabled: 0x20n })).toEqual({ cause: STI, mode: M });
    expect(resume([MTI], { from: U, enabled: 0x20n })).toBeUndefined();
  });

  it('are vectored if the table is', () => {
    core.setCsr(csr.mtvec, MTVEC | 1n);
    resume([MTI], { from: S });
    expect(core.pc()).toBe(MTVEC + 4n * 7n);
    core.setCsr(csr.stvec, STVEC | 1n);
    resume([SEI], { from: U, delegated: [SEI] });
    expect(core.pc()).toBe(STVEC + 4n * 9n);
  });

  it('that the host filters may stop', () => {
    core.setU64(layout.INTERRUPT_FILTER, 1n << 7n);
    core.setCsr(csr.mie, 0x80n);
    core.exports.setInterruptLines(hart, 0x80, 0x80);
    core.setMode(U);
    core.setU64(hart + layout.PC, PC);
    core.run(5);
    expect(core.exports.resume(hart)).toBe(0);
    expect({ exit: core.exit, budget: core.budget, pc: core.pc() }).toEqual({
      exit: layout.EXIT_STOP,
      budget: 5,
      pc: PC,
    });
    expect(core.u64(layout.TRAP_IS_INTERRUPT)).toBe(1n);
    core.stopAtTrap = false;
    core.run(1);
    core.exports.resume(hart);
    expect(core.csr(csr.mcause)).toBe((1n << 63n) | 7n);
  });
});

describe('returns', () => {
  it('mret goes to MPP, clears MPRV for less than M', () => {
    for (const to of [U, S, M] as const) {
      core.run(10);
      core.setMode(M);
      core.setCsr(csr.mstatus, status('MPIE', 'MPRV', 'SIE') | (BigInt(to) << 11n));
      core.setCsr(csr.mepc, 0x8000_5001n);
      expect(core.exports.mret(hart, core.slotAt(PC))).toBe(0);
      expect({ mode: privilege(), pc: core.pc(), budget: core.budget }).toEqual({
        mode: to,
        pc: 0x8000_5000n,
        budget: 9,
      });
      expect(core.csr(csr.mstatus) & FIELDS).toBe(
        status('MIE', 'MPIE', 'SIE') | (to === M ? MSTATUS.MPRV : 0n),
      );
    }
  });

  it('sret goes to SPP', () => {
    for (const [from, to] of [
      [S, U],
      [S, S],
      [M, S],
    ] as const) {
      core.setCsr(csr.mstatus, status('SPIE', 'MPRV') | (to === S ? MSTATUS.SPP : 0n));
      core.setMode(from);
      core.setCsr(csr.sepc, 0x8000_5002n);
      expect(core.exports.sret(hart, core.slotAt(PC))).toBe(0);
      expect({ mode: privilege(), pc: core.pc() }).toEqual({ mode: to, pc: 0x8000_5002n });
      expect(core.csr(csr.mstatus) & FIELDS).toBe(status('SIE', 'SPIE'));
    }
  });

  type Instruction = 'mret' | 'sret' | 'wfi' | 'sfence';
  const legal: readonly [Instruction, Privilege, keyof typeof MSTATUS | undefined, boolean][] = [
    ['mret', M, undefined, true],
    ['mret', S, undefined, false],
    ['mret', U, undefined, false],
    ['sret', M, 'TSR', true],
    ['sret', S, undefined, true],
    ['sret', S, 'TSR', false],
    ['sret', U, undefined, false],
    ['wfi', M, 'TW', true],
    ['wfi', S, undefined, true],
    ['wfi', S, 'TW', false],
    ['wfi', U, undefined, false],
    ['sfence', M, 'TVM', true],
    ['sfence', S, undefined, true],
    ['sfence', S, 'TVM', false],
    ['sfence', U, undefined, false],
  ];
  for (const [instruction, mode, field, isLegal] of legal) {
    it(`${instruction} in mode ${mode} ${field ? `with ${field} ` : ''}is ${isLegal ? '' : 'il'}legal`, () => {
      core.setCsr(csr.mstatus, field ? MSTATUS[field] : 0n);
      core.write(PC, 0x1050_0073n, 4);
      core.setU64(hart + layout.PC, PC);
      core.exports.setPrivilege(hart, M);
      const slot = core.exports.resume(hart);
      core.view.setUint8(slot + layout.SLOT_LENGTH, 4);
      core.setMode(mode);
      core.setU64(hart + layout.MCAUSE, 0n);
      if (instruction === 'sfence') core.exports.sfenceVma(hart, slot, 0n, 0n, 0, 0);
      else core.exports[instruction](hart, slot);
      expect(core.csr(csr.mcause)).toBe(isLegal ? 0n : 2n);
      if (!isLegal) expect([core.csr(csr.mtval), core.csr(csr.mepc)]).toEqual([0x1050_0073n, PC]);
    });
  }
});

describe('wfi', () => {
  it('waits where nothing is pending, though it is complete', () => {
    expect(core.exports.wfi(hart, core.slotAt(PC))).toBe(0);
    expect({
      pc: core.pc(),
      budget: core.budget,
      exit: core.exit,
      state: core.i32(hart + layout.RUN_STATE),
    }).toEqual({
      pc: PC + 4n,
      budget: 999,
      exit: layout.EXIT_WAIT,
      state: layout.RUN_WAITING,
    });
  });

  it('goes on where something is pending in mie, enabled or not', () => {
    core.setCsr(csr.mie, 0x80n);
    core.exports.setInterruptLines(hart, 0x88, 0x08);
    expect(core.exports.pendingInterrupts(hart)).toBe(0);
    core.exports.setInterruptLines(hart, 0x80, 0x80);
    expect(core.exports.pendingInterrupts(hart)).toBe(0x80);
    expect(core.exports.wfi(hart, core.slotAt(PC))).toBe(1);
  });
});
