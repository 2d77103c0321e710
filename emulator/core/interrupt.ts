/** Interrupts: what is pending, what is enabled, what comes first (privileged spec, "Machine Interrupt Registers"). */
import { INTERRUPT_LINES, MIDELEG, MIE, MIP, MSTATUS } from '../layout';
import { M, MIE_BIT, S, SIE, privilege } from './hart';
import { take } from './trap';

export const SSIP: u64 = 1 << 1;
export const MSIP: u64 = 1 << 3;
export const STIP: u64 = 1 << 5;
export const MTIP: u64 = 1 << 7;
export const SEIP: u64 = 1 << 9;
export const MEIP: u64 = 1 << 11;

/** mip as it reads. SEIP is the OR of the PLIC's wire and of what M-mode software set. */
export function readMip(hart: usize): u64 {
  return load<u64>(hart, MIP) | load<u64>(hart, INTERRUPT_LINES);
}

/** mip & mie. */
export function pendingInterrupts(hart: usize): u32 {
  return <u32>(readMip(hart) & load<u64>(hart, MIE));
}

/** The pending interrupts that would trap now. Those for M-mode come first, as a whole. */
export function takeableInterrupts(hart: usize): u64 {
  const pending: u64 = pendingInterrupts(hart);
  if (!pending) return 0;
  const mode = privilege(hart);
  const mstatus = load<u64>(hart, MSTATUS);
  const delegated = load<u64>(hart, MIDELEG);
  if (mode != M || mstatus & MIE_BIT) {
    const toM = pending & ~delegated;
    if (toM) return toM;
  }
  return mode < S || (mode == S && mstatus & SIE) ? pending & delegated : 0;
}

/** Takes the first interrupt that may be taken (or stops at it). False if there is none. */
export function takeInterrupt(hart: usize): bool {
  const takeable = takeableInterrupts(hart);
  if (!takeable) return false;
  take(hart, first(takeable), 0, true);
  return true;
}

function first(interrupts: u64): i32 {
  if (interrupts & MEIP) return 11;
  if (interrupts & MSIP) return 3;
  if (interrupts & MTIP) return 7;
  if (interrupts & SEIP) return 9;
  if (interrupts & SSIP) return 1;
  return 5;
}

export function setInterruptLines(hart: usize, mask: u32, levels: u32): void {
  store<u64>(hart, (load<u64>(hart, INTERRUPT_LINES) & ~(<u64>mask)) | (mask & levels), INTERRUPT_LINES);
}

export function setSoftwarePending(hart: usize, mask: u32, levels: u32): void {
  store<u64>(hart, (load<u64>(hart, MIP) & ~(<u64>mask)) | (mask & levels), MIP);
}
