/** Taking traps (privileged spec, "Trap Delegation", "Trap-Vector Base-Address", "Privilege and Global Interrupt-Enable Stack"). */
import {
  ACCESS_SIZE,
  BUDGET,
  MCAUSE,
  MEDELEG,
  MEPC,
  MIDELEG,
  MSTATUS,
  MTVAL,
  MTVEC,
  PC,
  RESERVATION,
  RETIRED,
  SCAUSE,
  SEPC,
  STVAL,
  STVEC,
  TRAP_CAUSE,
  TRAP_FILTER,
  INTERRUPT_FILTER,
  TRAP_IS_INTERRUPT,
  TRAP_VALUE,
} from '../layout';
import {
  M,
  MIE_BIT,
  MPIE,
  MPP,
  MPP_SHIFT,
  MPRV,
  S,
  SIE,
  SPIE,
  SPP,
  U,
  privilege,
  setPrivilege,
  stop,
} from './hart';
import { trap } from './host';

export const FETCH_ACCESS_FAULT = 1;
export const ILLEGAL_INSTRUCTION = 2;
export const BREAKPOINT = 3;
export const LOAD_MISALIGNED = 4;
export const LOAD_ACCESS_FAULT = 5;
export const STORE_MISALIGNED = 6;
export const STORE_ACCESS_FAULT = 7;
export const ECALL_FROM_U = 8;
export const FETCH_PAGE_FAULT = 12;
export const LOAD_PAGE_FAULT = 13;
export const STORE_PAGE_FAULT = 15;

const INTERRUPT: u64 = 1 << 63;
const VECTORED: u64 = 1;
const NO_RESERVATION: u64 = u64.MAX_VALUE;

/** An exception that is no memory access, at HART.PC. Always 0: redirected. */
export function except(hart: usize, cause: i32, value: u64): i32 {
  store<i32>(ACCESS_SIZE, 0);
  return exceptAccess(hart, cause, value);
}

/** The same for an access, which ACCESS_* describes if `filtered`. */
export function exceptAccess(hart: usize, cause: i32, value: u64): i32 {
  take(hart, cause, value, false);
  return 0;
}

/** The host wants to see this exception before it is delivered. */
export function filtered(cause: i32): bool {
  return ((load<u64>(TRAP_FILTER) >> cause) & 1) != 0;
}

/** Stops if the host wants it; otherwise traps, which takes a step. */
export function take(hart: usize, cause: i32, value: u64, interrupt: bool): void {
  if ((load<u64>(interrupt ? INTERRUPT_FILTER : TRAP_FILTER) >> cause) & 1) {
    store<i64>(TRAP_CAUSE, cause);
    store<u64>(TRAP_VALUE, value);
    store<i64>(TRAP_IS_INTERRUPT, interrupt ? 1 : 0);
    if (trap(hart)) return stop();
  }
  deliver(hart, cause, value, interrupt);
  store<i32>(BUDGET, load<i32>(BUDGET) - 1);
  store<u64>(hart, load<u64>(hart, RETIRED) - 1, RETIRED); // a step, but no instruction
}

/** Enters the handler in S or M. */
export function deliver(hart: usize, cause: i32, value: u64, interrupt: bool): void {
  const from = privilege(hart);
  const mstatus = load<u64>(hart, MSTATUS);
  const delegated = interrupt ? load<u64>(hart, MIDELEG) : load<u64>(hart, MEDELEG);
  const code = (<u64>cause) | (interrupt ? INTERRUPT : 0);
  const pc = load<u64>(hart, PC);
  let vector: u64;
  if (from != M && (delegated >> cause) & 1) {
    store<u64>(hart, pc, SEPC);
    store<u64>(hart, code, SCAUSE);
    store<u64>(hart, value, STVAL);
    store<u64>(
      hart,
      (mstatus & ~(SIE | SPIE | SPP)) | (mstatus & SIE ? SPIE : 0) | (from == S ? SPP : 0),
      MSTATUS,
    );
    vector = load<u64>(hart, STVEC);
    setPrivilege(hart, S);
  } else {
    store<u64>(hart, pc, MEPC);
    store<u64>(hart, code, MCAUSE);
    store<u64>(hart, value, MTVAL);
    store<u64>(
      hart,
      (mstatus & ~(MIE_BIT | MPIE | MPP)) | (mstatus & MIE_BIT ? MPIE : 0) | ((<u64>from) << MPP_SHIFT),
      MSTATUS,
    );
    vector = load<u64>(hart, MTVEC);
    setPrivilege(hart, M);
  }
  store<u64>(hart, (vector & ~3) + (interrupt && vector & VECTORED ? <u64>cause * 4 : 0), PC);
  clearReservation(hart);
}

/** MRET and SRET: pops the stack that `deliver` pushed; the caller sets the pc. */
export function leave(hart: usize, handler: i32): void {
  let mstatus = load<u64>(hart, MSTATUS);
  let to: i32;
  if (handler == M) {
    to = <i32>((mstatus & MPP) >> MPP_SHIFT);
    mstatus = (mstatus & ~(MIE_BIT | MPP)) | (mstatus & MPIE ? MIE_BIT : 0) | MPIE;
  } else {
    to = mstatus & SPP ? S : U;
    mstatus = (mstatus & ~(SIE | SPP)) | (mstatus & SPIE ? SIE : 0) | SPIE;
  }
  store<u64>(hart, to == M ? mstatus : mstatus & ~MPRV, MSTATUS);
  setPrivilege(hart, to);
  clearReservation(hart);
}

export function clearReservation(hart: usize): void {
  store<u64>(hart, NO_RESERVATION, RESERVATION);
}
