/** What a line of an oops names: source lines, code by symbol, addresses. Knows no VS Code. */

/** What only a session of the kernel can find. Addresses are "0x…", offsets too. */
export type MachineTarget =
  { readonly symbol: string; readonly offset: string } | { readonly address: string };

export type Target = { readonly path: string; readonly line: number } | MachineTarget;

export interface Reference {
  /** Columns of the text that names it. */
  readonly start: number;
  readonly end: number;
  readonly target: Target;
}

/** `mm/slub.c:448`, `C:\linux\mm\slub.c:448` */
const PLACE =
  /(?<![\w])((?:[A-Za-z]:)?[\w./\\+-]*[\w+-]\.(?:c|h|cc|cpp|hpp|S|s|rs|zig|asm)):(\d+)(?::\d+)?/dg;

/** `cpu_up+0x5c/0x8a`, `cpu_up+0x5c`; with the address before it where the kernel prints one. */
const SYMBOL =
  /(?:(?:\[<([0-9A-Fa-f]{8,16})>\]|\b0x([0-9A-Fa-f]{8,16}))\s+)?(?<![\w./])([A-Za-z_$][\w.$]*)\+(0x[0-9A-Fa-f]+)(?:\/0x[0-9A-Fa-f]+)?/dg;

/**
 * Addresses: in brackets, as registers that hold one, or anything in the upper half of the address space, where
 * kernels live. Other registers hold numbers mostly.
 */
const ADDRESS =
  /\[<([0-9A-Fa-f]{8,16})>\]|\b(?:epc|ra|badaddr|stval|sepc)\s*:\s*([0-9a-f]{8,16})\b|\b((?:0x)?ff[0-9a-f]{14})\b|\b(0x[0-9A-Fa-f]{8,16})\b/dg;

/** In the order of their columns, none over another. */
export function referencesIn(line: string): Reference[] {
  const found = [...places(line), ...symbols(line), ...addresses(line)];
  const taken: Reference[] = [];
  // Earlier kinds say more: an address within a symbol's text is the symbol's.
  for (const each of found) {
    if (taken.every(({ start, end }) => each.end <= start || each.start >= end)) taken.push(each);
  }
  return taken.sort((a, b) => a.start - b.start);
}

function* places(line: string): Iterable<Reference> {
  for (const match of line.matchAll(PLACE)) {
    const [, path, number] = match;
    yield { ...columns(match, 0), target: { path: path!, line: Number(number) } };
  }
}

function* symbols(line: string): Iterable<Reference> {
  for (const match of line.matchAll(SYMBOL)) {
    const [, bracketed, plain, symbol, offset] = match;
    const address = bracketed ?? plain;
    const target =
      address === undefined
        ? { symbol: symbol!, offset: offset! }
        : { address: `0x${address.toLowerCase()}` };
    yield { ...columns(match, 0), target };
  }
}

function* addresses(line: string): Iterable<Reference> {
  for (const match of line.matchAll(ADDRESS)) {
    const group = match.findIndex((text, index) => index > 0 && (text as string | undefined) !== undefined);
    const digits = match[group]!.replace(/^0x/, '');
    if (BigInt(`0x${digits}`) === 0n) continue;
    yield { ...columns(match, group), target: { address: `0x${digits.toLowerCase()}` } };
  }
}

function columns(match: RegExpMatchArray, group: number): { start: number; end: number } {
  const [start, end] = match.indices![group]!;
  return { start, end };
}
