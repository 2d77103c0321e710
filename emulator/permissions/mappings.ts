/**
 * Lists everything that a set of page tables maps, merged as QEMU's `info mem` merges: neighbours that are contiguous
 * on both sides and have the same flags are one mapping, whatever the sizes of their leaves.
 *
 * Tables may be hostile: they can name themselves, and 2^27 leaves fit into two pages. The walk is therefore bounded,
 * and gives way after every table, so that whoever drives it decides how long a piece is.
 */
import type { TableReader } from './aliases.ts';
import { leafFrame, tableFrame } from './entry.ts';
import { pagingOf, rootOf } from './walk.ts';

/** Leaves of one size, from `start` to the next run or to the mapping's end. */
export interface LeafRun {
  readonly start: bigint;
  /** Bytes that each leaf maps. */
  readonly size: number;
}

export interface PageMapping {
  /** Virtual; `end` is the first address behind it, 2^64 at the end of the address space. */
  readonly start: bigint;
  readonly end: bigint;
  /** Guest-physical address of `start`. */
  readonly physical: bigint;
  /** Bits 1–7 of the leaves: R, W, X, U, G, A and D. */
  readonly flags: number;
  readonly leaves: readonly LeafRun[];
}

export interface MappingList {
  /** In order of address. */
  readonly mappings: readonly PageMapping[];
  /** False when a limit ended the walk. */
  readonly complete: boolean;
}

export const MAX_MAPPINGS = 100_000;
/** 64 GiB in 4 KiB pages need as many. */
const MAX_TABLES = 32_768;
const TABLE_BYTES = 4096;

/** Of a leaf: R, W, X, U, G, A and D. */
const FLAGS = 0xfe;

/**
 * Yields after every table, and returns the list; an empty one for a satp that does not translate.
 * Page and frame numbers are plain numbers inside: they have 45 bits at most.
 */
export function* walkMappings(memory: TableReader, satp: bigint): Generator<undefined, MappingList> {
  const paging = pagingOf(satp);
  const merger = new Merger(paging?.levels ?? 0);
  /** Tables, with the level they were read at, below which nothing is mapped. */
  const barren = new Set<number>();
  let tables = 0;

  function* visit(table: number, level: number, base: number): Generator<undefined, boolean> {
    const key = table * 8 + level;
    if (barren.has(key)) return true;
    if (++tables > MAX_TABLES) return false;
    const { leaves } = merger;
    const bytes = memory.read(BigInt(table) << 12n, TABLE_BYTES);
    yield;
    if (bytes === undefined) return true;
    const view = new DataView(bytes.buffer, bytes.byteOffset, TABLE_BYTES);
    const span = 512 ** level;
    for (let index = 0; index < 512; index++) {
      const low = view.getUint32(index * 8, true);
      const high = view.getUint32(index * 8 + 4, true);
      const page = base + index * span;
      const mapped = leafFrame(low, high, level, index);
      if (mapped !== undefined) {
        if (!merger.add(page, mapped, span, low & FLAGS)) return false;
        continue;
      }
      const below = tableFrame(low, high, level);
      if (below !== undefined && !(yield* visit(below, level - 1, page))) return false;
    }
    if (merger.leaves === leaves) barren.add(key);
    return true;
  }

  const complete = paging === undefined || (yield* visit(Number(rootOf(satp) >> 12n), paging.levels - 1, 0));
  return { mappings: merger.finish(), complete };
}

/** Makes mappings of leaves that come in order of address; all in units of 4 KiB. */
class Merger {
  /** Leaves so far. */
  leaves = 0;
  readonly #bits: number;
  /** The first page of the upper half: what lies between the halves is no address. */
  readonly #half: number;
  readonly #done: PageMapping[] = [];
  /** Runs of finished mappings and of the open one: what the list costs. */
  #runs = 0;
  #start = 0;
  #pages = 0;
  #frame = 0;
  #flags = 0;
  #lastSpan = 0;
  #open: { readonly page: number; readonly span: number }[] = [];

  constructor(levels: number) {
    this.#bits = 12 + 9 * levels;
    this.#half = 2 ** (9 * levels - 1);
  }

  /** False when the list is full. */
  add(page: number, frame: number, span: number, flags: number): boolean {
    this.leaves++;
    const continues =
      this.#pages > 0 &&
      flags === this.#flags &&
      page === this.#start + this.#pages &&
      frame === this.#frame + this.#pages &&
      page !== this.#half;
    if (continues && span === this.#lastSpan) {
      this.#pages += span;
      return true;
    }
    if (this.#runs >= MAX_MAPPINGS) return false;
    if (!continues) {
      this.#close();
      this.#start = page;
      this.#frame = frame;
      this.#flags = flags;
    }
    this.#runs++;
    this.#open.push({ page, span });
    this.#pages += span;
    this.#lastSpan = span;
    return true;
  }

  finish(): readonly PageMapping[] {
    this.#close();
    return this.#done;
  }

  #close(): void {
    if (this.#pages > 0) {
      const start = this.#address(this.#start);
      this.#done.push({
        start,
        end: start + (BigInt(this.#pages) << 12n),
        physical: BigInt(this.#frame) << 12n,
        flags: this.#flags,
        leaves: this.#open.map(({ page, span }) => ({ start: this.#address(page), size: span * 4096 })),
      });
    }
    this.#open = [];
    this.#pages = 0;
  }

  #address(page: number): bigint {
    return BigInt.asUintN(64, BigInt.asIntN(this.#bits, BigInt(page) << 12n));
  }
}
