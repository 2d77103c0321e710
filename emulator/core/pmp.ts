/**
 * Physical memory protection (privileged spec, "Physical Memory Protection"): 16 entries, granularity 4 bytes.
 *
 *   pmpcfg   7 L | 6..5 zero | 4..3 A (0 OFF, 1 TOR, 2 NA4, 3 NAPOT) | 2 X | 1 W | 0 R
 *   pmpaddr  53..0 address bits 55..2
 */
import { PMPADDR, PMPCFG } from '../layout';
import { M } from './hart';

export const PMP_R = 1;
export const PMP_W = 2;
export const PMP_X = 4;
const ALL = PMP_R | PMP_W | PMP_X;
const LOCKED = 0x80;
const TOR = 1;
const NA4 = 2;
const ENTRIES: usize = 16;
const ADDRESS_BITS: u64 = (1 << 54) - 1;

/** What `privilege` may do with the bytes [pa, pa + size): PMP_R | PMP_W | PMP_X. */
export function pmpAllows(hart: usize, pa: u64, size: u64, privilege: i32): i32 {
  if ((load<u64>(hart, PMPCFG) | load<u64>(hart, PMPCFG + 8)) != 0) {
    let below: u64 = 0; // the address register before: where a TOR entry begins
    for (let i: usize = 0; i < ENTRIES; i++) {
      const cfg = load<u8>(hart + i, PMPCFG);
      const address = load<u64>(hart + i * 8, PMPADDR);
      const matching = (cfg >> 3) & 3;
      if (matching != 0) {
        let start = address << 2;
        let end = start + 4;
        if (matching == TOR) {
          end = start;
          start = below << 2;
        } else if (matching != NA4) {
          const ones = ctz(~address);
          start = ((address >> ones) << ones) << 2;
          end = start + ((<u64>8) << ones);
        }
        // "Priority and Matching Logic": the first entry that matches any byte decides, and must match all.
        if (start < pa + size && pa < end) {
          if (pa < start || pa + size > end) return 0;
          return privilege == M && !(cfg & LOCKED) ? ALL : cfg & ALL;
        }
      }
      below = address;
    }
  }
  return privilege == M ? ALL : 0;
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
}
