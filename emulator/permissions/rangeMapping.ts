/**
 * How one set of page tables maps one range of virtual addresses: its leaves in order, kept current store by store.
 * A store to an entry costs a look-up; only if the range depends on that entry are the parts below it walked again.
 */
import {
  entryFailure,
  frameAddress,
  isLeaf,
  leafAddress,
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
  #extents: Extent[];
  /** Each entry that decides about the range, and which parts of the range it decides about. */
  readonly #entries = new Map<bigint, Span[]>();
  /** Each table below the root, with the level it is read at, and the parts of the range where it is used. */
  readonly #tables = new Map<bigint, Span[]>();
  readonly #totals: Record<Writability, bigint> = { writable: 0n, readonly: 0n, unmapped: 0n };
  /** Some use of a table was not walked. */
  #coarse = false;
  #moves = 0;
  #work = 0;

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

  /** Grows whenever a part of the range begins to lead elsewhere, or nowhere. */
  get moves(): number {
    return this.#moves;
  }

  /** Extents that were looked at so far: what following the range has cost. */
  get work(): number {
    return this.#work;
  }

  /** An entry was written: walk what it decides about again. Hands back what changed for stores. */
  entryWritten(pteAddress: bigint): readonly ExtentChange[] {
    const spans = this.#entries.get(pteAddress);
    if (spans === undefined) return [];
    const changes: ExtentChange[] = [];
    for (const span of [...spans]) {
      const here = this.#refresh(span, pteAddress);
      if (here === undefined) return changes.concat(this.refresh());
      for (const change of here) changes.push(change);
    }
    return changes;
  }

  /** Walk everything again. */
  refresh(): readonly ExtentChange[] {
    this.#coarse = false;
    return this.#refresh(this, undefined)!;
  }

  /** Depend on nothing any more. */
  release(): void {
    for (const address of this.#entries.keys()) this.#listener.removed(address, this);
    this.#entries.clear();
    this.#tables.clear();
  }

  /**
   * Walk a part again because of an entry, or everything. Undefined when a part is not enough: which uses of a table
   * are walked depends on all of them.
   */
  #refresh({ start, end }: Span, written: bigint | undefined): readonly ExtentChange[] | undefined {
    const first = this.#indexOf(start);
    const last = this.#indexOf(end - 1n);
    const replaced = this.#extents.slice(first, last + 1);
    this.#work += replaced.length;
    const isOther = (extent: Extent): boolean => extent.pteAddress !== written;
    // Below an entry that ended the walk there were no others; else all are forgotten and found again if they count.
    if (replaced.some(isOther)) {
      if (this.#coarse) return undefined;
      this.#forget(start, end);
    }
    const walked = this.#walk(start, end);
    if (written !== undefined && this.#coarse && walked.some((extent) => isOther(extent) || isCoarse(extent)))
      return undefined;
    const old = clipAll(replaced, start, end);
    const fresh = remember(walked, old);
    if (moved(old, fresh)) this.#moves++;
    if (replaced.length === 1 && fresh.length === 1 && old[0] === replaced[0])
      this.#extents[first] = fresh[0]!;
    else {
      const before = clip(replaced[0]!, this.start, start);
      const after = clip(replaced.at(-1)!, end, this.end);
      const { length } = this.#extents;
      this.#extents = this.#extents
        .slice(0, first)
        .concat(before, fresh, after, this.#extents.slice(last + 1, length));
    }
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

  /** Entries and tables that decide about parts of this span only. */
  #forget(start: bigint, end: bigint): void {
    const inside = (span: Span): boolean => start <= span.start && span.end <= end;
    for (const uses of [this.#entries, this.#tables]) {
      for (const [address, spans] of uses) {
        if (!spans.some(inside)) continue;
        const left = spans.filter((span) => !inside(span));
        if (left.length > 0) uses.set(address, left);
        else {
          uses.delete(address);
          if (uses === this.#entries) this.#listener.removed(address, this);
        }
      }
    }
  }

  #walk(start: bigint, end: bigint): Extent[] {
    const extents: Extent[] = [];
    const { levels } = pagingOf(this.satp)!;
    const reach = spanOf(levels);
    const root = rootOf(this.satp);
    // The halves of the address space, and what lies between them, end where root tables do.
    for (let base = start - (start % reach); base < end; base += reach) {
      this.#walkTable(root, levels - 1, base, max(start, base), min(end, base + reach), extents);
    }
    this.#work += extents.length;
    return extents;
  }

  /** What a table, which maps from `base` on, says about [start, end). */
  #walkTable(table: bigint, level: number, base: bigint, start: bigint, end: bigint, found: Extent[]): void {
    const span = spanOf(level);
    const bits = BigInt(12 + 9 * pagingOf(this.satp)!.levels);
    for (let at = start; at < end;) {
      const from = at - (at % span);
      const limit = min(from + span, end);
      const pteAddress = table + ((from - base) / span) * 8n;
      const canonical = BigInt.asUintN(64, BigInt.asIntN(Number(bits), at)) === at;
      const pte = canonical ? this.#memory.read64(pteAddress) : undefined;
      const nothing = { start: at, end: limit, physical: undefined, writability: 'unmapped' as const, level };
      at = limit;
      if (pte === undefined) {
        found.push({ ...nothing, pteAddress: 0n, pte: 0n });
        continue;
      }
      const part = { start: max(from, this.start), end: min(from + span, this.end) };
      if (use(this.#entries, pteAddress, part) === 'first') this.#listener.added(pteAddress, this);
      if (entryFailure(pte, level) !== undefined) found.push({ ...nothing, pteAddress, pte });
      else if (isLeaf(pte)) {
        const writability = (pte & PTE_WRITE) !== 0n ? 'writable' : 'readonly';
        const physical = leafAddress(pte, pteAddress) + (nothing.start - from);
        found.push({ ...nothing, physical, pteAddress, pte, writability });
      } else if (use(this.#tables, frameAddress(pte) + BigInt(level), part, MAX_USES) !== 'too many') {
        this.#walkTable(frameAddress(pte), level - 1, from, nothing.start, limit, found);
      } else {
        this.#coarse = true;
        found.push({ ...nothing, pteAddress, pte, writability: 'writable' });
      }
    }
  }
}

/**
 * Hostile tables name one table at many places, so that one store changes pages without number. Of so many places
 * each is walked; any other is one extent, taken for writable, so that nothing counts as sealed that may not be. All
 * frames of the table are known from the places that are walked, as at most the first and the last are cut off.
 */
const MAX_USES = 16;

function use(
  uses: Map<bigint, Span[]>,
  address: bigint,
  part: Span,
  most = Infinity,
): 'first' | 'another' | 'too many' {
  const known = uses.get(address);
  if (known === undefined) {
    uses.set(address, [part]);
    return 'first';
  }
  if (known.some(({ start, end }) => start === part.start && end === part.end)) return 'another';
  if (known.length >= most) return 'too many';
  known.push(part);
  return 'another';
}

function isCoarse({ physical, writability }: Extent): boolean {
  return physical === undefined && writability === 'writable';
}

function clipAll(extents: readonly Extent[], start: bigint, end: bigint): Extent[] {
  return extents.flatMap((extent) => clip(extent, start, end));
}

/** Whether a part of the range leads elsewhere now. Pieces that are cut differently count as moved. */
function moved(old: readonly Extent[], fresh: readonly Extent[]): boolean {
  return (
    old.length !== fresh.length ||
    old.some((was, index) => was.start !== fresh[index]!.start || was.physical !== fresh[index]!.physical)
  );
}

function clip(extent: Extent, start: bigint, end: bigint): Extent[] {
  const from = max(extent.start, start);
  const to = min(extent.end, end);
  if (from >= to) return [];
  if (from === extent.start && to === extent.end) return [extent];
  const physical = extent.physical === undefined ? undefined : extent.physical + (from - extent.start);
  return [{ ...extent, start: from, end: to, physical }];
}

/** What is not mapped any more keeps the writability it had. Both lists are in order of address. */
function remember(fresh: readonly Extent[], old: readonly Extent[]): Extent[] {
  const result: Extent[] = [];
  let index = 0;
  for (const extent of fresh) {
    if (extent.writability !== 'unmapped') {
      result.push(extent);
      continue;
    }
    while (old[index] !== undefined && old[index]!.end <= extent.start) index++;
    for (let at = index; old[at] !== undefined && old[at]!.start < extent.end; at++) {
      const { start, end, writability } = old[at]!;
      result.push({ ...extent, start: max(start, extent.start), end: min(end, extent.end), writability });
    }
  }
  return result;
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
