import type { Hart } from '../machine/hart.ts';

const ALL = 0xffff_ffff_ffff_ffffn;

/**
 * The harts that a mask and its base select (SBI 2.0, section 3.1), stopped ones left out; undefined when it selects
 * one that does not exist.
 */
export function selectHarts(harts: readonly Hart[], mask: bigint, base: bigint): readonly Hart[] | undefined {
  if (base === ALL) return harts.filter(isThere);
  const selected: Hart[] = [];
  for (let bit = 0n; bit < 64n; bit++) {
    if (((mask >> bit) & 1n) === 0n) continue;
    const id = base + bit;
    const hart = id < harts.length ? harts[Number(id)] : undefined;
    if (hart === undefined) return undefined;
    if (isThere(hart)) selected.push(hart);
  }
  return selected;
}

function isThere(hart: Hart): boolean {
  return hart.state !== 'stopped';
}
