/** A seeded generator (xorshift32): the same seed gives the same program on every host. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed * 0x9e3779b1) >>> 0 || 1;
  }

  /** 32 random bits, unsigned. */
  bits(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>>= 0);
  }

  below(limit: number): number {
    return this.bits() % limit;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /**
   * A floating-point register: a binary64 or a binary32 in its box, often near where rounding changes its mind: zeros,
   * subnormal numbers, the smallest and largest normal ones, infinities, NaNs of both kinds, few or many fraction bits.
   */
  float(): bigint {
    const double = this.below(2) === 0;
    if (this.below(16) === 0) return this.value();
    const [width, top] = double ? [52n, 2047] : [23n, 255];
    const wide = (BigInt(this.bits()) << 32n) | BigInt(this.bits());
    const bias = top >> 1;
    const exponent = this.pick([
      ...[0, 0, 1, top, top - 1, bias, bias, bias + 1, bias - 1],
      ...[bias + this.below(130) - 65, bias + this.below(2 * Number(width)) - Number(width), this.below(top)],
      // Products, quotients and conversions that end near the other format's limits.
      ...[bias - (bias >> 1) + this.below(5) - 2, bias + (bias >> 1) + this.below(5) - 2],
      ...(double
        ? [bias - 126 + this.below(30) - 27, bias + 127 + this.below(3) - 1]
        : [bias - 63, bias + 63]),
    ]);
    const all = (1n << width) - 1n;
    const fraction = this.pick([
      0n,
      1n,
      all,
      1n << (width - 1n),
      (1n << (width - 1n)) - 1n,
      1n << BigInt(this.below(Number(width))),
      all - (1n << BigInt(this.below(Number(width)))),
      wide & all,
      wide & all,
      wide & all & ~((1n << (width / 2n)) - 1n),
    ]);
    const sign = BigInt(this.below(2));
    if (double) return (sign << 63n) | (BigInt(exponent) << width) | fraction;
    return 0xffff_ffff_0000_0000n | (sign << 31n) | (BigInt(exponent) << width) | fraction;
  }

  /** 64 bits that are often near where arithmetic changes its mind: 0, ±1, sign bits, word boundaries. */
  value(): bigint {
    const edges = [0n, 1n, -1n, 1n << 31n, (1n << 31n) - 1n, 1n << 32n, 1n << 63n, (1n << 63n) - 1n];
    const wide = (BigInt(this.bits()) << 32n) | BigInt(this.bits());
    switch (this.below(4)) {
      case 0:
        return BigInt.asUintN(64, this.pick(edges) + BigInt(this.below(3) - 1));
      case 1:
        return wide >> BigInt(this.below(64));
      default:
        return wide;
    }
  }
}
