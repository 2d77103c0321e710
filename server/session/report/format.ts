/** How numbers and places are written, the same in every renderer. */
import type { CodePlace } from '../../sealing/codePlace.ts';
import { grouped } from '../../sealing/grouped.ts';

export { grouped };

/** `0x1f`, at least `digits` digits. */
export function hex(value: bigint, digits = 1): string {
  return `0x${value.toString(16).padStart(digits, '0')}`;
}

/** A value of `size` bytes with all its digits. */
export function hexValue(value: bigint, size: number): string {
  return hex(value, size * 2);
}

/** `4 KiB`, `2 MiB`, `311 bytes`. */
export function sizeText(bytes: bigint): string {
  for (const [shift, unit] of [
    [30n, 'GiB'],
    [20n, 'MiB'],
    [10n, 'KiB'],
  ] as const) {
    const whole = bytes >> shift;
    if (whole > 0n && whole << shift === bytes) return `${whole} ${unit}`;
  }
  return counted(bytes, 'byte');
}

/** `1 byte`, `3 bytes`. */
export function counted(count: bigint | number, noun: string): string {
  return `${grouped(count)} ${noun}${count.toString() === '1' ? '' : 's'}`;
}

/** `cpu.c:78`; empty where no place is known. */
export function sourceText(place: {
  readonly file?: string | undefined;
  readonly line?: number | undefined;
}): string {
  return place.file === undefined ? '' : `${place.file}:${place.line ?? '?'}`;
}

/** `function+0x1c`; the bare name of an inlined function, the bare address where no symbol covers it. */
export function codeText(place: CodePlace): string {
  if (place.function === '') return hex(place.pc);
  return place.inlined ? place.function : `${place.function}+${hex(BigInt(place.offset))}`;
}

/** `first, second, third and 4 more`, at most `limit` names. */
export function listed(names: readonly string[], limit: number): string {
  if (names.length > limit) return `${names.slice(0, limit).join(', ')} and ${names.length - limit} more`;
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]!}`;
}
