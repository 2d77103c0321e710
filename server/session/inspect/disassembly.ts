/** Instructions as text, with the places they come from and the targets' names. */
import { disassemble } from '../../../emulator/isa/disassemble.ts';
import type { DisassembledInstruction } from './inspector.ts';
import type { GuestMemory } from './memory.ts';
import type { Places } from './places.ts';

/** Bytes looked back, for each instruction before an address, to find where instructions begin. */
const LOOK_BACK = 4;

export class Disassembly {
  readonly #memory: GuestMemory;
  readonly #places: Places;
  readonly #nameOf: (address: bigint) => string | undefined;
  /** Start of the function around an address, from which instructions can be counted off. */
  readonly #functionStart: (address: bigint) => bigint | undefined;

  constructor(
    memory: GuestMemory,
    places: Places,
    nameOf: (address: bigint) => string | undefined,
    functionStart: (address: bigint) => bigint | undefined,
  ) {
    this.#memory = memory;
    this.#places = places;
    this.#nameOf = nameOf;
    this.#functionStart = functionStart;
  }

  /**
   * `count` instructions of which number `before` is the one at `address`. What lies before an address is found by
   * counting from the start of its function; outside of functions every halfword pair is taken as it comes.
   */
  list(hart: number, address: bigint, count: number, before: number): DisassembledInstruction[] {
    const aligned = address & ~1n;
    const listed = before > 0 ? this.#preceding(hart, aligned, before) : [];
    let at = aligned;
    for (let skipped = before; skipped < 0; skipped++) at += this.one(hart, at).size;
    while (listed.length < count) {
      const { size, ...instruction } = this.one(hart, at);
      listed.push(instruction);
      at = BigInt.asUintN(64, at + size);
    }
    return listed.slice(0, count);
  }

  /** The instruction at an address; `size` is 2 where none can be read. */
  one(hart: number, address: bigint): DisassembledInstruction & { readonly size: bigint } {
    const { bytes } = this.#memory.read(address, 4, { hart });
    const place = this.#places.at(address);
    const low = bytes.length < 2 ? undefined : bytes[0]! | (bytes[1]! << 8);
    const isWide = low !== undefined && (low & 3) === 3;
    if (low === undefined || (isWide && bytes.length < 4))
      return { address, bytes: undefined, text: 'unreadable', place, size: 2n };
    const bits = isWide ? low | (bytes[2]! << 16) | (bytes[3]! << 24) : low;
    const { mnemonic, operands, length, target } = disassemble(bits >>> 0, address);
    const name = target === undefined ? undefined : this.#nameOf(target);
    const text = `${mnemonic} ${operands}${name === undefined ? '' : ` <${name}>`}`.trim();
    return { address, bytes: bytes.slice(0, length), text, place, size: BigInt(length) };
  }

  /** Exactly `count` instructions that end where `address` begins. */
  #preceding(hart: number, address: bigint, count: number): DisassembledInstruction[] {
    const known = this.#functionStart(address - 1n);
    const far = address - BigInt(count * LOOK_BACK);
    const found: DisassembledInstruction[] = [];
    for (let at = known !== undefined && known < address ? known : far; at < address;) {
      const { size, ...instruction } = this.one(hart, at);
      found.push(instruction);
      at += size;
    }
    if (found.length >= count) return found.slice(found.length - count);
    const first = found[0]?.address ?? address;
    return [...this.#preceding(hart, first, count - found.length), ...found];
  }
}
