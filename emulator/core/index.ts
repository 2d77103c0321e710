/**
 * The core of the machine: all that is an algorithm rather than an instruction. `CoreExports` in
 * ../core-interface.ts describes each function; ../layout.ts the memory they work on.
 *
 * Invariant: nothing here is remembered outside that memory. Module variables hold results within one instruction.
 */
import {
  BUDGET,
  EXIT_NONE,
  EXIT_REASON,
  HARTS,
  HART_ID,
  HART_STRIDE,
  MSTATUS,
  RUN_STATE,
  RUN_STOPPED,
  STIMECMP,
} from '../layout';
import { fetch } from './code';
import { MSTATUS_AT_RESET, hasCsr, writeCsr as writeExistingCsr } from './csr';
import { resetEnvironment } from './envcfg';
import { M, setPrivilege } from './hart';
import { takeInterrupt } from './interrupt';
import { pmpChanged } from './pmp';
import { flushTlb } from './tlb';
import { clearReservation, deliver } from './trap';

export { amoRead, amoWrite, lr, sc } from './atomics';
export { cacheBlock } from './cacheblock';
export { crossPage, dropAll, dropCode } from './code';
export { hasCsr, readCsr } from './csr';
export {
  floatAdd,
  floatClass,
  floatDivide,
  floatEqual,
  floatLess,
  floatLessOrEqual,
  floatMaximum,
  floatMinimum,
  floatMultiply,
  floatMultiplyAdd,
  floatNarrow,
  floatSquareRoot,
  floatToInteger,
  floatWiden,
  integerToFloat,
} from './float';
export { modeChanged, setPrivilege } from './hart';
export { pendingInterrupts, setInterruptLines, setSoftwarePending } from './interrupt';
export { loadSlow, storeSlow } from './memory';
export {
  csrOp,
  ebreak,
  ecall,
  fenceI,
  fenceInvalidation,
  illegal,
  mret,
  sfenceVma,
  sret,
  wfi,
} from './system';
export { fence, flushFast, flushFastAll, flushFrame, lookup as tlbLookup } from './tlb';
export { pmpAllows } from './pmp';
export { probe } from './translate';

const NEVER: u64 = u64.MAX_VALUE;

/** Where the interpreter goes on at HART.PC; interrupts are looked at here and nowhere else. */
export function resume(hart: usize): usize {
  while (load<i32>(EXIT_REASON) == EXIT_NONE && load<i32>(BUDGET) > 0) {
    if (takeInterrupt(hart)) continue;
    const slot = fetch(hart);
    if (slot) return slot;
  }
  return 0;
}

/** Power on; the caller sets pc and the registers that its boot protocol wants. */
export function reset(hart: usize): void {
  memory.fill(hart, 0, HART_STRIDE);
  store<usize>(hart, (hart - HARTS) / HART_STRIDE, HART_ID);
  store<i32>(hart, RUN_STOPPED, RUN_STATE);
  store<u64>(hart, MSTATUS_AT_RESET, MSTATUS);
  resetEnvironment(hart);
  store<u64>(hart, NEVER, STIMECMP);
  clearReservation(hart);
  flushTlb(hart);
  pmpChanged(hart);
  setPrivilege(hart, M);
}

export function writeCsr(hart: usize, csr: i32, value: u64): i32 {
  if (!hasCsr(csr) || csr >> 10 == 3) return 0;
  writeExistingCsr(hart, csr, value);
  return 1;
}

export function raise(hart: usize, cause: i32, value: u64): void {
  deliver(hart, cause, value, false);
}
