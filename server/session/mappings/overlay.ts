/** Properties of stretches of addresses: what holds at an address, and where it changes. */

export interface Stretch<T> {
  readonly start: bigint;
  readonly end: bigint;
  readonly value: T;
}

export class Overlay<T> {
  readonly #stretches: readonly Stretch<T>[];

  /** @param stretches In order of address, without overlaps. */
  constructor(stretches: readonly Stretch<T>[]) {
    this.#stretches = stretches;
  }

  at(address: bigint): T | undefined {
    const stretch = this.#stretches[firstEndingAfter(this.#stretches, address)];
    return stretch !== undefined && stretch.start <= address ? stretch.value : undefined;
  }

  map<U>(change: (value: T) => U): Overlay<U> {
    return new Overlay(
      this.#stretches.map(({ start, end, value }) => ({ start, end, value: change(value) })),
    );
  }

  /** Addresses strictly inside [start, end) at which a stretch begins or ends. */
  cuts(start: bigint, end: bigint): bigint[] {
    if (this.#stretches.length === 0) return [];
    return within(this.#stretches, start, end)
      .flatMap((stretch) => [stretch.start, stretch.end])
      .filter((cut) => cut > start && cut < end);
  }
}

/** Of ranges in order of address without overlaps, those that have a byte in [start, end). */
export function within<T extends { readonly start: bigint; readonly end: bigint }>(
  ranges: readonly T[],
  start: bigint,
  end: bigint,
): T[] {
  const found: T[] = [];
  for (let at = firstEndingAfter(ranges, start); at < ranges.length && ranges[at]!.start < end; at++)
    found.push(ranges[at]!);
  return found;
}

function firstEndingAfter(ranges: readonly { readonly end: bigint }[], address: bigint): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges[middle]!.end <= address) low = middle + 1;
    else high = middle;
  }
  return low;
}
