/**
 * 64-bit addresses as two arrays of 32-bit halves: a table of a hundred thousand is sorted and searched without a
 * bigint for each.
 */

/** The permutation that sorts (high, low) ascending; `tie` decides between equal addresses. */
export function addressOrder(
  high: Uint32Array,
  low: Uint32Array,
  tie: (a: number, b: number) => number = (a, b) => a - b,
): Uint32Array {
  const order = Uint32Array.from(high, (_, index) => index);
  const compare = (a: number, b: number): number => high[a]! - high[b]! || low[a]! - low[b]! || tie(a, b);
  // Linkers write most tables in order.
  for (let at = 1; at < order.length; at++) {
    if (compare(at - 1, at) > 0) return order.sort(compare);
  }
  return order;
}

/** Binary search in sorted addresses. */
export class AddressSearch {
  constructor(
    readonly high: Uint32Array,
    readonly low: Uint32Array,
  ) {}

  /** Position of the last address that is not above `address`; -1 when all are. */
  lastAtOrBefore(address: bigint): number {
    const high = Number(address >> 32n);
    const low = Number(address & 0xffffffffn);
    let first = 0;
    let end = this.high.length;
    while (first < end) {
      const middle = (first + end) >>> 1;
      const difference = this.high[middle]! - high || this.low[middle]! - low;
      if (difference <= 0) first = middle + 1;
      else end = middle;
    }
    return first - 1;
  }

  at(position: number): bigint {
    return (BigInt(this.high[position]!) << 32n) | BigInt(this.low[position]!);
  }
}
