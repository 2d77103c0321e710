/**
 * Watched bytes: any number of ranges of any size. The frames they lie in take the slow path for stores (or loads);
 * which bytes are meant is decided here. A virtual range follows the page tables of every hart to its frames, so it
 * is also seen through any alias of them.
 */
import { FRAME_WATCH_READ, FRAME_WATCH_WRITE, PAGE_SIZE, RAM_PHYSICAL } from '../layout.ts';
import type { MappingIndex } from '../permissions/mappingIndex.ts';
import type { RangeMapping } from '../permissions/rangeMapping.ts';
import { pagingOf } from '../permissions/walk.ts';
import { ConfigurationError } from './errors.ts';
import type { FrameFlags } from './frameFlags.ts';
import type { Watch, WatchedAccess } from './stop.ts';

export interface WatchRequest {
  readonly space: Watch['space'];
  readonly start: bigint;
  /** Bytes, at least 1; at most 4 GiB for a virtual range. */
  readonly length: bigint;
  readonly access: Watch['access'];
  /** Asked before each hit: true stops. Without it every hit stops. It must change nothing. */
  readonly observe?: ((access: WatchedAccess) => boolean) | undefined;
}

/** What the watches need to know of the machine. */
export interface WatchSurroundings {
  readonly frames: FrameFlags;
  readonly mappings: MappingIndex;
  /** Bytes of RAM. */
  readonly ramBytes: number;
  /** satp of every hart now, without its ASID. */
  readonly roots: () => readonly bigint[];
  /** Where a virtual address leads on a hart now. */
  readonly physicalOf: (hart: number, virtual: bigint) => bigint | undefined;
  /** Told of the pieces of ranges that were looked at, which is what a change of page tables costs the host. */
  readonly worked: (pieces: number) => void;
}

/** A half-open range of guest-physical addresses. */
interface Range {
  readonly start: bigint;
  readonly end: bigint;
}

interface Entry {
  readonly watch: Watch;
  readonly observe: WatchRequest['observe'];
  /** By root; empty for a physical watch. */
  readonly mappings: Map<bigint, RangeMapping>;
  ranges: readonly Range[];
}

const MAX_VIRTUAL_LENGTH = 1n << 32n;
const PAGE = BigInt(PAGE_SIZE);
const RAM_START = BigInt(RAM_PHYSICAL);

export class Watches {
  readonly #around: WatchSurroundings;
  readonly #entries = new Map<number, Entry>();
  readonly #byFrame = new Map<number, Set<Entry>>();
  #nextId = 1;

  constructor(around: WatchSurroundings) {
    this.#around = around;
  }

  /** Throws ConfigurationError for an empty or too large range. */
  add({ space, start, length, access, observe }: WatchRequest): Watch {
    if (length < 1n || (space === 'virtual' && length > MAX_VIRTUAL_LENGTH)) {
      throw new ConfigurationError(
        'watch',
        `a watch has ${length} bytes; it must have from 1 to ${MAX_VIRTUAL_LENGTH}`,
      );
    }
    const watch: Watch = { id: this.#nextId++, space, start, length, access };
    const entry: Entry = { watch, observe, mappings: new Map(), ranges: [] };
    this.#entries.set(watch.id, entry);
    this.#resolve(entry);
    return watch;
  }

  delete(watch: Watch): boolean {
    const entry = this.#entries.get(watch.id);
    if (entry === undefined) return false;
    this.#entries.delete(watch.id);
    this.#place(entry, []);
    for (const mapping of entry.mappings.values()) this.#around.mappings.release(mapping);
    return true;
  }

  /** Page tables or a satp changed: virtual watches may lie in other frames now. */
  translationChanged(mappings: ReadonlySet<RangeMapping> | 'all'): void {
    for (const entry of this.#entries.values()) {
      if (entry.watch.space === 'physical') continue;
      if (mappings === 'all' || [...entry.mappings.values()].some((mapping) => mappings.has(mapping))) {
        this.#resolve(entry);
      }
    }
  }

  /** The access, with the watches that it touches and that want to stop; undefined for going on. */
  judge(access: Omit<WatchedAccess, 'watches'>): WatchedAccess | undefined {
    const hits = this.#hits(access);
    if (hits.length === 0) return undefined;
    const seen: WatchedAccess = { ...access, watches: hits.map(({ watch }) => watch) };
    const stopping = hits.filter(({ observe }) => observe === undefined || observe(seen));
    return stopping.length === 0 ? undefined : { ...seen, watches: stopping.map(({ watch }) => watch) };
  }

  #hits({ hart, kind, address, physical, size }: Omit<WatchedAccess, 'watches'>): Entry[] {
    const hits: Entry[] = [];
    const inPage = PAGE_SIZE - Number(physical & (PAGE - 1n));
    this.#addHits(hits, kind, physical, Math.min(size, inPage));
    if (size <= inPage) return hits;
    // A page-crossing access has two physical parts.
    const next = this.#around.physicalOf(hart, address + BigInt(inPage));
    if (next !== undefined) this.#addHits(hits, kind, next, size - inPage);
    return hits;
  }

  #addHits(hits: Entry[], kind: WatchedAccess['kind'], start: bigint, size: number): void {
    const entries = this.#byFrame.get(frameOf(start));
    if (entries === undefined) return;
    const end = start + BigInt(size);
    for (const entry of entries) {
      if (!concerns(entry.watch, kind) || hits.includes(entry)) continue;
      if (entry.ranges.some((range) => start < range.end && range.start < end)) hits.push(entry);
    }
  }

  #resolve(entry: Entry): void {
    const { space, start, length } = entry.watch;
    const plain = { start, end: start + length };
    this.#place(entry, merged(space === 'physical' ? [plain] : this.#resolveVirtual(entry, plain)));
  }

  #resolveVirtual(entry: Entry, { start, end }: Range): Range[] {
    const roots = new Set(this.#around.roots());
    for (const [root, mapping] of entry.mappings) {
      if (roots.has(root)) continue;
      entry.mappings.delete(root);
      this.#around.mappings.release(mapping);
    }
    const ranges: Range[] = [];
    for (const root of roots) {
      if (pagingOf(root) === undefined) {
        ranges.push({ start, end });
        continue;
      }
      let mapping = entry.mappings.get(root);
      if (mapping === undefined)
        entry.mappings.set(root, (mapping = this.#around.mappings.open(root, start, end)));
      for (const extent of mapping.extents) {
        for (const part of physicalPart(extent, start, end)) append(ranges, part);
      }
      this.#around.worked(mapping.extents.length);
    }
    return ranges;
  }

  /** Exchange the ranges of an entry, and mark and unmark their frames. */
  #place(entry: Entry, ranges: readonly Range[]): void {
    const old = framesOf(entry.ranges, this.#around.ramBytes);
    const fresh = framesOf(ranges, this.#around.ramBytes);
    entry.ranges = ranges;
    for (const frame of fresh) if (!old.has(frame)) this.#mark(entry, frame);
    for (const frame of old) if (!fresh.has(frame)) this.#unmark(entry, frame);
  }

  #mark(entry: Entry, frame: number): void {
    const there = this.#byFrame.get(frame) ?? new Set();
    this.#byFrame.set(frame, there.add(entry));
    for (const flag of flagsOf(entry.watch)) this.#around.frames.add(frame, flag);
  }

  #unmark(entry: Entry, frame: number): void {
    const there = this.#byFrame.get(frame);
    there?.delete(entry);
    if (there?.size === 0) this.#byFrame.delete(frame);
    for (const flag of flagsOf(entry.watch)) this.#around.frames.remove(frame, flag);
  }
}

/** An AMO reads and writes. */
function concerns({ access }: Watch, kind: WatchedAccess['kind']): boolean {
  return kind === 'amo' || access !== (kind === 'load' ? 'write' : 'read');
}

function flagsOf({ access }: Watch): readonly number[] {
  if (access === 'read') return [FRAME_WATCH_READ];
  return access === 'write' ? [FRAME_WATCH_WRITE] : [FRAME_WATCH_READ, FRAME_WATCH_WRITE];
}

/** RAM frames that the ranges touch. */
function framesOf(ranges: readonly Range[], ramBytes: number): Set<number> {
  const frames = new Set<number>();
  for (const { start, end } of ranges) {
    const first = Math.max(0, frameOf(start));
    const last = Math.min(ramBytes / PAGE_SIZE - 1, frameOf(end - 1n));
    for (let frame = first; frame <= last; frame++) frames.add(frame);
  }
  return frames;
}

function physicalPart(
  extent: { start: bigint; end: bigint; physical: bigint | undefined },
  start: bigint,
  end: bigint,
): Range[] {
  if (extent.physical === undefined) return [];
  const from = extent.start > start ? extent.start : start;
  const to = extent.end < end ? extent.end : end;
  const physical = extent.physical + (from - extent.start);
  return [{ start: physical, end: physical + (to - from) }];
}

/** Sorted, with neighbours joined: an image is mostly contiguous, so few ranges are left to search. */
function merged(ranges: readonly Range[]): Range[] {
  const result: Range[] = [];
  for (const range of [...ranges].sort((a, b) => (a.start < b.start ? -1 : 1))) append(result, range);
  return result;
}

/** Adds a range; it becomes one with the last if it begins in it or right behind it. */
function append(list: Range[], range: Range): void {
  const last = list.at(-1);
  if (last === undefined || range.start < last.start || last.end < range.start) list.push(range);
  else if (last.end < range.end) list[list.length - 1] = { start: last.start, end: range.end };
}

/** Number of the frame from the start of RAM; negative below it. */
function frameOf(physical: bigint): number {
  return Number((physical - RAM_START) >> 12n);
}
