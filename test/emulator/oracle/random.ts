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
