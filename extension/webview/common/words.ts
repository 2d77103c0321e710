/** Numbers and permissions as a person reads them. */

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** Bytes: "8 KiB", "2064 KiB", and rounded where that would be five digits: "126 MiB". */
export function sizeText(bytes: bigint | number): string {
  let value = Number(bytes);
  let unit = 0;
  while (value >= 1024 && (value >= 10_240 || value % 1024 === 0) && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number(value.toFixed(1))} ${UNITS[unit]!}`;
}

export const hexadecimal = (address: bigint): string => `0x${BigInt.asUintN(64, address).toString(16)}`;

/** The end of a range, without the digits that it shares with the start. */
export function shortEnd(start: string, end: string): string {
  const [from, to] = [start.slice(2), end.slice(2)];
  if (from.length !== to.length) return end;
  let common = 0;
  while (common < from.length && from[common] === to[common]) common++;
  const keep = Math.max(0, Math.min(common, to.length - 8));
  return to.slice(keep);
}

/** The last eight digits of an address, for rows whose parent tells the rest. */
export const shortAddress = (address: string): string => address.slice(2).slice(-8);

const thousands = new Intl.NumberFormat('en-US');
export const stepText = (step: string): string => thousands.format(BigInt(step));
export const countText = (count: number, one: string, many: string): string =>
  `${thousands.format(count)} ${count === 1 ? one : many}`;

const NAMES = ['readable', 'writable', 'executable', 'for user mode', 'global', 'accessed', 'dirty'] as const;

/** Permissions in words, from letters "rwxugad" of which each may be "-": "readable, not writable, …". */
export function permissionWords(flags: string): string {
  if (flags === '') return 'not mapped';
  return NAMES.slice(0, flags.length)
    .map((name, index) => (flags[index] !== '-' ? name : index < 3 ? `not ${name}` : ''))
    .filter((word) => word !== '')
    .join(', ');
}

/** The letters behind read, write and execute: "·G·AD". Empty when `flags` has only these three. */
export function attributeLetters(flags: string): string {
  if (flags.length < 7) return '';
  const scope = flags.slice(3, 5).replaceAll('-', '').toUpperCase();
  return `·${scope === '' ? '-' : scope}·${flags.slice(5, 7).toUpperCase()}`;
}
