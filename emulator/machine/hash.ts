/** A fast 128-bit hash for comparing machine states: four lanes in the manner of xxHash32. Not for enemies. */

const PRIME_1 = 0x9e3779b1;
const PRIME_2 = 0x85ebca77;
const PRIME_3 = 0xc2b2ae3d;
const PRIME_4 = 0x27d4eb2f;

export class StateHash {
  #a = PRIME_1;
  #b = PRIME_2;
  #c = PRIME_3;
  #d = PRIME_4;

  /** `bytes` must begin at a multiple of 4 in its buffer; what is missing to a multiple of 16 counts as zeros. */
  update(bytes: Uint8Array): this {
    const whole = bytes.length & ~15;
    this.#words(new Uint32Array(bytes.buffer, bytes.byteOffset, whole >> 2));
    if (whole < bytes.length) {
      const rest = new Uint8Array(16);
      rest.set(bytes.subarray(whole));
      this.#words(new Uint32Array(rest.buffer));
    }
    return this.#words(Uint32Array.of(bytes.length, 0, 0, 0));
  }

  number(value: bigint): this {
    return this.#words(
      Uint32Array.of(Number(value & 0xffff_ffffn), Number((value >> 32n) & 0xffff_ffffn), 0, 0),
    );
  }

  /** 32 hexadecimal digits. */
  digest(): string {
    const lanes = [this.#a, this.#b, this.#c, this.#d];
    // Each digit group depends on all lanes.
    return lanes
      .map((_, first) => {
        const mixed = [0, 1, 2, 3].reduce((hash, next) => round(hash, lanes[(first + next) % 4]!), first);
        return (avalanche(mixed) >>> 0).toString(16).padStart(8, '0');
      })
      .join('');
  }

  #words(words: Uint32Array): this {
    let a = this.#a;
    let b = this.#b;
    let c = this.#c;
    let d = this.#d;
    for (let i = 0; i < words.length; i += 4) {
      a = round(a, words[i]!);
      b = round(b, words[i + 1]!);
      c = round(c, words[i + 2]!);
      d = round(d, words[i + 3]!);
    }
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#d = d;
    return this;
  }
}

function round(lane: number, word: number): number {
  const sum = (lane + Math.imul(word, PRIME_2)) | 0;
  return Math.imul((sum << 13) | (sum >>> 19), PRIME_1);
}

function avalanche(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 15), PRIME_2);
  h = Math.imul(h ^ (h >>> 13), PRIME_3);
  return h ^ (h >>> 16);
}
