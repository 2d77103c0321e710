/** All range mappings that are kept current, found by the page-table entries they depend on. */
import { PAGE_SIZE, RAM_PHYSICAL } from '../layout.ts';
import { type EntryListener, type ExtentChange, RangeMapping } from './rangeMapping.ts';
import type { TableMemory } from './walk.ts';

/** Marks RAM frames (numbered from the start of RAM) whose stores have to be reported. */
export interface FrameMarker {
  mark(frame: number): void;
  unmark(frame: number): void;
}

export interface MappingChange {
  readonly mapping: RangeMapping;
  readonly changes: readonly ExtentChange[];
  /** Whether a part of the range leads elsewhere now. */
  readonly moved: boolean;
}

export class MappingIndex implements EntryListener {
  readonly #memory: TableMemory;
  readonly #frames: FrameMarker;
  readonly #worked: (extents: number) => void;
  readonly #dependents = new Map<bigint, Set<RangeMapping>>();
  readonly #mappings = new Set<RangeMapping>();

  /** `worked` is told of the extents that were looked at, which is what a store costs the host. */
  constructor(memory: TableMemory, frames: FrameMarker, worked: (extents: number) => void = () => undefined) {
    this.#memory = memory;
    this.#frames = frames;
    this.#worked = worked;
  }

  /** Map a range under a paged satp and keep it current until `release`. */
  open(satp: bigint, start: bigint, end: bigint): RangeMapping {
    const mapping = new RangeMapping(this.#memory, satp, start, end, this);
    this.#mappings.add(mapping);
    this.#worked(mapping.work);
    return mapping;
  }

  release(mapping: RangeMapping): void {
    if (this.#mappings.delete(mapping)) mapping.release();
  }

  /** A doubleword of a marked frame was written. O(1) unless a mapping depends on it. */
  stored(pteAddress: bigint): readonly MappingChange[] {
    const dependents = this.#dependents.get(pteAddress);
    if (dependents === undefined) return [];
    return [...dependents].map((mapping) => this.#watched(mapping, () => mapping.entryWritten(pteAddress)));
  }

  /** Memory was replaced: walk everything again. */
  refresh(): readonly MappingChange[] {
    return [...this.#mappings].map((mapping) => this.#watched(mapping, () => mapping.refresh()));
  }

  #watched(mapping: RangeMapping, change: () => readonly ExtentChange[]): MappingChange {
    const { work, moves } = mapping;
    const changes = change();
    this.#worked(mapping.work - work);
    return { mapping, changes, moved: mapping.moves !== moves };
  }

  added(pteAddress: bigint, mapping: RangeMapping): void {
    const dependents = this.#dependents.get(pteAddress);
    if (dependents !== undefined) {
      dependents.add(mapping);
      return;
    }
    this.#dependents.set(pteAddress, new Set([mapping]));
    this.#frames.mark(frameOf(pteAddress));
  }

  removed(pteAddress: bigint, mapping: RangeMapping): void {
    const dependents = this.#dependents.get(pteAddress);
    if (dependents?.delete(mapping) !== true || dependents.size > 0) return;
    this.#dependents.delete(pteAddress);
    this.#frames.unmark(frameOf(pteAddress));
  }
}

function frameOf(physical: bigint): number {
  return Math.floor((Number(physical) - RAM_PHYSICAL) / PAGE_SIZE);
}
