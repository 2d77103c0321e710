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
  readonly #bytes: number[] = [];

  u32(value: number): number {
    for (let shift = 0; shift < 32; shift += 8) this.#bytes.push((value >>> shift) & 0xff);
    return value;
  }

  u64(value: bigint): bigint {
    this.u32(Number(BigInt.asUintN(32, value)));
    this.u32(Number(BigInt.asUintN(32, value >> 32n)));
    return value;
  }

  bytes(value: Uint8Array): Uint8Array {
    this.u32(value.length);
    for (const byte of value) this.#bytes.push(byte);
    return value;
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.#bytes);
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
