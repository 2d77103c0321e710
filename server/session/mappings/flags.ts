/** The flags of a leaf as numbers and letters: bits 1–7 of the entry, R, W, X, U, G, A and D. */
import type { Permissions } from '../../sealing/region.ts';

const LETTERS = ['r', 'w', 'x', 'u', 'g', 'a', 'd'];
const [READ, WRITE, EXECUTE, USER] = [2, 4, 8, 16];
const ACCESSED_AND_DIRTY = 0xc0;
/** Without translation every address permits everything. */
export const UNTRANSLATED = READ | WRITE | EXECUTE;

/** `r-x-ga-`, as QEMU's `info mem` writes it. */
export function flagsText(flags: number): string {
  return LETTERS.map((letter, bit) => ((flags >> (bit + 1)) & 1 ? letter : '-')).join('');
}

export function permissionsOfFlags(flags: number): Permissions {
  return {
    read: (flags & READ) !== 0,
    write: (flags & WRITE) !== 0,
    execute: (flags & EXECUTE) !== 0,
    user: (flags & USER) !== 0,
  };
}

export function isWritable(flags: number): boolean {
  return (flags & WRITE) !== 0;
}

/** What somebody decided: A and D only tell what the hart did there. */
export function decided(flags: number): number {
  return flags & ~ACCESSED_AND_DIRTY;
}
