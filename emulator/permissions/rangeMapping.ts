/**
 * How one set of page tables maps one range of virtual addresses: its leaves in order, kept current store by store.
 * A store to an entry costs a look-up; only if the range depends on that entry is the part below it walked again.
 */
import {
  entryFailure,
  frameAddress,
  isLeaf,
  pagingOf,
  PTE_WRITE,
  rootOf,
  spanOf,
  type TableMemory,
} from './walk.ts';

/** What a page permits, as far as stores go. `unmapped` where nothing has ever been mapped. */
export type Writability = 'writable' | 'readonly' | 'unmapped';

/** A stretch of the range under one entry. */
export interface Extent {
  readonly start: bigint;
  readonly end: bigint;
  /** Guest-physical address of `start`; undefined where nothing is mapped now. */
  readonly physical: bigint | undefined;
  /** The leaf, or the entry that ends the walk; 0 where it could not begin. */
  readonly pteAddress: bigint;
  readonly pte: bigint;
  readonly level: number;
  /**
   * Of the leaf; where none is mapped now, of the last one that was. So an entry that is cleared and then set again
   * (break-before-make) changes once, when it is set.
   */
  readonly writability: Writability;
}

/** A part of the range that changed. */
export interface ExtentChange {
  readonly start: bigint;
  readonly end: bigint;
  readonly from: Writability;
  readonly to: Writability;
}

interface Span {
  readonly start: bigint;
  readonly end: bigint;
}

/** Told which entries a range depends on. */
export interface EntryListener {
  added(pteAddress: bigint, mapping: RangeMapping): void;
  removed(pteAddress: bigint, mapping: RangeMapping): void;
}

export class RangeMapping {
  readonly satp: bigint;
  readonly start: bigint;
  readonly end: bigint;
  readonly #memory: TableMemory;
  readonly #listener: EntryListener;
  readonly #extents: Extent[];
  /** Each entry that decides about the range, and which part of the range it decides about. */
  readonly #entries = new Map<bigint, Span>();
  readonly #totals: Record<Writability, bigint> = { writable: 0n, readonly: 0n, unmapped: 0n };

  /** `start` and `end` are rounded outwards to pages. `satp` must be a paged one. */
  constructor(memory: TableMemory, satp: bigint, start: bigint, end: bigint, listener: EntryListener) {
    this.#memory = memory;
    this.#listener = listener;
    this.satp = satp;
    this.start = start & ~0xfffn;
    this.end = (end + 0xfffn) & ~0xfffn;
    this.#extents = this.#walk(this.start, this.end);
    this.#count(this.#extents, 1n);
  }

  /** In order of address, without gaps. */
  get extents(): readonly Extent[] {
    return this.#extents;
  }

  /** Bytes of each writability. */
  get totals(): Readonly<Record<Writability, bigint>> {
    return this.#totals;
  }

  /** An entry was written: walk what it decides about again. Hands back what changed for stores. */
  entryWritten(pteAddress: bigint): readonly ExtentChange[] {
    const span = this.#entries.get(pteAddress);
    return span === undefined ? [] : this.#refresh(span, pteAddress);
  }

  /** Walk everything again. */
  refresh(): readonly ExtentChange[] {
    return this.#refresh(this, undefined);
  }

  /** Depend on nothing any more. */
  release(): void {
    for (const address of this.#entries.keys()) this.#listener.removed(address, this);
    this.#entries.clear();
  }

  #refresh({ start, end }: Span, written: bigint | undefined): readonly ExtentChange[] {
    const first = this.#indexOf(start);
    const last = this.#indexOf(end - 1n);
    const replaced = this.#extents.slice(first, last + 1);
    const old = replaced.flatMap((extent) => clip(extent, start, end));
    // Below an entry that ended the walk there were no others; else all are forgotten and found again if they count.
    if (replaced.some(({ pteAddress }) => pteAddress !== written)) this.#forgetEntries(start, end);
    const fresh = this.#walk(start, end).flatMap((extent) => remember(extent, old));
    const before = clip(replaced[0]!, this.start, start);
    const after = clip(replaced.at(-1)!, end, this.end);
    this.#extents.splice(first, replaced.length, ...before, ...fresh, ...after);
    this.#count(old, -1n);
    this.#count(fresh, 1n);
    return changesBetween(old, fresh);
  }

  /** Index of the extent that holds an address of the range. */
  #indexOf(address: bigint): number {
    let low = 0;
    let high = this.#extents.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#extents[middle]!.end <= address) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #count(extents: readonly Extent[], sign: bigint): void {
    for (const { start, end, writability } of extents) this.#totals[writability] += sign * (end - start);
  }

  #forgetEntries(start: bigint, end: bigint): void {
    for (const [address, span] of this.#entries) {
      if (start > span.start || span.end > end) continue;
      this.#entries.delete(address);
      this.#listener.removed(address, this);
    }
  }

  #walk(start: bigint, end: bigint): Extent[] {
    const extents: Extent[] = [];
    let at = start;
    while (at < end) {
      const extent = this.#extentAt(at, end);
      extents.push(extent);
      at = extent.end;
    }
    return extents;
  }

  #extentAt(virtual: bigint, limit: bigint): Extent {
    const { levels } = pagingOf(this.satp)!;
    const canonical = BigInt.asUintN(64, BigInt.asIntN(12 + 9 * levels, virtual)) === virtual;
    let table = rootOf(this.satp);
    for (let level = levels - 1; ; level--) {
      const span = spanOf(level);
      const base = virtual - (virtual % span);
      const end = min(base + span, limit);
      const pteAddress = table + ((virtual / span) % 512n) * 8n;
      const pte = canonical ? this.#memory.read64(pteAddress) : undefined;
      const nothing = { start: virtual, end, physical: undefined, writability: 'unmapped' as const, level };
      if (pte === undefined) return { ...nothing, pteAddress: 0n, pte: 0n };
      this.#depend(pteAddress, base, base + span);
      if (entryFailure(pte, level) !== undefined) return { ...nothing, pteAddress, pte };
      if (isLeaf(pte)) {
        const writability = (pte & PTE_WRITE) !== 0n ? 'writable' : 'readonly';
        const physical = frameAddress(pte) + (virtual % span);
        return { start: virtual, end, physical, pteAddress, pte, level, writability };
      }
      table = frameAddress(pte);
    }
  }

  /** Hostile tables may use one entry at several places: it then decides about everything between them. */
  #depend(pteAddress: bigint, base: bigint, limit: bigint): void {
    const known = this.#entries.get(pteAddress);
    const start = max(base, this.start);
    const end = min(limit, this.end);
    if (known === undefined) {
      this.#entries.set(pteAddress, { start, end });
      this.#listener.added(pteAddress, this);
    } else if (start < known.start || known.end < end) {
      this.#entries.set(pteAddress, { start: min(known.start, start), end: max(known.end, end) });
    }
  }
}

function clip(extent: Extent, start: bigint, end: bigint): Extent[] {
  const from = max(extent.start, start);
  const to = min(extent.end, end);
  if (from >= to) return [];
  const physical = extent.physical === undefined ? undefined : extent.physical + (from - extent.start);
  return [{ ...extent, start: from, end: to, physical }];
}

/** What is not mapped any more keeps the writability it had. */
function remember(extent: Extent, old: readonly Extent[]): Extent[] {
  if (extent.writability !== 'unmapped') return [extent];
  return old
    .filter(({ start, end }) => start < extent.end && extent.start < end)
    .map(({ start, end, writability }) => ({
      ...extent,
      start: max(start, extent.start),
      end: min(end, extent.end),
      writability,
    }));
}

/**
 * Where two mappings of the same range differ for stores; neighbours that changed alike are one change. Both lists
 * are in order of address.
 */
export function changesBetween(
  old: readonly Pick<Extent, 'start' | 'end' | 'writability'>[],
  fresh: readonly Extent[],
): readonly ExtentChange[] {
  const found: ExtentChange[] = [];
  let index = 0;
  for (const now of fresh) {
    while (old[index] !== undefined && old[index]!.end <= now.start) index++;
    for (let at = index; old[at] !== undefined && old[at]!.start < now.end; at++) {
      const was = old[at]!;
      if (was.writability === now.writability) continue;
      append(found, {
        start: max(was.start, now.start),
        end: min(was.end, now.end),
        from: was.writability,
        to: now.writability,
      });
    }
  }
  return found;
}

function append(list: ExtentChange[], change: ExtentChange): void {
  const last = list.at(-1);
  if (last?.end === change.start && last.from === change.from && last.to === change.to) {
    list[list.length - 1] = { ...last, end: change.end };
  } else list.push(change);
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
