/** RAM by guest-physical address, for debuggers, firmware and loaders. */
import type { CoreExports } from '../core-interface.ts';
import { FRAME_CODE_CACHED, FRAME_FLAGS, FRAME_PAGE_TABLE, PAGE_SIZE, RAM, RAM_PHYSICAL } from '../layout.ts';
import type { EngineMemory } from './memory.ts';

const BASE = BigInt(RAM_PHYSICAL);

export class PhysicalMemory {
  /** Bytes of RAM, from 0x80000000. */
  readonly size: number;
  readonly #memory: EngineMemory;
  readonly #core: CoreExports;
  readonly #pageTableWritten: () => void;

  /** `pageTableWritten` hears of writes to frames that page-table watchers depend on. */
  constructor(memory: EngineMemory, core: CoreExports, size: number, pageTableWritten: () => void) {
    this.#memory = memory;
    this.#core = core;
    this.size = size;
    this.#pageTableWritten = pageTableWritten;
  }

  /** Whether all of these bytes are RAM. */
  has(address: bigint, length: number | bigint): boolean {
    return address >= BASE && address + BigInt(length) <= BASE + BigInt(this.size);
  }

  /** A copy; undefined unless all of it is RAM. */
  read(address: bigint, length: number): Uint8Array | undefined {
    if (!this.has(address, length)) return undefined;
    const start = this.#offset(address);
    return this.#memory.bytes.slice(start, start + length);
  }

  /** Little-endian doubleword; undefined outside RAM. */
  read64(address: bigint): bigint | undefined {
    return this.has(address, 8) ? this.#memory.u64(this.#offset(address)) : undefined;
  }

  /** False, and nothing written, unless all of it is RAM. Predecoded instructions there are forgotten. */
  write(address: bigint, bytes: Uint8Array): boolean {
    if (!this.has(address, bytes.length)) return false;
    this.#memory.bytes.set(bytes, this.#offset(address));
    this.#changed(address, bytes.length);
    return true;
  }

  write64(address: bigint, value: bigint): boolean {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, value, true);
    return this.write(address, bytes);
  }

  #changed(address: bigint, length: number): void {
    if (length === 0) return;
    const last = this.#frame(address + BigInt(length - 1));
    let flags = 0;
    for (let frame = this.#frame(address); frame <= last; frame++) {
      const here = this.#memory.bytes[FRAME_FLAGS + frame]!;
      if ((here & FRAME_CODE_CACHED) !== 0) this.#core.dropCode(frame);
      flags |= here;
    }
    if ((flags & FRAME_PAGE_TABLE) !== 0) this.#pageTableWritten();
  }

  #offset(address: bigint): number {
    return RAM + Number(address - BASE);
  }

  #frame(address: bigint): number {
    return Math.floor(Number(address - BASE) / PAGE_SIZE);
  }
}
