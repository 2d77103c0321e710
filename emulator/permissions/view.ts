/** How one set of page tables maps all tracked ranges. */
import type { MappingIndex } from './mappingIndex.ts';
import type { RangeMapping } from './rangeMapping.ts';

/** A half-open range of virtual addresses. */
export interface TrackedRange {
  readonly start: bigint;
  readonly end: bigint;
  /** Another mapping of frames that are tracked under their own addresses, such as the linear map's. */
  readonly alias?: boolean | undefined;
}

/** What is sealed, or not, as one. */
export interface TrackedRegion {
  readonly id: number;
  readonly ranges: readonly TrackedRange[];
}

/** Bits of satp that choose page tables; the ASID only names them. */
export const ROOT_MASK = 0xf000_0fff_ffff_ffffn;

export class View {
  /** satp without its ASID. */
  readonly root: bigint;
  readonly #index: MappingIndex;
  readonly #mappings = new Map<TrackedRange, RangeMapping>();

  constructor(index: MappingIndex, root: bigint, regions: Iterable<TrackedRegion>) {
    this.root = root;
    this.#index = index;
    for (const region of regions) this.add(region);
  }

  add({ ranges }: TrackedRegion): void {
    for (const range of ranges)
      this.#mappings.set(range, this.#index.open(this.root, range.start, range.end));
  }

  remove({ ranges }: TrackedRegion): void {
    for (const range of ranges) {
      const mapping = this.#mappings.get(range);
      if (mapping !== undefined) this.#index.release(mapping);
      this.#mappings.delete(range);
    }
  }

  release(): void {
    for (const mapping of this.#mappings.values()) this.#index.release(mapping);
    this.#mappings.clear();
  }

  mapping(range: TrackedRange): RangeMapping | undefined {
    return this.#mappings.get(range);
  }

  /** Whether any page of the region is, or ever was, mapped here: a process without the kernel says nothing about it. */
  knows({ ranges }: TrackedRegion): boolean {
    return ranges.some((range) => {
      const totals = this.#mappings.get(range)?.totals;
      return totals !== undefined && (totals.writable > 0n || totals.readonly > 0n);
    });
  }
}
