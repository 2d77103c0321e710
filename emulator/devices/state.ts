/**
 * A device describes its registers once, in `visit`; the same description saves, restores and hashes them. A visitor
 * hands back the value the register shall have: the same one when it writes, the stored one when it reads.
 */
export interface StateVisitor {
  /** 32 bits, unsigned. */
  u32(value: number): number;
  /** 64 bits, unsigned. */
  u64(value: bigint): bigint;
  /** Any number of bytes. */
  bytes(value: Uint8Array): Uint8Array;
}

export interface Stateful {
  visit(state: StateVisitor): void;
}

/** Collects state into bytes, little-endian. */
export class StateWriter implements StateVisitor {
  #bytes = new Uint8Array(4096);
  #length = 0;

  u32(value: number): number {
    const start = this.#room(4);
    new DataView(this.#bytes.buffer).setUint32(start, value, true);
    return value;
  }

  u64(value: bigint): bigint {
    this.u32(Number(BigInt.asUintN(32, value)));
    this.u32(Number(BigInt.asUintN(32, value >> 32n)));
    return value;
  }

  bytes(value: Uint8Array): Uint8Array {
    this.u32(value.length);
    const start = this.#room(value.length);
    this.#bytes.set(value, start);
    return value;
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** Offset of so many more bytes. */
  #room(length: number): number {
    const start = this.#length;
    this.#length += length;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    return start;
  }
}

/** Hands the bytes of a StateWriter back in the same order. */
export class StateReader implements StateVisitor {
  readonly #view: DataView;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u32(): number {
    const value = this.#view.getUint32(this.#offset, true);
    this.#offset += 4;
    return value;
  }

  u64(): bigint {
    const value = this.#view.getBigUint64(this.#offset, true);
    this.#offset += 8;
    return value;
  }

  bytes(): Uint8Array {
    const length = this.u32();
    const start = this.#view.byteOffset + this.#offset;
    this.#offset += length;
    return new Uint8Array(this.#view.buffer.slice(start, start + length));
  }
}
