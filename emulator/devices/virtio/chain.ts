/** The buffers of one request: what the driver wrote for the device, then room for the device's answer. */
import type { GuestMemory } from './memory.ts';

/** A range of RAM. */
export interface Buffer {
  readonly address: bigint;
  /** Bytes. */
  readonly length: number;
}

export class Chain {
  /** Bytes that the driver gives. */
  readonly given: number;
  /** Bytes of room for the answer. */
  readonly room: number;
  readonly #memory: GuestMemory;
  readonly #readable: readonly Buffer[];
  readonly #writable: readonly Buffer[];

  /** All buffers are in RAM. */
  constructor(memory: GuestMemory, readable: readonly Buffer[], writable: readonly Buffer[]) {
    this.#memory = memory;
    this.#readable = readable;
    this.#writable = writable;
    this.given = lengthOf(readable);
    this.room = lengthOf(writable);
  }

  /** All that the driver gives, in one piece. */
  read(): Uint8Array {
    const bytes = new Uint8Array(this.given);
    let filled = 0;
    for (const { address, length } of this.#readable) {
      bytes.set(this.#memory.read(address, length) ?? [], filled);
      filled += length;
    }
    return bytes;
  }

  /** Write `bytes` from byte `offset` of the room on; what does not fit is lost. */
  write(offset: number, bytes: Uint8Array): void {
    let start = -offset;
    for (const { address, length } of this.#writable) {
      const first = Math.max(start, 0);
      const part = bytes.subarray(first, Math.max(start + length, first));
      if (part.length > 0) this.#memory.write(address + BigInt(first - start), part);
      start += length;
    }
  }
}

function lengthOf(buffers: readonly Buffer[]): number {
  return buffers.reduce((sum, { length }) => sum + length, 0);
}
