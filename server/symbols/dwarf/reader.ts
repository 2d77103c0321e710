import { DwarfError } from '../errors.ts';
import { decodeText } from '../text.ts';

/** Longest LEB128 encoding of 64 bits; padding may make one longer than it needs to be, but not this long. */
const MAXIMUM_LEB128 = 16;

/** A position in the bytes of a debug section; every read is checked, a failed one says where. */
export class Reader {
  readonly bytes: Uint8Array;
  #view: DataView | undefined;
  position = 0;

  constructor(
    bytes: Uint8Array,
    /** Name of the section, for messages. */
    readonly section: string,
    /** Offset of the first byte in that section. */
    readonly base = 0,
  ) {
    this.bytes = bytes;
  }

  get atEnd(): boolean {
    return this.position >= this.bytes.length;
  }

  get remaining(): number {
    return this.bytes.length - this.position;
  }

  /** Offset of the next byte in the section. */
  get offset(): number {
    return this.base + this.position;
  }

  fail(problem: string, position = this.position): never {
    throw new DwarfError(this.section, this.base + position, problem);
  }

  u8(): number {
    const value = this.bytes[this.position];
    if (value === undefined) this.#overrun(1);
    this.position++;
    return value;
  }

  i8(): number {
    return (this.u8() << 24) >> 24;
  }

  u16(): number {
    if (this.remaining < 2) this.#overrun(2);
    const { bytes, position } = this;
    this.position = position + 2;
    return bytes[position]! | (bytes[position + 1]! << 8);
  }

  u24(): number {
    return this.u16() | (this.u8() << 16);
  }

  u32(): number {
    if (this.remaining < 4) this.#overrun(4);
    const { bytes, position } = this;
    this.position = position + 4;
    const low = bytes[position]! | (bytes[position + 1]! << 8) | (bytes[position + 2]! << 16);
    return (low | (bytes[position + 3]! << 24)) >>> 0;
  }

  u64(): bigint {
    if (this.remaining < 8) this.#overrun(8);
    const { bytes } = this;
    // Made on demand: most readers are never asked for 64 bits.
    this.#view ??= new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const value = this.#view.getBigUint64(this.position, true);
    this.position += 8;
    return value;
  }

  /** An unsigned integer of `size` bytes (1–8). */
  unsigned(size: number): bigint {
    switch (size) {
      case 1:
        return BigInt(this.u8());
      case 2:
        return BigInt(this.u16());
      case 4:
        return BigInt(this.u32());
      case 8:
        return this.u64();
      default: {
        if (size < 1 || size > 8) this.fail(`an integer of ${size} bytes`);
        let value = 0n;
        for (let index = 0; index < size; index++) value |= BigInt(this.u8()) << BigInt(8 * index);
        return value;
      }
    }
  }

  /** An offset of the 32- or 64-bit DWARF format. */
  sectionOffset(size: 4 | 8): number {
    if (size === 4) return this.u32();
    const value = this.u64();
    if (value > BigInt(Number.MAX_SAFE_INTEGER))
      this.fail(`offset 0x${value.toString(16)} is outside any section`);
    return Number(value);
  }

  /** ULEB128 as a number; a value beyond 2^53 is malformed wherever a count, offset or code is expected. */
  uleb(): number {
    const first = this.bytes[this.position];
    if (first !== undefined && first < 0x80) {
      this.position++;
      return first;
    }
    const value = this.ulebBig();
    if (value > BigInt(Number.MAX_SAFE_INTEGER))
      this.fail(`number 0x${value.toString(16)} is too large here`);
    return Number(value);
  }

  /** ULEB128 as 64 unsigned bits. */
  ulebBig(): bigint {
    const start = this.position;
    let low = 0;
    let shift = 0;
    // Four groups of seven bits fit a small integer; nearly all numbers end there.
    for (; shift < 28; shift += 7) {
      const byte = this.u8();
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt(low);
    }
    let value = BigInt(low);
    for (let wide = BigInt(shift); ; wide += 7n) {
      if (this.position - start >= MAXIMUM_LEB128) this.fail('a LEB128 number does not end', start);
      const byte = this.u8();
      value |= BigInt(byte & 0x7f) << wide;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
  }

  /** SLEB128 as 64 signed bits. */
  sleb(): bigint {
    const start = this.position;
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      if (this.position - start >= MAXIMUM_LEB128) this.fail('a LEB128 number does not end', start);
      const byte = this.u8();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, (byte & 0x40) === 0 ? value : value - (1n << (shift + 7n)));
    }
  }

  /** SLEB128 where only a small number makes sense. */
  slebNumber(): number {
    const first = this.bytes[this.position] ?? 0x80;
    if (first >= 0x80) return Number(this.sleb());
    this.position++;
    return first >= 0x40 ? first - 0x80 : first;
  }

  skipLeb(): void {
    const start = this.position;
    while (this.u8() >= 0x80) {
      if (this.position - start >= MAXIMUM_LEB128) this.fail('a LEB128 number does not end', start);
    }
  }

  skip(length: number): void {
    if (length > this.remaining) this.#overrun(length);
    this.position += length;
  }

  take(length: number): Uint8Array {
    const start = this.position;
    this.skip(length);
    return this.bytes.subarray(start, this.position);
  }

  /** A NUL-terminated string. */
  cstring(): string {
    const start = this.position;
    this.skipString();
    return decodeText(this.bytes, start, this.position - 1);
  }

  skipString(): void {
    const { bytes } = this;
    let end = this.position;
    // Strings in place are short: looking on is faster than a call of `indexOf`.
    while (end < bytes.length && bytes[end] !== 0) end++;
    if (end >= bytes.length) this.fail('a string does not end');
    this.position = end + 1;
  }

  /** `unit_length` and the offset size it implies (DWARF 5, 7.4), checked against the bytes that follow. */
  unitLength(): { length: number; offsetSize: 4 | 8 } {
    const start = this.position;
    const first = this.u32();
    if (first >= 0xfffffff0 && first !== 0xffffffff) this.fail('a reserved unit length', start);
    const offsetSize = first === 0xffffffff ? 8 : 4;
    const length = offsetSize === 8 ? this.sectionOffset(8) : first;
    return { length, offsetSize };
  }

  #overrun(length: number): never {
    this.fail(`${length} bytes are expected, ${Math.max(0, this.remaining)} are left`);
  }
}
