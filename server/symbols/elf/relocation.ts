/**
 * RISC-V relocations of data (psABI, "Relocations"): those that debug information, exception tables and pointers are
 * made of. Relaxation makes even the length of a function one of them: a difference of two symbols.
 */

export interface Relocation {
  /** Bytes from the start of the section. */
  readonly offset: number;
  /** R_RISCV_*, as a number. */
  readonly type: number;
  /** S + A. */
  readonly value: bigint;
}

interface Field {
  /** Bytes. */
  readonly size: 1 | 2 | 4 | 8;
  /** The six bits of a DW_CFA_advance_loc leave the upper two of their byte alone. */
  readonly mask?: bigint;
  readonly combine: (old: bigint, value: bigint, place: bigint) => bigint;
}

const set = (_: bigint, value: bigint): bigint => value;
const add = (old: bigint, value: bigint): bigint => old + value;
const subtract = (old: bigint, value: bigint): bigint => old - value;
const SIX_BITS = 0x3fn;

const FIELDS: Readonly<Record<number, Field>> = {
  1: { size: 4, combine: set }, // 32
  2: { size: 8, combine: set }, // 64
  33: { size: 1, combine: add }, // ADD8 …
  34: { size: 2, combine: add },
  35: { size: 4, combine: add },
  36: { size: 8, combine: add },
  37: { size: 1, combine: subtract }, // SUB8 …
  38: { size: 2, combine: subtract },
  39: { size: 4, combine: subtract },
  40: { size: 8, combine: subtract },
  52: { size: 1, mask: SIX_BITS, combine: subtract }, // SUB6
  53: { size: 1, mask: SIX_BITS, combine: set }, // SET6
  54: { size: 1, combine: set }, // SET8 …
  55: { size: 2, combine: set },
  56: { size: 4, combine: set },
  57: { size: 4, combine: (_, value, place) => value - place }, // 32_PCREL
};
const SET_ULEB128 = 60;
const SUB_ULEB128 = 61;

/** Applies relocations to the bytes of one section, in order; other types, those of code, are left out. */
export class Relocator {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #address: bigint;
  /** The first half of a ULEB128 pair, which only makes sense with the second. */
  #minuend: Relocation | undefined;

  constructor(bytes: Uint8Array, address: bigint) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#address = address;
  }

  apply(relocation: Relocation): void {
    const { offset, type, value } = relocation;
    if (type === SET_ULEB128) this.#minuend = relocation;
    else if (type === SUB_ULEB128 && this.#minuend?.offset === offset)
      this.#writeUleb(offset, this.#minuend.value - value);
    const field = FIELDS[type];
    if (field === undefined || offset + field.size > this.#bytes.length) return;
    const old = this.#read(offset, field.size);
    const next = field.combine(old, value, this.#address + BigInt(offset));
    const mask = field.mask ?? (1n << BigInt(8 * field.size)) - 1n;
    this.#write(offset, field.size, (old & ~mask) | (next & mask));
  }

  #read(offset: number, size: Field['size']): bigint {
    if (size === 8) return this.#view.getBigUint64(offset, true);
    if (size === 4) return BigInt(this.#view.getUint32(offset, true));
    return BigInt(size === 2 ? this.#view.getUint16(offset, true) : this.#view.getUint8(offset));
  }

  #write(offset: number, size: Field['size'], value: bigint): void {
    if (size === 8) this.#view.setBigUint64(offset, BigInt.asUintN(64, value), true);
    else if (size === 4) this.#view.setUint32(offset, Number(BigInt.asUintN(32, value)), true);
    else if (size === 2) this.#view.setUint16(offset, Number(BigInt.asUintN(16, value)), true);
    else this.#view.setUint8(offset, Number(BigInt.asUintN(8, value)));
  }

  /** In as many bytes as the assembler has left for it. */
  #writeUleb(offset: number, value: bigint): void {
    let rest = BigInt.asUintN(64, value);
    for (let at = offset; at < this.#bytes.length; at++) {
      const isLast = (this.#bytes[at]! & 0x80) === 0;
      this.#bytes[at] = Number(rest & 0x7fn) | (isLast ? 0 : 0x80);
      rest >>= 7n;
      if (isLast) return;
    }
  }
}
