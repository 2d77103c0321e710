/** A split virtqueue (virtio 1.2, section 2.7). It lies in the guest's memory: nothing in it is believed. */
import type { Stateful, StateVisitor } from '../state.ts';
import { type Buffer, Chain } from './chain.ts';
import type { GuestMemory } from './memory.ts';

export const QUEUE_SIZE_MAX = 256;
/** Bytes of one request; block requests of drivers that heed the device's limits stay below it. */
export const MAX_CHAIN_BYTES = 4 << 20;

const DESCRIPTOR_SIZE = 16;
const NEXT = 1;
const WRITE = 2;
const NO_INTERRUPT = 1;

/** Where the driver put the parts of a queue. */
export type QueueArea = 'descriptors' | 'available' | 'used';

export interface Request {
  readonly head: number;
  readonly chain: Chain;
}

export class VirtQueue implements Stateful {
  /** A power of two. */
  size = QUEUE_SIZE_MAX;
  ready = false;
  readonly areas: Record<QueueArea, bigint> = { descriptors: 0n, available: 0n, used: 0n };
  readonly #memory: GuestMemory;
  /** Requests taken and completed, modulo 2 ** 16. */
  #taken = 0;
  #completed = 0;

  constructor(memory: GuestMemory) {
    this.#memory = memory;
  }

  reset(): void {
    this.size = QUEUE_SIZE_MAX;
    this.ready = false;
    for (const area of Object.keys(this.areas) as QueueArea[]) this.areas[area] = 0n;
    this.#taken = 0;
    this.#completed = 0;
  }

  /** The next request; `broken` when what the driver left there is none. */
  take(): Request | 'empty' | 'broken' {
    const { available } = this.areas;
    const index = this.#read16(available + 2n);
    if (index === undefined) return 'broken';
    const waiting = (index - this.#taken) & 0xffff;
    if (waiting === 0) return 'empty';
    if (waiting > this.size) return 'broken';
    const head = this.#read16(available + 4n + BigInt(this.#taken % this.size) * 2n);
    const chain = head === undefined ? undefined : this.#chain(head);
    if (head === undefined || chain === undefined) return 'broken';
    this.#taken = (this.#taken + 1) & 0xffff;
    return { head, chain };
  }

  /** Hand a request back, with the number of bytes written into its room. False when the used ring is not in RAM. */
  complete(head: number, written: number): boolean {
    const { used } = this.areas;
    const element = new DataView(new ArrayBuffer(8));
    element.setUint32(0, head, true);
    element.setUint32(4, written, true);
    const slot = used + 4n + BigInt(this.#completed % this.size) * 8n;
    const index = (this.#completed + 1) & 0xffff;
    if (
      !this.#memory.write(slot, new Uint8Array(element.buffer)) ||
      !this.#memory.write(used + 2n, Uint8Array.of(index & 0xff, index >> 8))
    )
      return false;
    this.#completed = index;
    return true;
  }

  /** Whether the driver wants to be interrupted. */
  get interrupts(): boolean {
    return ((this.#read16(this.areas.available) ?? 0) & NO_INTERRUPT) === 0;
  }

  visit(state: StateVisitor): void {
    this.size = state.u32(this.size);
    this.ready = state.u32(this.ready ? 1 : 0) === 1;
    for (const area of Object.keys(this.areas) as QueueArea[]) this.areas[area] = state.u64(this.areas[area]);
    this.#taken = state.u32(this.#taken);
    this.#completed = state.u32(this.#completed);
  }

  /** Undefined for a chain that loops, is too long, leaves RAM, or gives after it has asked. */
  #chain(head: number): Chain | undefined {
    const readable: Buffer[] = [];
    const writable: Buffer[] = [];
    let bytes = 0;
    let index = head;
    for (let count = 0; count < this.size; count++) {
      if (index >= this.size) return undefined;
      const raw = this.#memory.read(
        this.areas.descriptors + BigInt(index * DESCRIPTOR_SIZE),
        DESCRIPTOR_SIZE,
      );
      if (raw === undefined) return undefined;
      const view = new DataView(raw.buffer);
      const address = view.getBigUint64(0, true);
      const length = view.getUint32(8, true);
      const flags = view.getUint16(12, true);
      bytes += length;
      const known = (flags & ~(NEXT | WRITE)) === 0;
      if (!known || bytes > MAX_CHAIN_BYTES || !this.#memory.has(address, length)) return undefined;
      if ((flags & WRITE) !== 0) writable.push({ address, length });
      else if (writable.length > 0) return undefined;
      else readable.push({ address, length });
      if ((flags & NEXT) === 0) return new Chain(this.#memory, readable, writable);
      index = view.getUint16(14, true);
    }
    return undefined;
  }

  #read16(address: bigint): number | undefined {
    const bytes = this.#memory.read(address, 2);
    return bytes === undefined ? undefined : bytes[0]! | (bytes[1]! << 8);
  }
}
