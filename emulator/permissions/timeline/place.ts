/**
 * Where in an address space something is, as one number: the levels of the page tables and, below, the page number
 * without its sign. A table at a place maps the places from there on; those of tables below it are sums.
 */
const LEVELS_UNIT = 2 ** 46;

/** Of the first entry of a root table. */
export function rootPlace(levels: number): number {
  return levels * LEVELS_UNIT;
}

/** Page number as in a virtual address, with its sign: virtual address = number * 4096 modulo 2^64. */
export function pageAt(place: number): number {
  const pages = 512 ** levelsAt(place);
  const page = place % LEVELS_UNIT;
  return page < pages / 2 ? page : page - pages;
}

/** The entry that decides about a place in a table of this level on the way to it. */
export function indexAt(place: number, level: number): number {
  return Math.floor((place % LEVELS_UNIT) / 512 ** level) % 512;
}

export function levelsAt(place: number): number {
  return Math.floor(place / LEVELS_UNIT);
}

/** Whether the upper half begins here: what lies between the halves is no address. */
export function beginsUpperHalf(place: number): boolean {
  return place % LEVELS_UNIT === 512 ** levelsAt(place) / 2;
}
