/** A driver of virtio devices in TypeScript, over a piece of RAM of its own. */
import { StateReader, StateWriter } from '../../../emulator/devices/state.ts';
import type { VirtioFunction } from '../../../emulator/devices/virtio/function.ts';
import type { GuestMemory } from '../../../emulator/devices/virtio/memory.ts';
import { LATENCY, VirtioTransport } from '../../../emulator/devices/virtio/transport.ts';

export const RAM = 0x8000_0000n;
const RAM_SIZE = 8 << 20;
const QUEUE_SIZE = 16;
const QUEUE_STRIDE = 0x1000n;
const DATA = RAM + 0x1_0000n;

export const FLAG = { next: 1, write: 2, indirect: 4 } as const;

export interface Descriptor {
  readonly address: bigint;
  readonly length: number;
  readonly flags: number;
  readonly next: number;
}

export class Ram implements GuestMemory {
  readonly bytes = new Uint8Array(RAM_SIZE);
  readonly view = new DataView(this.bytes.buffer);

  has(address: bigint, length: number): boolean {
    return address >= RAM && address + BigInt(length) <= RAM + BigInt(RAM_SIZE);
  }

  read(address: bigint, length: number): Uint8Array | undefined {
    const start = Number(address - RAM);
    return this.has(address, length) ? this.bytes.slice(start, start + length) : undefined;
  }

  write(address: bigint, bytes: Uint8Array): boolean {
    if (!this.has(address, bytes.length)) return false;
    this.bytes.set(bytes, Number(address - RAM));
    return true;
  }
}

export class Driver {
  readonly ram = new Ram();
  readonly transport: VirtioTransport;
  now = 1000n;
  interrupt = false;
  #data = DATA;
  readonly #submitted: number[] = [];

  constructor(behind: VirtioFunction | undefined) {
    this.transport = new VirtioTransport(
      0,
      {
        memory: this.ram,
        now: () => this.now,
        interrupt: (_, level) => {
          this.interrupt = level;
        },
        deadlineChanged: () => undefined,
      },
      behind,
    );
  }

  read(register: number, width = 4): number {
    return Number(this.transport.read(register, width));
  }

  write(register: number, value: number): void {
    this.transport.write(register, 4, BigInt(value));
  }

  get status(): number {
    return this.read(0x70);
  }

  /** Reset, agree on all features, set up all queues, and go. */
  start(queues: number): this {
    this.write(0x70, 0);
    this.write(0x70, 3);
    for (const half of [0, 1]) {
      this.write(0x14, half);
      this.write(0x24, half);
      this.write(0x20, this.read(0x10));
    }
    this.write(0x70, 11);
    for (let queue = 0; queue < queues; queue++) {
      this.write(0x30, queue);
      this.write(0x38, QUEUE_SIZE);
      for (const [register, part] of [
        [0x80, 0n],
        [0x90, 0x400n],
        [0xa0, 0x800n],
      ] as const)
        this.write(register, Number(this.#area(queue) + part));
      this.write(0x44, 1);
      this.#submitted[queue] = 0;
    }
    this.write(0x70, 15);
    return this;
  }

  describe(queue: number, index: number, { address, length, flags, next }: Descriptor): void {
    const at = this.#offset(queue) + index * 16;
    this.ram.view.setBigUint64(at, address, true);
    this.ram.view.setUint32(at + 8, length, true);
    this.ram.view.setUint16(at + 12, flags, true);
    this.ram.view.setUint16(at + 14, next, true);
  }

  /** Offer the chain that begins at this descriptor, and kick. */
  offer(queue: number, head: number, kick = true): void {
    const { view } = this.ram;
    const count = this.#submitted[queue]!++;
    const available = this.#offset(queue) + 0x400;
    view.setUint16(available + 4 + (count % QUEUE_SIZE) * 2, head, true);
    view.setUint16(available + 2, (count + 1) & 0xffff, true);
    if (kick) this.write(0x50, queue);
  }

  /** Let time pass until everything that was kicked is done. */
  settle(): void {
    for (let round = 0; this.transport.nextEvent() !== undefined && round < 1000; round++) {
      this.now = this.transport.nextEvent()!;
      this.transport.service();
    }
  }

  /** How many requests the device has completed, and what it said about the last one. */
  completed(queue: number): { count: number; head: number; written: number } {
    const { view } = this.ram;
    const used = this.#offset(queue) + 0x800;
    const count = view.getUint16(used + 2, true);
    const element = used + 4 + ((count - 1) & (QUEUE_SIZE - 1)) * 8;
    return { count, head: view.getUint32(element, true), written: view.getUint32(element + 4, true) };
  }

  /** One whole request in buffers of the sizes given; the answer's room, and how much of it was written. */
  request(
    queue: number,
    given: readonly Uint8Array[],
    room: readonly number[],
  ): { answer: Uint8Array; written: number } {
    const buffers = [
      ...given.map((bytes) => ({ bytes, flags: 0 })),
      ...room.map((length) => ({ bytes: new Uint8Array(length), flags: FLAG.write })),
    ];
    this.#data = DATA;
    const places = buffers.map(({ bytes, flags }, index) => {
      const address = this.#data;
      this.#data += BigInt(bytes.length + 3);
      this.ram.write(address, bytes);
      const last = index === buffers.length - 1;
      this.describe(queue, index, {
        address,
        length: bytes.length,
        flags: flags | (last ? 0 : FLAG.next),
        next: index + 1,
      });
      return { address, length: bytes.length, flags };
    });
    this.offer(queue, 0);
    this.settle();
    const parts = places
      .filter(({ flags }) => flags !== 0)
      .map(({ address, length }) => this.ram.read(address, length)!);
    return { answer: Uint8Array.from(Buffer.concat(parts)), written: this.completed(queue).written };
  }

  /** What a device that was saved and restored makes of it. */
  restoredInto(other: Driver): Driver {
    const writer = new StateWriter();
    this.transport.visit(writer);
    other.transport.visit(new StateReader(writer.finish()));
    other.ram.bytes.set(this.ram.bytes);
    other.now = this.now;
    other.#submitted.push(...this.#submitted);
    return other;
  }

  #area(queue: number): bigint {
    return RAM + QUEUE_STRIDE * BigInt(queue);
  }

  #offset(queue: number): number {
    return Number(this.#area(queue) - RAM);
  }
}

export { LATENCY };
