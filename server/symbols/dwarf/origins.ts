import type { SourcePosition } from '../position.ts';
import { At } from './constants.ts';
import type { LineTables } from './lineTables.ts';
import type { Die } from './unit.ts';
import type { UnitList } from './units.ts';

/** Compilers need at most three: a concrete copy, its abstract instance, the declaration in a class. */
const MAXIMUM_CHAIN = 8;

/** A DIE, then those it continues (DWARF 5, 2.13.2 and 3.3.8): what it does not say itself, they say. */
export function* originChain(units: UnitList, die: Die): Generator<Die> {
  let current: Die | undefined = die;
  for (let length = 0; current !== undefined; length++) {
    if (length > MAXIMUM_CHAIN) die.fail('DW_AT_abstract_origin leads round in a circle');
    yield current;
    current = units.follow(current, current.has(At.abstractOrigin) ? At.abstractOrigin : At.specification);
  }
}

/** The DIE of a chain that has an attribute. */
export function holderOf(units: UnitList, die: Die, attribute: number): Die | undefined {
  for (const link of originChain(units, die)) if (link.has(attribute)) return link;
  return undefined;
}

export function nameOf(units: UnitList, die: Die): string | undefined {
  return holderOf(units, die, At.name)?.string(At.name);
}

export function declarationOf(units: UnitList, lines: LineTables, die: Die): SourcePosition | undefined {
  const holder = holderOf(units, die, At.declLine);
  if (holder === undefined) return undefined;
  // A continued DIE may leave out the file where it is the same.
  const file = holder.number(At.declFile) ?? holderOf(units, holder, At.declFile)?.number(At.declFile);
  return lines.position(holder.unit, file, holder.number(At.declLine), holder.number(At.declColumn) ?? 0);
}
