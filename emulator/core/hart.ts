/** A hart's privilege, its place in the program, and the fast TLBs that go with its mode. */
import {
  BUDGET,
  DATA_TLB,
  END_STEP,
  EXIT_REASON,
  EXIT_STOP,
  FAST_SET_M,
  FAST_SET_S,
  FAST_SET_SIZE,
  FAST_SET_S_SUM,
  FAST_SET_U,
  FAST_TLBS,
  FETCH_TLB,
  HARTS,
  HART_COUNT,
  HART_STRIDE,
  MSTATUS,
  PC,
  PC_BASE,
  PRIVILEGE,
  SLOT_LENGTH,
  SLOT_PC_SHIFT,
} from '../layout';

export const U = 0;
export const S = 1;
export const M = 3;

/*
 * mstatus (privileged spec, "Machine Status Registers"); VS and XS are zero, SD is 1 if FS is Dirty.
 *   63 SD | 35..34 SXL | 33..32 UXL | 22 TSR | 21 TW | 20 TVM | 19 MXR | 18 SUM | 17 MPRV
 *   14..13 FS (0 Off, 1 Initial, 2 Clean, 3 Dirty) | 12..11 MPP | 8 SPP | 7 MPIE | 5 SPIE | 3 MIE | 1 SIE
 */
export const SIE: u64 = 1 << 1;
export const MIE_BIT: u64 = 1 << 3;
export const SPIE: u64 = 1 << 5;
export const MPIE: u64 = 1 << 7;
export const SPP: u64 = 1 << 8;
export const MPP: u64 = 3 << 11;
export const MPP_SHIFT: u64 = 11;
export const FS: u64 = 3 << 13;
export const MPRV: u64 = 1 << 17;
export const SUM: u64 = 1 << 18;
export const MXR: u64 = 1 << 19;
export const TVM: u64 = 1 << 20;
export const TW: u64 = 1 << 21;
export const TSR: u64 = 1 << 22;
export const UXL_64: u64 = 2 << 32;
export const SXL_64: u64 = 2 << 34;
export const SD: u64 = 1 << 63;

/** Address behind the last hart's block. */
export function hartsEnd(): usize {
  return <usize>HARTS + load<usize>(HART_COUNT) * HART_STRIDE;
}

export function privilege(hart: usize): i32 {
  return load<i32>(hart, PRIVILEGE);
}

/** The privilege that loads and stores have: MPRV lends M-mode that of MPP. */
export function dataPrivilege(hart: usize): i32 {
  const mstatus = load<u64>(hart, MSTATUS);
  return privilege(hart) == M && mstatus & MPRV ? <i32>((mstatus & MPP) >> MPP_SHIFT) : privilege(hart);
}

/** Floating-point state differs from what was saved last: fcsr or a register was written. */
export function markFloatDirty(hart: usize): void {
  store<u64>(hart, load<u64>(hart, MSTATUS) | FS | SD, MSTATUS);
}

/** Selects the fast TLBs for the mode that PRIVILEGE and mstatus describe. */
export function modeChanged(hart: usize): void {
  store<usize>(hart, fastSet(hart, privilege(hart), false), FETCH_TLB);
  store<usize>(hart, fastSet(hart, dataPrivilege(hart), (load<u64>(hart, MSTATUS) & SUM) != 0), DATA_TLB);
}

function fastSet(hart: usize, privilege: i32, sum: bool): usize {
  const set = privilege == M ? FAST_SET_M : privilege == U ? FAST_SET_U : sum ? FAST_SET_S_SUM : FAST_SET_S;
  return hart + FAST_TLBS + set * FAST_SET_SIZE;
}

export function setPrivilege(hart: usize, privilege: i32): void {
  store<i32>(hart, privilege, PRIVILEGE);
  modeChanged(hart);
}

/** Makes HART.PC the pc of `slot`, for traps and for the host. */
export function enter(hart: usize, slot: usize): void {
  store<u64>(hart, load<u64>(hart, PC_BASE) + (slot >> SLOT_PC_SHIFT), PC);
}

/** The instruction in `slot`, at HART.PC, has retired; its handler does not go on inline. */
export function complete(hart: usize, slot: usize): void {
  completeAt(hart, load<u64>(hart, PC) + load<u8>(slot, SLOT_LENGTH));
}

/** The same for an instruction that goes on at `pc`. */
export function completeAt(hart: usize, pc: u64): void {
  store<u64>(hart, pc, PC);
  store<i32>(BUDGET, load<i32>(BUDGET) - 1);
}

/** Leaves the run with the instruction at HART.PC not begun. */
export function stop(): void {
  store<i32>(EXIT_REASON, EXIT_STOP);
}

/** Steps of the whole machine before the instruction in progress. */
export function now(): u64 {
  return load<u64>(END_STEP) - load<u32>(BUDGET);
}
