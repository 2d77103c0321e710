/** An address space as the adapter tells it, with addresses as numbers to search by. */
import type { Permissions, Region } from '../../views/permissions/messages.ts';

export type Hole = Region['holes'][number];
export type Mapping = Permissions['mappings'][number] & {
  /** Who can still write to it although it is sealed elsewhere. */
  readonly holes?: readonly Hole[];
};
export type Removed = Permissions['removed'][number];

export interface Space extends Omit<Permissions, 'mappings'> {
  readonly mappings: readonly Mapping[];
  /** First address of each mapping, ascending. */
  readonly starts: BigUint64Array;
  /** Last address of each mapping: the end itself does not fit into 64 bits at the top. */
  readonly lasts: BigUint64Array;
}

export function spaceOf(permissions: Permissions, regions: readonly Region[]): Space {
  // Of a region that nobody has begun to seal, everybody can.
  const holes = new Map(
    regions
      .filter(({ state, holes: found }) => state !== 'open' && found.length > 0)
      .map((region) => [region.name, region.holes]),
  );
  const mappings = permissions.mappings.map((mapping): Mapping => {
    const found = mapping.seal && holes.get(mapping.seal.region);
    return found === undefined ? mapping : { ...mapping, holes: found };
  });
  const starts = new BigUint64Array(mappings.length);
  const lasts = new BigUint64Array(mappings.length);
  for (const [index, { start, end }] of mappings.entries()) {
    starts[index] = BigInt(start);
    lasts[index] = BigInt(end) - 1n;
  }
  return { ...permissions, mappings, starts, lasts };
}

/** The index of the mapping that holds `address`, or of the last one before it; -1 if all are behind it. */
export function indexBefore({ starts }: Pick<Space, 'starts'>, address: bigint): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle]! <= address) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The mapping that holds `address`; -1 if none does. */
export function mappingAt(space: Space, address: bigint): number {
  const index = indexBefore(space, address);
  return index >= 0 && address <= space.lasts[index]! ? index : -1;
}

/** What a mapping looks like at first sight; the map has a pattern for each, the filter a choice for some. */
export const looks = [
  'fault',
  'degraded',
  'partial',
  'sealed',
  'open',
  'wx',
  'executable',
  'writable',
  'readonly',
] as const;
export type Look = (typeof looks)[number];

export function lookOf({ flags, seal, change, fault }: Mapping): Look {
  if (fault === true) return 'fault';
  if (change?.isDegraded === true || seal?.state === 'degraded') return 'degraded';
  if (seal !== undefined) return seal.state;
  if (isWritable(flags)) return isExecutable(flags) ? 'wx' : 'writable';
  return isExecutable(flags) ? 'executable' : 'readonly';
}

const isWritable = (flags: string): boolean => flags[1] === 'w';
const isExecutable = (flags: string): boolean => flags[2] === 'x';

export const filters = ['all', 'sealed', 'writable', 'wx', 'executable', 'changed'] as const;
export type Filter = (typeof filters)[number];

export const filterLabels: Readonly<Record<Filter, string>> = {
  all: 'All mappings',
  sealed: 'Sealed',
  writable: 'Writable',
  wx: 'W+X',
  executable: 'Executable',
  changed: 'Changed',
};

export function passes(mapping: Mapping, filter: Filter): boolean {
  switch (filter) {
    case 'all':
      return true;
    case 'sealed':
      return mapping.seal !== undefined;
    case 'writable':
      return isWritable(mapping.flags);
    case 'wx':
      return isWritable(mapping.flags) && isExecutable(mapping.flags);
    case 'executable':
      return isExecutable(mapping.flags);
    case 'changed':
      return mapping.change !== undefined;
  }
}
