/** What PMP lets S- and U-mode of a hart do with RAM: ranges, and what a write to an entry changes. */
import { PAGE_SIZE } from '../../layout.ts';
import type { Hart } from '../../machine/hart.ts';

/** In units of pages, but not always whole ones. */
export interface RightsRange {
  readonly start: number;
  readonly end: number;
  /** PERMISSION bits; 0 = nothing is permitted. */
  readonly flags: number;
}

export interface RightsChange {
  readonly start: number;
  readonly end: number;
  readonly from: number;
  readonly to: number;
}

const PMPCFG0 = 0x3a0;
const PMPADDR0 = 0x3b0;
const ENTRIES = 16;
const TOR = 1;
const NA4 = 2;

/** The ranges of RAM (guest-physical address / 4096), in order and without gaps. */
export function pmpRights(hart: Hart, start: number, end: number): RightsRange[] {
  const cuts = [...new Set([start, ...boundaries(hart).filter((cut) => cut > start && cut < end), end])];
  cuts.sort((a, b) => a - b);
  const ranges: RightsRange[] = [];
  for (const [index, from] of cuts.slice(0, -1).entries()) {
    // R, W and X are one bit higher in a PTE. Entries are cut at multiples of 4 bytes.
    const flags = hart.pmpAllows(BigInt(from * PAGE_SIZE), 4n) << 1;
    const last = ranges.at(-1);
    const to = cuts[index + 1]!;
    if (last?.flags === flags) ranges[ranges.length - 1] = { ...last, end: to };
    else ranges.push({ start: from, end: to, flags });
  }
  return ranges;
}

/** Of two such lists for the same range. */
export function* rightsChanges(
  before: readonly RightsRange[],
  after: readonly RightsRange[],
): Generator<RightsChange> {
  let [old, now] = [0, 0];
  let start = before[0]?.start ?? 0;
  while (old < before.length && now < after.length) {
    const [was, is] = [before[old]!, after[now]!];
    const end = Math.min(was.end, is.end);
    if (was.flags !== is.flags) yield { start, end, from: was.flags, to: is.flags };
    start = end;
    if (was.end === end) old++;
    if (is.end === end) now++;
  }
}

/** Where entries that are on begin and end (privileged spec, "PMP: Address Matching"). */
function boundaries(hart: Hart): number[] {
  const cuts: number[] = [];
  let previous = 0n;
  for (let entry = 0; entry < ENTRIES; entry++) {
    const row = hart.csr(PMPCFG0 + (entry < 8 ? 0 : 2)) ?? 0n;
    const matching = Number((row >> BigInt((entry % 8) * 8 + 3)) & 3n);
    const address = hart.csr(PMPADDR0 + entry) ?? 0n;
    if (matching === TOR) cuts.push(pagesOf(previous), pagesOf(address));
    else if (matching === NA4) cuts.push(pagesOf(address), pagesOf(address + 1n));
    else if (matching !== 0) {
      // NAPOT: as many ones at the end as the size has powers of two above 8 bytes.
      const size = (address ^ (address + 1n)) + 1n;
      const first = address & ~(size - 1n);
      cuts.push(pagesOf(first), pagesOf(first + size));
    }
    previous = address;
  }
  return cuts;
}

/** pmpaddr counts in 4 bytes. */
function pagesOf(address: bigint): number {
  return Number(address * 4n) / PAGE_SIZE;
}
