/** Which PMP entry decides about an address (privileged spec, "Physical Memory Protection"), for seals that PMP holds. */
import type { Hart } from '../../emulator/index.ts';

export interface PmpEntry {
  readonly index: number;
  /** The L bit: it holds for M-mode, too, and until reset. */
  readonly locked: boolean;
  readonly write: boolean;
}

const [PMPCFG0, PMPADDR0, ENTRIES] = [0x3a0, 0x3b0, 16];
const [WRITE, LOCKED] = [1 << 1, 1 << 7];
const [OFF, TOR, NA4] = [0, 1, 2];
const PAGE = 4096n;
const ALLOWS_WRITE = 2;

/** The first entry that matches a guest-physical address; undefined where none does. */
export function pmpEntryAt(hart: Hart, physical: bigint): PmpEntry | undefined {
  let previous = 0n;
  for (let index = 0; index < ENTRIES; index++) {
    const row = hart.csr(PMPCFG0 + (index < 8 ? 0 : 2)) ?? 0n;
    const cfg = Number((row >> BigInt((index % 8) * 8)) & 0xffn);
    const address = hart.csr(PMPADDR0 + index) ?? 0n;
    const [start, end] = rangeOf((cfg >> 3) & 3, previous, address);
    previous = address;
    if (start <= physical && physical < end)
      return { index, locked: (cfg & LOCKED) !== 0, write: (cfg & WRITE) !== 0 };
  }
  return undefined;
}

/** Whether a locked entry refuses stores to all of a page, whoever makes them. */
export function isLockedByPmp(hart: Hart, page: bigint): boolean {
  if ((hart.pmpAllows(page, PAGE) & ALLOWS_WRITE) !== 0) return false;
  const [first, last] = [pmpEntryAt(hart, page), pmpEntryAt(hart, page + PAGE - 4n)];
  return first?.locked === true && !first.write && last?.locked === true && !last.write;
}

/** Half-open, in bytes; empty for an entry that is off. */
function rangeOf(matching: number, previous: bigint, address: bigint): [bigint, bigint] {
  if (matching === OFF) return [0n, 0n];
  if (matching === TOR) return [previous << 2n, address << 2n];
  if (matching === NA4) return [address << 2n, (address << 2n) + 4n];
  // NAPOT: as many ones at the end as the size has powers of two above 8 bytes.
  const size = (address ^ (address + 1n)) + 1n;
  const start = address & ~(size - 1n);
  return [start << 2n, (start + size) << 2n];
}
