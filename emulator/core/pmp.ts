/**
 * Physical memory protection (privileged spec, "Physical Memory Protection" and "Smepmp"): 16 entries, granularity
 * 4 bytes.
 *
 *   pmpcfg   7 L | 6..5 zero | 4..3 A (0 OFF, 1 TOR, 2 NA4, 3 NAPOT) | 2 X | 1 W | 0 R
 *   pmpaddr  53..0 address bits 55..2
 *   mseccfg  2 RLB (locks may be bypassed) | 1 MMWP (M-mode needs an entry) | 0 MML (entries are M-mode's or others')
 */
import { MSECCFG, PMPADDR, PMPCFG, PMP_UNIFORM } from '../layout';
import { M, S } from './hart';
import { pmpWritten } from './host';
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
const MML = 1;
const MMWP = 2;
const RLB = 4;

/** What `privilege` may do with the bytes [pa, pa + size): PMP_R | PMP_W | PMP_X. */
export function pmpAllows(hart: usize, pa: u64, size: u64, privilege: i32): i32 {
  const uniform = load<i32>(hart, PMP_UNIFORM);
  if (uniform != IT_DEPENDS) return (privilege == M ? uniform >> 4 : uniform) & ALL;
  // "Priority and Matching Logic": the first entry that matches any byte decides, and must match all.
  for (let i: usize = 0; i < ENTRIES; i++) {
    if (!range(hart, i) || start >= pa + size || pa >= end) continue;
    return pa < start || pa + size > end ? 0 : granted(hart, load<u8>(hart + i, PMPCFG), privilege);
  }
  return grantedByNone(hart, privilege);
}

function security(hart: usize): i32 {
  return load<i32>(hart, MSECCFG);
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

/** By an entry's configuration. */
function granted(hart: usize, cfg: i32, privilege: i32): i32 {
  if (security(hart) & MML) return grantedLockdown(cfg, privilege);
  return privilege == M && !(cfg & LOCKED) ? ALL : cfg & ALL;
}

/** Smepmp's truth table: a locked entry is M-mode's, another one S's and U's, and W without R makes it shared. */
function grantedLockdown(cfg: i32, privilege: i32): i32 {
  const rights = cfg & ALL;
  const locked = (cfg & LOCKED) != 0;
  if (isShared(rights)) {
    if (locked) return privilege == M && rights & PMP_X ? PMP_R | PMP_X : PMP_X;
    return privilege == M || rights & PMP_X ? PMP_R | PMP_W : PMP_R;
  }
  if (locked && rights == ALL) return PMP_R;
  return locked == (privilege == M) ? rights : 0;
}

function isShared(rights: i32): bool {
  return (rights & (PMP_R | PMP_W)) == PMP_W;
}

/** Where no entry matches. */
function grantedByNone(hart: usize, privilege: i32): i32 {
  if (privilege != M || security(hart) & MMWP) return 0;
  return security(hart) & MML ? PMP_R | PMP_W : ALL;
}

/** Sets PMP_UNIFORM, which spares most machines the search: nothing is set, or the first entry covers everything. */
export function pmpChanged(hart: usize): void {
  let uniform = grantedByNone(hart, S) | (grantedByNone(hart, M) << 4);
  for (let i: usize = 0; i < ENTRIES; i++) {
    if (!range(hart, i)) continue;
    const cfg = load<u8>(hart + i, PMPCFG);
    const everywhere = start == 0 && end >= PHYSICAL_END;
    uniform = everywhere ? granted(hart, cfg, S) | (granted(hart, cfg, M) << 4) : IT_DEPENDS;
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
    if (isLocked(hart, i)) continue;
    let cfg = (<i32>value) & (LOCKED | (3 << 3) | ALL);
    if (!(security(hart) & MML)) {
      if (!(cfg & PMP_R)) cfg &= ~PMP_W; // W without R is reserved
    } else if (!(security(hart) & RLB) && cfg & LOCKED && grantedLockdown(cfg, M) & PMP_X) {
      continue; // M-mode gets nothing more to execute
    }
    store<u8>(hart + i, cfg, PMPCFG);
  }
  written(hart);
}

export function readPmpaddr(hart: usize, i: usize): u64 {
  return load<u64>(hart + i * 8, PMPADDR);
}

function isLocked(hart: usize, i: usize): bool {
  return (load<u8>(hart + i, PMPCFG) & LOCKED) != 0 && !(security(hart) & RLB);
}

/** MML and MMWP stay once they are set; RLB can be set only while nothing is locked. */
export function writeMseccfg(hart: usize, value: u64): void {
  const old = security(hart);
  let bits = (<i32>value) & (MML | MMWP | RLB);
  if (!(old & RLB) && anyLocked(hart)) bits &= ~RLB;
  store<u64>(hart, bits | (old & (MML | MMWP)), MSECCFG);
  written(hart);
}

function anyLocked(hart: usize): bool {
  for (let i: usize = 0; i < ENTRIES; i++) if (load<u8>(hart + i, PMPCFG) & LOCKED) return true;
  return false;
}

/** Ignored if the entry is locked, or is the start of a locked TOR entry. */
export function writePmpaddr(hart: usize, i: usize, value: u64): void {
  if (isLocked(hart, i)) return;
  if (i + 1 < ENTRIES && isLocked(hart, i + 1) && ((load<u8>(hart + i + 1, PMPCFG) >> 3) & 3) == TOR) return;
  store<u64>(hart + i * 8, value & ADDRESS_BITS, PMPADDR);
  written(hart);
}

function written(hart: usize): void {
  pmpChanged(hart);
  pmpWritten(hart);
}
