/** Finds all virtual addresses under which frames are mapped. */
import {
  entryFailure,
  frameAddress,
  isLeaf,
  leafAddress,
  type PagePermissions,
  pagingOf,
  permissionsOf,
  rootOf,
  spanOf,
} from './walk.ts';

/** What the search reads: whole tables at a time, a copy of `length` bytes, or undefined outside of RAM. */
export interface TableReader {
  read(address: bigint, length: number): Uint8Array | undefined;
}

export interface Alias {
  /** The part of the leaf that maps wanted frames: virtual addresses, and the guest-physical one of `start`. */
  readonly start: bigint;
  readonly end: bigint;
  readonly physical: bigint;
  readonly pteAddress: bigint;
  readonly pte: bigint;
  /** Of the leaf: 0 maps 4 KiB, 1 2 MiB, 2 1 GiB. */
  readonly level: number;
  readonly permissions: PagePermissions;
}

export interface AliasSearch {
  readonly aliases: readonly Alias[];
  /** False when a limit ended the search. */
  readonly complete: boolean;
}

/** Hostile tables can name each other without end. */
const MAX_TABLES = 4096;
const MAX_ALIASES = 4096;
const TABLE_BYTES = 4096;
/** Of the lower and the upper half of an entry: V; R and X; bits 53–32, the upper part of the frame number. */
const VALID = 1;
const READ_OR_EXECUTE = 0b1010;
const HIGH_FRAME_MASK = 0x3f_ffff;
/** Frames of a Svnapot range. */
const NAPOT_FRAMES = 16;

/** All mappings under a satp of the guest-physical range [start, end), in order of virtual address. */
export function findAliases(memory: TableReader, satp: bigint, start: bigint, end: bigint): AliasSearch {
  const paging = pagingOf(satp);
  if (paging === undefined) return { aliases: [], complete: true };
  const aliases: Alias[] = [];
  /** Tables, with the level they were read at, that lead nowhere we want to be. */
  const barren = new Set<bigint>();
  let tables = 0;
  const firstFrame = Number(start >> 12n);
  const endFrame = Number((end + 0xfffn) >> 12n);

  function search(table: bigint, level: number, base: bigint): boolean {
    const key = table + BigInt(level);
    if (barren.has(key)) return true;
    if (++tables > MAX_TABLES) return false;
    const before = aliases.length;
    const bytes = memory.read(table, TABLE_BYTES);
    if (bytes === undefined) return true;
    const view = new DataView(bytes.buffer, bytes.byteOffset, TABLE_BYTES);
    for (let offset = 0; offset < TABLE_BYTES; offset += 8) {
      // Nearly all entries are leaves of other frames: told apart in plain numbers, for speed.
      const low = view.getUint32(offset, true);
      const high = view.getUint32(offset + 4, true);
      if (!concerns(low, high, level, firstFrame, endFrame)) continue;
      const pte = view.getBigUint64(offset, true);
      if (entryFailure(pte, level) !== undefined) continue;
      const pteAddress = table + BigInt(offset);
      const virtual = base + BigInt(offset / 8) * spanOf(level);
      if (!isLeaf(pte)) {
        if (!search(frameAddress(pte), level - 1, virtual)) return false;
        continue;
      }
      const frame = leafAddress(pte, pteAddress);
      const from = frame > start ? frame : start;
      const to = frame + spanOf(level) < end ? frame + spanOf(level) : end;
      if (from >= to) continue;
      if (aliases.length >= MAX_ALIASES) return false;
      const first = canonical(virtual + (from - frame), paging!.levels);
      const permissions = permissionsOf(pte);
      aliases.push({
        start: first,
        end: first + (to - from),
        physical: from,
        pteAddress,
        pte,
        level,
        permissions,
      });
    }
    if (aliases.length === before) barren.add(key);
    return true;
  }

  const complete = search(rootOf(satp), paging.levels - 1, 0n);
  return { aliases, complete };
}

/** Whether the entry with these halves is a pointer to a table, or a leaf that maps one of the frames. */
export function concerns(
  low: number,
  high: number,
  level: number,
  firstFrame: number,
  endFrame: number,
): boolean {
  if ((low & VALID) === 0) return false;
  if ((low & READ_OR_EXECUTE) === 0) return true;
  const frame = (high & HIGH_FRAME_MASK) * 2 ** 22 + (low >>> 10);
  // The PPN of a Svnapot leaf is somewhere in its range.
  const slack = high >>> 31 === 0 ? 0 : NAPOT_FRAMES;
  return frame < endFrame + slack && frame + 512 ** level + slack > firstFrame;
}

function canonical(virtual: bigint, levels: number): bigint {
  return BigInt.asUintN(64, BigInt.asIntN(12 + 9 * levels, virtual));
}
