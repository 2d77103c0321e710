/** SYSTEM and MISC-MEM instructions, for the interpreter: non-zero = go on inline, 0 = redirected. */
import {
  BUILTIN_FIRMWARE,
  DATA_TLB,
  EXIT_NONE,
  EXIT_REASON,
  EXIT_SBI,
  EXIT_WAIT,
  MEPC,
  MSTATUS,
  RUN_STATE,
  RUN_WAITING,
  SEPC,
  SLOT_IMM,
  SLOT_RD,
  X,
} from '../layout';
import { rawBits } from './code';
import { Csr, accessible, modifiable, readCsr, trapsVirtualMemory, writeCsr } from './csr';
import { M, S, TSR, TW, U, complete, completeAt, enter, privilege } from './hart';
import { tlbFlushed } from './host';
import { pendingInterrupts, takeableInterrupts } from './interrupt';
import { fence } from './tlb';
import { BREAKPOINT, ECALL_FROM_U, ILLEGAL_INSTRUCTION, except, leave } from './trap';

const INLINE = 1;
const READ_WRITE = 1;
const READ_SET = 2;

export function illegal(hart: usize, slot: usize): i32 {
  enter(hart, slot);
  return except(hart, ILLEGAL_INSTRUCTION, rawBits(hart, slot));
}

/** CSRRW, CSRRS, CSRRC. Redirected after writes that may change what the next instruction may do. */
export function csrOp(hart: usize, slot: usize, op: i32, operand: u64, writes: i32): i32 {
  const csr = load<i32>(slot, SLOT_IMM) & 0xfff;
  if (!accessible(hart, csr, writes != 0)) return illegal(hart, slot);
  const old = readCsr(hart, csr);
  if (writes) {
    enter(hart, slot);
    const set = load<usize>(hart, DATA_TLB);
    const value =
      op == READ_WRITE
        ? operand
        : op == READ_SET
          ? modifiable(hart, csr) | operand
          : modifiable(hart, csr) & ~operand;
    writeCsr(hart, csr, value);
    store<u64>(hart + load<u16>(slot, SLOT_RD), old, X);
    const stays =
      load<usize>(hart, DATA_TLB) == set && !changesFetches(csr) && load<i32>(EXIT_REASON) == EXIT_NONE;
    if (stays && !takeableInterrupts(hart)) return INLINE;
    complete(hart, slot);
    return 0;
  }
  store<u64>(hart + load<u16>(slot, SLOT_RD), old, X);
  return INLINE;
}

function changesFetches(csr: i32): bool {
  return csr == Csr.satp || csr == Csr.mseccfg || (csr >= Csr.pmpcfg0 && csr < Csr.pmpaddr0 + 16);
}

/** With built-in firmware an ecall from S is the host's to answer and to complete. */
export function ecall(hart: usize, slot: usize): i32 {
  enter(hart, slot);
  if (privilege(hart) == S && load<i32>(BUILTIN_FIRMWARE)) {
    store<i32>(EXIT_REASON, EXIT_SBI);
    return 0;
  }
  return except(hart, ECALL_FROM_U + privilege(hart), 0);
}

export function ebreak(hart: usize, slot: usize): i32 {
  enter(hart, slot);
  return except(hart, BREAKPOINT, 0);
}

export function mret(hart: usize, slot: usize): i32 {
  if (privilege(hart) != M) return illegal(hart, slot);
  leave(hart, M);
  completeAt(hart, load<u64>(hart, MEPC));
  return 0;
}

export function sret(hart: usize, slot: usize): i32 {
  const mode = privilege(hart);
  if (mode == U || (mode == S && load<u64>(hart, MSTATUS) & TSR)) return illegal(hart, slot);
  leave(hart, S);
  completeAt(hart, load<u64>(hart, SEPC));
  return 0;
}

/** "Wait for Interrupt": pending and enabled in mie ends the wait, whatever mstatus says. */
export function wfi(hart: usize, slot: usize): i32 {
  const mode = privilege(hart);
  if (mode == U || (mode == S && load<u64>(hart, MSTATUS) & TW)) return illegal(hart, slot);
  if (pendingInterrupts(hart)) return INLINE;
  enter(hart, slot);
  complete(hart, slot);
  store<i32>(hart, RUN_WAITING, RUN_STATE);
  store<i32>(EXIT_REASON, EXIT_WAIT);
  return 0;
}

export function fenceI(hart: usize, slot: usize): i32 {
  return INLINE;
}

/** SFENCE.W.INVAL and SFENCE.INVAL.IR. */
export function fenceInvalidation(hart: usize, slot: usize): i32 {
  return privilege(hart) == U ? illegal(hart, slot) : INLINE;
}

export function sfenceVma(hart: usize, slot: usize, va: u64, asid: u64, hasVa: i32, hasAsid: i32): i32 {
  if (privilege(hart) == U || trapsVirtualMemory(hart)) return illegal(hart, slot);
  enter(hart, slot);
  fence(hart, hasVa ? va : 0, hasVa ? 1 : u64.MAX_VALUE, asid, hasAsid);
  tlbFlushed(hart);
  complete(hart, slot);
  return 0;
}
