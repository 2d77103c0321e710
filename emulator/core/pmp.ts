/**
 * Physical memory protection (privileged spec, "Physical Memory Protection"): 16 entries, granularity 4 bytes.
 *
 *   pmpcfg   7 L | 6..5 zero | 4..3 A (0 OFF, 1 TOR, 2 NA4, 3 NAPOT) | 2 X | 1 W | 0 R
 *   pmpaddr  53..0 address bits 55..2
 */
import { PMPADDR, PMPCFG, PMP_UNIFORM } from '../layout';
import { M, S } from './hart';
import { flushFast } from './tlb';

export const PMP_R = 1;
export const PMP_W = 2;
export const PMP_X = 4;
const ALL = PMP_R | PMP_W | PMP_X;
const LOCKED = 0x80;
const TOR = 1;
const NA4 = 2;
const ENTRIES: usize = 16;
const ADDRESS_BITS: u64 = (1 << 54) - 1;
const PHYSICAL_END: u64 = 1 << 56;
const IT_DEPENDS = -1;

/** What `privilege` may do with the bytes [pa, pa + size): PMP_R | PMP_W | PMP_X. */
export function pmpAllows(hart: usize, pa: u64, size: u64, privilege: i32): i32 {
  const uniform = load<i32>(hart, PMP_UNIFORM);
  if (uniform != IT_DEPENDS) return (privilege == M ? uniform >> 4 : uniform) & ALL;
  // "Priority and Matching Logic": the first entry that matches any byte decides, and must match all.
  for (let i: usize = 0; i < ENTRIES; i++) {
    if (!range(hart, i) || start >= pa + size || pa >= end) continue;
    return pa < start || pa + size > end ? 0 : granted(load<u8>(hart + i, PMPCFG), privilege);
  }
  return granted(0, privilege);
}

/** The bytes of the entry that `range` looked at last. */
let start: u64 = 0;
let end: u64 = 0;

/** False for an entry that is off. */
function range(hart: usize, i: usize): bool {
  const matching = (load<u8>(hart + i, PMPCFG) >> 3) & 3;
  if (matching == 0) return false;
  const address = load<u64>(hart + i * 8, PMPADDR);
  start = address << 2;
  end = start + 4;
  if (matching == TOR) {
    end = start;
    start = i == 0 ? 0 : load<u64>(hart + i * 8, PMPADDR - 8) << 2;
  } else if (matching != NA4) {
    const ones = ctz(~address);
    start = ((address >> ones) << ones) << 2;
    end = start + (u64(8) << ones);
  }
  return true;
}

/** By an entry's configuration, or by none (0). */
function granted(cfg: u8, privilege: i32): i32 {
  return privilege == M && !(cfg & LOCKED) ? ALL : cfg & ALL;
}

/** Sets PMP_UNIFORM, which spares most machines the search: nothing is set, or the first entry covers everything. */
export function pmpChanged(hart: usize): void {
  let uniform = granted(0, S) | (granted(0, M) << 4);
  for (let i: usize = 0; i < ENTRIES; i++) {
    if (!range(hart, i)) continue;
    const cfg = load<u8>(hart + i, PMPCFG);
    uniform = start == 0 && end >= PHYSICAL_END ? granted(cfg, S) | (granted(cfg, M) << 4) : IT_DEPENDS;
    break;
  }
  store<i32>(hart, uniform, PMP_UNIFORM);
  flushFast(hart);
}

/** pmpcfg0 (index 0) or pmpcfg2 (index 8). */
export function readPmpcfg(hart: usize, index: usize): u64 {
  return load<u64>(hart + index, PMPCFG);
}

export function writePmpcfg(hart: usize, index: usize, value: u64): void {
  for (let i = index; i < index + 8; i++, value >>= 8) {
    if (load<u8>(hart + i, PMPCFG) & LOCKED) continue;
    let cfg = (<u8>value) & (LOCKED | (3 << 3) | ALL);
    if (!(cfg & PMP_R)) cfg &= ~PMP_W; // W without R is reserved
    store<u8>(hart + i, cfg, PMPCFG);
  }
  pmpChanged(hart);
}

export function readPmpaddr(hart: usize, i: usize): u64 {
  return load<u64>(hart + i * 8, PMPADDR);
}

/** Ignored if the entry is locked, or is the start of a locked TOR entry. */
export function writePmpaddr(hart: usize, i: usize, value: u64): void {
  if (load<u8>(hart + i, PMPCFG) & LOCKED) return;
  if (i + 1 < ENTRIES) {
    const next = load<u8>(hart + i + 1, PMPCFG);
    if (next & LOCKED && ((next >> 3) & 3) == TOR) return;
  }
  store<u64>(hart + i * 8, value & ADDRESS_BITS, PMPADDR);
  pmpChanged(hart);
}
