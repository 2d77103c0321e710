/** What the image and the seals say about addresses, page by page. */
import type { AddressSpace } from '../../sealing/addressSpace.ts';
import type { Permissions, SealRegion } from '../../sealing/region.ts';
import { Overlay, within, type Stretch } from './overlay.ts';

const PAGE = 4096n;

/** What the image declares: of a page that several sections share, everything that any of them needs. */
export function linkedOverlay(space: AddressSpace): Overlay<Permissions> {
  const sections = space.sections.map(({ address, size, writable, executable }) => ({
    start: address,
    end: address + BigInt(size),
    permissions: { read: true, write: writable, execute: executable, user: false },
  }));
  const stretches: Stretch<Permissions>[] = [];
  const ranges = [...space.ranges].sort((a, b) => (a.start < b.start ? -1 : 1));
  for (const range of ranges) {
    const [start, end] = outward(range);
    const borders = within(sections, start, end).flatMap(outward);
    for (const [from, to] of between([...borders, start, end], start, end)) {
      const here = within(sections, from, to).map(({ permissions }) => permissions);
      const value = union(here.length > 0 ? here : [range.permissions]);
      const last = stretches.at(-1);
      // Segments may share a page.
      if (last !== undefined && last.end > from) continue;
      stretches.push({ start: from, end: to, value });
    }
  }
  return new Overlay(stretches);
}

/** The region that each page is sealed for, the smallest of several. */
export function sealOverlay(regions: readonly SealRegion[]): Overlay<SealRegion> {
  const ranges = regions.map((region) => {
    const [start, end] = outward(region);
    return { start, end, region };
  });
  const borders = ranges.flatMap(({ start, end }) => [start, end]);
  const stretches: Stretch<SealRegion>[] = [];
  const size = ({ start, end }: SealRegion): bigint => end - start;
  for (const [start, end] of between(borders, 0n, 1n << 64n)) {
    const here = ranges.filter((range) => range.start <= start && end <= range.end);
    const value = here
      .map(({ region }) => region)
      .reduce<SealRegion | undefined>(
        (best, each) => (best === undefined || size(each) < size(best) ? each : best),
        undefined,
      );
    if (value !== undefined) stretches.push({ start, end, value });
  }
  return new Overlay(stretches);
}

/** The same by frame, for the regions whose frames the image names. */
export function frameOverlay(regions: readonly SealRegion[], space: AddressSpace): Overlay<SealRegion> {
  const byFrame = regions.flatMap((region) => {
    const physical = space.physicalOf(region.start);
    return physical === undefined
      ? []
      : [{ region, start: physical, end: physical + (region.end - region.start) }];
  });
  const moved = byFrame.map(({ region, start, end }) => ({ ...region, start, end }));
  const original = new Map(byFrame.map(({ region }) => [region.id, region]));
  return sealOverlay(moved).map(({ id }) => original.get(id)!);
}

function outward({ start, end }: { readonly start: bigint; readonly end: bigint }): [bigint, bigint] {
  return [start - (start % PAGE), end + ((PAGE - (end % PAGE)) % PAGE)];
}

/** The pieces between borders, as far as they lie in [start, end). */
function between(borders: readonly bigint[], start: bigint, end: bigint): [bigint, bigint][] {
  const sorted = [...new Set(borders)]
    .filter((border) => border >= start && border <= end)
    .sort((a, b) => (a < b ? -1 : 1));
  return sorted.slice(1).map((border, at) => [sorted[at]!, border]);
}

function union(all: readonly Permissions[]): Permissions {
  return {
    read: all.some(({ read }) => read),
    write: all.some(({ write }) => write),
    execute: all.some(({ execute }) => execute),
    user: false,
  };
}
