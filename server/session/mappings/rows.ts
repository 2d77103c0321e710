/** Mappings as rows of a table: cut where what is known of them differs, with their aliases beside them. */
import type { MappingList, PageMapping } from '../../../emulator/index.ts';
import type { AddressSpace } from '../../sealing/addressSpace.ts';
import { isSame, type Properties, type SpaceContext } from './context.ts';
import type { FrameIndex } from './frameIndex.ts';
import { permissionsOfFlags } from './flags.ts';
import type { AliasView, MappingView } from './mappings.ts';
import { within } from './overlay.ts';

const MAX_SECTIONS = 32;

export interface RowMaker {
  readonly space: AddressSpace;
  readonly context: SpaceContext;
  readonly frames: FrameIndex;
  readonly nameOf: (mapping: PageMapping) => string | undefined;
  /** Aliases told of each row. */
  readonly aliasLimit: number;
}

/** The rows of one mapping, in order of address. */
export function rowsOf(maker: RowMaker, mapping: PageMapping): MappingView[] {
  const { context } = maker;
  const cuts = context.cuts(mapping);
  if (cuts.length === 0)
    return [row(maker, mapping, mapping.start, mapping.end, context.at(mapping.start, mapping.physical))];
  const starts = [mapping.start, ...cuts];
  const pieces: { start: bigint; properties: Properties }[] = [];
  for (const start of starts) {
    const properties = context.at(start, mapping.physical + (start - mapping.start));
    const last = pieces.at(-1);
    if (last === undefined || !isSame(last.properties, properties)) pieces.push({ start, properties });
  }
  return pieces.map(({ start, properties }, at) =>
    row(maker, mapping, start, pieces[at + 1]?.start ?? mapping.end, properties),
  );
}

function row(
  { space, context, frames, nameOf, aliasLimit }: RowMaker,
  mapping: PageMapping,
  start: bigint,
  end: bigint,
  properties: Properties,
): MappingView {
  const physical = mapping.physical + (start - mapping.start);
  const endPhysical = physical + (end - start);
  const isImage = properties.linked !== undefined;
  const aliases = frames
    .overlapping(physical, endPhysical, aliasLimit + 1)
    .filter((alias) => alias !== mapping)
    .slice(0, aliasLimit)
    .map((alias): AliasView => {
      const from = alias.physical > physical ? alias.physical : physical;
      return { start: alias.start + (from - alias.physical), flags: alias.flags, name: nameOf(alias) };
    });
  return {
    start,
    end,
    physical,
    pageSize: smallestLeaf(mapping, start, end),
    flags: mapping.flags,
    name: nameOf(mapping),
    linked: properties.linked,
    seal: context.sealOf(properties.region),
    change: context.changeOf(properties, mapping.flags),
    sections: isImage ? sectionsIn(space, start, end) : [],
    aliases,
    aliasCount: frames.count(physical, endPhysical) - 1,
    fault: context.faultIn(start, end) !== undefined,
  };
}

function sectionsIn({ sections }: AddressSpace, start: bigint, end: bigint): string[] {
  const ranges = sections.map(({ name, address, size }) => ({
    name,
    start: address,
    end: address + BigInt(size),
  }));
  return within(ranges, start, end)
    .slice(0, MAX_SECTIONS)
    .map(({ name }) => name);
}

function smallestLeaf({ leaves, end }: PageMapping, from: bigint, to: bigint): number {
  return leaves.reduce((smallest, { start, size }, at) => {
    const runEnd = leaves[at + 1]?.start ?? end;
    return start < to && runEnd > from ? Math.min(smallest, size) : smallest;
  }, Infinity);
}

/**
 * Names mappings that are no part of the image. The linear map is where most of RAM appears at one distance from its
 * frames; it is named so wherever it begins, for kernels choose its place at run time.
 */
export function mappingNames(
  { mappings }: MappingList,
  space: AddressSpace,
  ram: bigint,
): (mapping: PageMapping) => string | undefined {
  const { ranges } = space;
  const isImage = ({ start }: PageMapping): boolean =>
    ranges.some((range) => range.start <= start && start < range.end);
  const bytes = new Map<bigint, bigint>();
  for (const mapping of mappings) {
    if (permissionsOfFlags(mapping.flags).user || isImage(mapping)) continue;
    const distance = mapping.start - mapping.physical;
    bytes.set(distance, (bytes.get(distance) ?? 0n) + (mapping.end - mapping.start));
  }
  let linear: bigint | undefined;
  for (const [distance, size] of bytes)
    if (size * 2n >= ram && (linear === undefined || size > bytes.get(linear)!)) linear = distance;
  return (mapping) => {
    const distance = mapping.start - mapping.physical;
    if ((distance !== 0n && distance !== linear) || isImage(mapping)) return undefined;
    return distance === 0n ? 'identity map' : 'linear map';
  };
}
