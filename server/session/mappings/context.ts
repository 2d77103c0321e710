/** What is known of the addresses of one space at one stop: what rows and pages are annotated from. */
import type { MappingList, PageMapping } from '../../../emulator/index.ts';
import type { AddressSpace } from '../../sealing/addressSpace.ts';
import type { RefusedStore } from '../../sealing/refusedStore.ts';
import type { Permissions, SealRegion } from '../../sealing/region.ts';
import type { SealStatus } from '../../sealing/sealEvent.ts';
import { compare, type Before, type Comparison, type Removed } from './comparison.ts';
import { isWritable } from './flags.ts';
import { frameOverlay, linkedOverlay, sealOverlay } from './imageOverlay.ts';
import type { PermissionChangeView, SealOnPages } from './mappings.ts';
import { Overlay } from './overlay.ts';

export interface SpaceContextParts {
  readonly space: AddressSpace;
  readonly statuses: readonly SealStatus[];
  readonly pending: RefusedStore | undefined;
  readonly now: MappingList;
  /** What to compare with. */
  readonly then: MappingList | undefined;
}

/** What holds at one place of a mapping. Equal values are identical: neighbours with equal ones are one row. */
export interface Properties {
  readonly linked: Permissions | undefined;
  readonly region: SealRegion | undefined;
  readonly before: Before | undefined;
}

const UNCHANGED: Comparison = { changed: [], removed: [] };

export class SpaceContext {
  readonly now: MappingList;
  readonly removed: readonly Removed[];
  readonly #linked: Overlay<Permissions>;
  readonly #seals: Overlay<SealRegion>;
  readonly #sealedFrames: Overlay<SealRegion>;
  readonly #changes: Overlay<Before>;
  readonly #statuses: ReadonlyMap<number, SealStatus>;
  readonly #pending: RefusedStore | undefined;

  constructor({ space, statuses, pending, now, then }: SpaceContextParts) {
    const { changed, removed } = then === undefined ? UNCHANGED : compare(now.mappings, then.mappings);
    const regions = statuses.map(({ region }) => region);
    this.now = now;
    this.removed = removed;
    this.#linked = linkedOverlay(space);
    this.#seals = sealOverlay(regions);
    this.#sealedFrames = frameOverlay(regions, space);
    this.#changes = new Overlay(changed);
    this.#statuses = new Map(statuses.map((status) => [status.region.id, status]));
    this.#pending = pending;
  }

  at(address: bigint, physical: bigint): Properties {
    return {
      linked: this.#linked.at(address),
      region: this.#seals.at(address) ?? this.#sealedFrames.at(physical),
      before: this.#changes.at(address),
    };
  }

  /** Where properties may change inside a mapping, in order of address. */
  cuts({ start, end, physical }: PageMapping): bigint[] {
    const frames = this.#sealedFrames.cuts(physical, physical + (end - start));
    const cuts = [
      ...this.#linked.cuts(start, end),
      ...this.#seals.cuts(start, end),
      ...this.#changes.cuts(start, end),
      ...frames.map((cut) => start + (cut - physical)),
    ];
    if (cuts.length < 2) return cuts;
    return [...new Set(cuts)].sort((a, b) => (a < b ? -1 : 1));
  }

  sealOf(region: SealRegion | undefined): SealOnPages | undefined {
    const status = region && this.#statuses.get(region.id);
    return status && { region: status.region, state: status.state, sealedBy: status.sealedLast };
  }

  changeOf({ before, region }: Properties, flags: number): PermissionChangeView | undefined {
    if (before === undefined) return undefined;
    const wasWritable = before.flags === undefined || isWritable(before.flags);
    return {
      from: before.flags,
      movedFrom: before.physical,
      isDegraded: region !== undefined && isWritable(flags) && !wasWritable,
    };
  }

  /** The store that waits, if [start, end) refuses a byte of it. */
  faultIn(start: bigint, end: bigint): RefusedStore | undefined {
    const hits = this.#pending?.parts.some(
      ({ refused, address, size }) => refused && address < end && address + BigInt(size) > start,
    );
    return hits === true ? this.#pending : undefined;
  }
}

export function isSame(a: Properties, b: Properties): boolean {
  return (
    a.region === b.region &&
    a.before?.flags === b.before?.flags &&
    a.before?.physical === b.before?.physical &&
    (a.before === undefined) === (b.before === undefined) &&
    a.linked?.read === b.linked?.read &&
    a.linked?.write === b.linked?.write &&
    a.linked?.execute === b.linked?.execute
  );
}
