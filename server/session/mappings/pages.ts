/** Single pages of a range, with the symbols that lie on them. */
import type { PageMapping } from '../../../emulator/index.ts';
import type { AddressSpace } from '../../sealing/addressSpace.ts';
import type { NeighbourSymbol } from '../../sealing/refusedStore.ts';
import { faultText } from '../../sealing/story.ts';
import type { SpaceContext } from './context.ts';
import type { PageView, PagesView } from './mappings.ts';
import { within } from './overlay.ts';

export interface PageMaker {
  readonly space: AddressSpace;
  readonly context: SpaceContext;
  /** Objects and functions in a range of linked addresses. */
  readonly symbolsIn: (start: bigint, end: bigint) => readonly NeighbourSymbol[];
}

/** Leaves of one size that lie side by side, of which [first, first + count) are counted. */
interface Run {
  readonly mapping: PageMapping;
  readonly start: bigint;
  readonly size: bigint;
  readonly count: number;
}

const MAX_SYMBOLS = 24;

/** @param from,to Multiples of 4 KiB. */
export function pagesOf(maker: PageMaker, from: bigint, to: bigint, first: number, count: number): PagesView {
  const pages: PageView[] = [];
  let total = 0;
  for (const { mapping, start, size, count: leaves } of runsIn(maker, from, to)) {
    const begin = Math.max(0, first - total);
    const end = Math.min(leaves, first + count - total);
    for (let at = begin; at < end; at++) {
      const leaf = start + BigInt(at) * size;
      const low = leaf > from ? leaf : from;
      const high = leaf + size < to ? leaf + size : to;
      pages.push(page(maker, mapping, low, high));
    }
    total += leaves;
  }
  return { total, pages };
}

function* runsIn({ context }: PageMaker, from: bigint, to: bigint): Generator<Run> {
  for (const mapping of within(context.now.mappings, from, to)) {
    for (const [at, { start, size: bytes }] of mapping.leaves.entries()) {
      const size = BigInt(bytes);
      const end = mapping.leaves[at + 1]?.start ?? mapping.end;
      if (end <= from || start >= to) continue;
      const low = start < from ? from - ((from - start) % size) : start;
      const high = end < to ? end : to;
      yield { mapping, start: low, size, count: Number((high - low + size - 1n) / size) };
    }
  }
}

function page(
  { space, context, symbolsIn }: PageMaker,
  mapping: PageMapping,
  address: bigint,
  end: bigint,
): PageView {
  const physical = mapping.physical + (address - mapping.start);
  const properties = context.at(address, physical);
  const ranges =
    properties.linked === undefined
      ? space.linkedWithin(physical, physical + (end - address))
      : [{ start: address, end }];
  const symbols = ranges.flatMap((range) => symbolsIn(range.start, range.end));
  const fault = context.faultIn(address, end);
  return {
    address,
    size: end - address,
    physical,
    flags: mapping.flags,
    linked: properties.linked,
    seal: context.sealOf(properties.region),
    change: context.changeOf(properties, mapping.flags),
    symbolCount: symbols.length,
    symbols: symbols.slice(0, MAX_SYMBOLS),
    fault: fault && faultText(fault),
  };
}
