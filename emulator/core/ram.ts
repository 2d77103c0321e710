/** Guest-physical RAM: where it lies in this memory, and what a store to it has to tell others. */
import {
  ACCESS_OLD,
  ACCESS_PHYSICAL,
  ACCESS_VALUE,
  CODE_PAGE_STRIDE,
  CODE_SLOTS,
  FRAME_CODE,
  FRAME_CODE_CACHED,
  FRAME_FLAGS,
  FRAME_PAGE_TABLE,
  OP_BREAK,
  OP_UNDECODED,
  RAM,
  RAM_BYTES,
  RAM_PHYSICAL,
  SLOT_OP,
  SLOT_REAL_OP,
  SLOT_SIZE,
} from '../layout';
import { pageTableStore } from './host';

export const PAGE_OFFSET: u64 = 0xfff;

export function inRam(pa: u64): bool {
  return pa - <u64>RAM_PHYSICAL < <u64>load<u32>(RAM_BYTES);
}

/** Address in this memory of guest-physical RAM. */
export function ramAddress(pa: u64): usize {
  return <usize>RAM + <usize>(pa - <u64>RAM_PHYSICAL);
}

export function physicalOf(address: usize): u64 {
  return <u64>(address - RAM) + <u64>RAM_PHYSICAL;
}

export function frameOf(pa: u64): usize {
  return <usize>((pa - <u64>RAM_PHYSICAL) >> 12);
}

export function frameFlags(pa: u64): i32 {
  return load<u8>(frameOf(pa), FRAME_FLAGS);
}

/** `size` bytes (1 to 8) at an address in this memory, zero-extended. */
export function loadBytes(address: usize, size: i32): u64 {
  if (size == 8) return load<u64>(address);
  if (size == 4) return load<u32>(address);
  let value: u64 = 0;
  for (let i = size - 1; i >= 0; i--) value = (value << 8) | load<u8>(address + i);
  return value;
}

/** A cache block, which is larger than 8 bytes, is only ever filled with zeros. */
export function storeBytes(address: usize, value: u64, size: i32): void {
  if (size > 8) memory.fill(address, 0, size);
  else if (size == 8) store<u64>(address, value);
  else if (size == 4) store<u32>(address, value);
  else for (let i = 0; i < size; i++, value >>= 8) store<u8>(address + i, value);
}

/** Stores `size` bytes (1 to 8, or a cache block) within one page, keeps predecoded code coherent, and reports page-table changes. */
export function storeRam(hart: usize, pa: u64, value: u64, size: i32): void {
  if (size > 8) {
    for (let i = 0; i < size; i += 8) storeRam(hart, pa + i, value, 8);
    return;
  }
  const flags = frameFlags(pa);
  if (flags & FRAME_PAGE_TABLE) {
    storePageTable(hart, pa, value, size);
  } else {
    storeBytes(ramAddress(pa), value, size);
  }
  if (flags & FRAME_CODE_CACHED) dropSlots(pa, size);
}

/** Stores without a report: the walker's A and D bits change no permission. */
export function storeLeaf(pa: u64, pte: u64): void {
  store<u64>(ramAddress(pa), pte);
  if (frameFlags(pa) & FRAME_CODE_CACHED) dropSlots(pa, 8);
}

function storePageTable(hart: usize, pa: u64, value: u64, size: i32): void {
  const first = pa & ~7;
  const last = (pa + size - 1) & ~7;
  const oldFirst = load<u64>(ramAddress(first));
  const oldLast = load<u64>(ramAddress(last));
  storeBytes(ramAddress(pa), value, size);
  reportPte(hart, first, oldFirst);
  if (last != first) reportPte(hart, last, oldLast);
}

function reportPte(hart: usize, pa: u64, old: u64): void {
  const pte = load<u64>(ramAddress(pa));
  if (pte == old) return;
  store<u64>(ACCESS_PHYSICAL, pa);
  store<u64>(ACCESS_OLD, old);
  store<u64>(ACCESS_VALUE, pte);
  pageTableStore(hart);
}

/** Bytes of a frame with predecoded code changed: forget the slots they touch, and one that may reach into them. */
function dropSlots(pa: u64, size: i32): void {
  const slots = <usize>CODE_SLOTS + (load<u16>(frameOf(pa) << 1, FRAME_CODE) - 1) * CODE_PAGE_STRIDE;
  const offset = <i32>(pa & PAGE_OFFSET);
  for (let i = max((offset >> 1) - 1, 0); i <= (offset + size - 1) >> 1; i++) {
    forgetSlot(slots + i * SLOT_SIZE);
  }
}

/** A breakpoint stays, whatever is under it. */
function forgetSlot(slot: usize): void {
  if (load<u16>(slot, SLOT_OP) != OP_BREAK) store<u16>(slot, OP_UNDECODED, SLOT_OP);
  store<u16>(slot, OP_UNDECODED, SLOT_REAL_OP);
}
