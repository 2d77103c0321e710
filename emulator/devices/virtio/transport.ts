/**
 * Virtio over MMIO, version 2 (virtio 1.2, section 4.2). A kick is answered exactly LATENCY steps later, a bounded
 * amount of work at a time, so that completions are part of the deterministic run and no guest can hold up the host.
 */
import { VIRTIO_BASE, VIRTIO_INTERRUPT, VIRTIO_SIZE, VIRTIO_STRIDE } from '../../memoryMap.ts';
import { type Device, merge, slice } from '../device.ts';
import type { StateVisitor } from '../state.ts';
import type { VirtioFunction } from './function.ts';
import type { GuestMemory } from './memory.ts';
import { QUEUE_SIZE_MAX, type QueueArea, VirtQueue } from './queue.ts';

/** Steps between a kick and its service, and between two portions of work: 20 µs of the guest's time. */
export const LATENCY = 2000n;
/** One portion of work ends behind the request that reaches either. */
const PORTION_REQUESTS = 64;
const PORTION_BYTES = 1 << 20;

const MAGIC = 0x7472_6976;
const VERSION = 2;
/** QEMU's: xv6 looks for it. */
const VENDOR = 0x554d_4551;
const VERSION_1 = 1n << 32n;
const CONFIG = 0x100;

const REGISTER = {
  magic: 0x00,
  version: 0x04,
  deviceId: 0x08,
  vendor: 0x0c,
  deviceFeatures: 0x10,
  deviceFeaturesSelect: 0x14,
  driverFeatures: 0x20,
  driverFeaturesSelect: 0x24,
  queueSelect: 0x30,
  queueSizeMax: 0x34,
  queueSize: 0x38,
  queueReady: 0x44,
  queueNotify: 0x50,
  interruptStatus: 0x60,
  interruptAcknowledge: 0x64,
  status: 0x70,
  sharedMemoryLengthLow: 0xb0,
  sharedMemoryLengthHigh: 0xb4,
} as const;

/** Each has a register for its low half, and one for its high half behind it. */
const AREAS: Readonly<Record<number, QueueArea>> = { 0x80: 'descriptors', 0x90: 'available', 0xa0: 'used' };

const STATUS = { driverOk: 4, featuresOk: 8, needsReset: 64 } as const;
const INTERRUPT = { used: 1, config: 2 } as const;

export interface TransportConnections {
  readonly memory: GuestMemory;
  /** Steps done or skipped. */
  readonly now: () => bigint;
  readonly interrupt: (source: number, level: boolean) => void;
  /** `nextEvent` may give another answer now. */
  readonly deadlineChanged: () => void;
}

/** One of the slots on the bus; an empty one says so by device 0. */
export class VirtioTransport implements Device {
  readonly name = 'virtio_mmio';
  readonly base: number;
  readonly size = VIRTIO_SIZE;
  readonly widths = [1, 2, 4];
  readonly #source: number;
  readonly #connections: TransportConnections;
  readonly #function: VirtioFunction | undefined;
  readonly #queues: readonly VirtQueue[];
  #deviceFeaturesSelect = 0;
  #driverFeaturesSelect = 0;
  #driverFeatures = 0n;
  #queueSelect = 0;
  #interruptStatus = 0;
  #status = 0;
  /** Queues, as bits, that wait for service; and when it comes. */
  #kicked = 0;
  #due = 0n;

  constructor(slot: number, connections: TransportConnections, behind: VirtioFunction | undefined) {
    this.base = VIRTIO_BASE + slot * VIRTIO_STRIDE;
    this.#source = VIRTIO_INTERRUPT + slot;
    this.#connections = connections;
    this.#function = behind;
    this.#queues = Array.from({ length: behind?.queues ?? 0 }, () => new VirtQueue(connections.memory));
  }

  /** In steps; undefined for never. */
  nextEvent(): bigint | undefined {
    return this.#kicked === 0 ? undefined : this.#due;
  }

  /** Do the work that is due. */
  service(): void {
    if (this.#kicked === 0 || this.#connections.now() < this.#due) return;
    const waiting = this.#kicked;
    this.#kicked = 0;
    const portion = { requests: PORTION_REQUESTS, bytes: PORTION_BYTES };
    this.#queues.forEach((queue, index) => {
      if (((waiting >> index) & 1) === 1) this.#serve(queue, index, portion);
    });
  }

  /** Serve a queue LATENCY steps from now: the driver, or something that has arrived for it, asks for it. */
  kick(queue: number): void {
    if (!this.#running || this.#queues[queue]?.ready !== true) return;
    if (this.#kicked === 0) this.#due = this.#connections.now() + LATENCY;
    this.#kicked |= 1 << queue;
    this.#connections.deadlineChanged();
  }

  read(offset: number, width: number): bigint {
    if (offset >= CONFIG) return this.#readConfig(offset - CONFIG, width);
    return width === 4 ? BigInt(this.#readRegister(offset) >>> 0) : 0n;
  }

  write(offset: number, width: number, value: bigint): void {
    if (offset < CONFIG && width === 4 && this.#function !== undefined)
      this.#writeRegister(this.#function, offset, Number(value));
  }

  visit(state: StateVisitor): void {
    this.#deviceFeaturesSelect = state.u32(this.#deviceFeaturesSelect);
    this.#driverFeaturesSelect = state.u32(this.#driverFeaturesSelect);
    this.#driverFeatures = state.u64(this.#driverFeatures);
    this.#queueSelect = state.u32(this.#queueSelect);
    this.#interruptStatus = state.u32(this.#interruptStatus);
    this.#status = state.u32(this.#status);
    this.#kicked = state.u32(this.#kicked);
    this.#due = state.u64(this.#due);
    for (const queue of this.#queues) queue.visit(state);
    this.#function?.visit(state);
  }

  get #features(): bigint {
    return this.#function === undefined ? 0n : this.#function.features | VERSION_1;
  }

  get #running(): boolean {
    return (this.#status & (STATUS.driverOk | STATUS.needsReset)) === STATUS.driverOk;
  }

  #readRegister(offset: number): number {
    switch (offset) {
      case REGISTER.magic:
        return MAGIC;
      case REGISTER.version:
        return VERSION;
      case REGISTER.deviceId:
        return this.#function?.deviceId ?? 0;
      case REGISTER.vendor:
        return VENDOR;
      case REGISTER.deviceFeatures:
        return this.#deviceFeaturesSelect > 1
          ? 0
          : Number(slice(this.#features, this.#deviceFeaturesSelect * 4, 4));
      case REGISTER.queueSizeMax:
        return this.#queues[this.#queueSelect] === undefined ? 0 : QUEUE_SIZE_MAX;
      case REGISTER.queueReady:
        return this.#queues[this.#queueSelect]?.ready === true ? 1 : 0;
      case REGISTER.interruptStatus:
        return this.#interruptStatus;
      case REGISTER.status:
        return this.#status;
      case REGISTER.sharedMemoryLengthLow:
      case REGISTER.sharedMemoryLengthHigh:
        // No shared memory: its length is −1.
        return 0xffff_ffff;
      default:
        return 0;
    }
  }

  #writeRegister(behind: VirtioFunction, offset: number, value: number): void {
    const queue = this.#queues[this.#queueSelect];
    switch (offset) {
      case REGISTER.deviceFeaturesSelect:
        this.#deviceFeaturesSelect = value;
        break;
      case REGISTER.driverFeatures:
        if (this.#driverFeaturesSelect <= 1 && (this.#status & STATUS.featuresOk) === 0)
          this.#driverFeatures = merge(
            this.#driverFeatures,
            this.#driverFeaturesSelect * 4,
            4,
            BigInt(value),
          );
        break;
      case REGISTER.driverFeaturesSelect:
        this.#driverFeaturesSelect = value;
        break;
      case REGISTER.queueSelect:
        this.#queueSelect = value;
        break;
      case REGISTER.queueSize:
        if (queue?.ready === false && isQueueSize(value)) queue.size = value;
        break;
      case REGISTER.queueReady:
        if (queue !== undefined) queue.ready = (value & 1) === 1;
        break;
      case REGISTER.queueNotify:
        if (value < behind.queues) this.kick(value);
        break;
      case REGISTER.interruptAcknowledge:
        this.#setInterrupt(this.#interruptStatus & ~value);
        break;
      case REGISTER.status:
        this.#setStatus(value & 0xff);
        break;
      default:
        this.#setArea(queue, offset, value);
    }
  }

  #setArea(queue: VirtQueue | undefined, offset: number, value: number): void {
    const half = offset & 4;
    const area = AREAS[offset - half];
    if (area !== undefined && queue?.ready === false)
      queue.areas[area] = merge(queue.areas[area], half, 4, BigInt(value));
  }

  #setStatus(status: number): void {
    if (status === 0) {
      this.#reset();
      return;
    }
    const refused = (this.#driverFeatures & ~this.#features) !== 0n;
    const own = STATUS.needsReset | (refused ? STATUS.featuresOk : 0);
    // Only a reset clears what has been set.
    this.#status |= status & ~own;
  }

  #reset(): void {
    this.#status = 0;
    this.#driverFeatures = 0n;
    this.#kicked = 0;
    for (const queue of this.#queues) queue.reset();
    this.#setInterrupt(0);
  }

  #serve(queue: VirtQueue, index: number, portion: { requests: number; bytes: number }): void {
    const behind = this.#function!;
    while (this.#running && queue.ready && behind.ready(index)) {
      if (portion.requests <= 0 || portion.bytes <= 0) {
        this.kick(index);
        return;
      }
      const request = queue.take();
      if (request === 'empty') return;
      const written = request === 'broken' ? request : behind.serve(index, request.chain);
      if (request === 'broken' || written === 'broken' || !queue.complete(request.head, written)) {
        this.#fail();
        return;
      }
      portion.requests--;
      portion.bytes -= request.chain.given + request.chain.room;
      if (queue.interrupts) this.#setInterrupt(this.#interruptStatus | INTERRUPT.used);
    }
  }

  /** The driver did what no driver may: nothing goes on until it resets the device (virtio 1.2, section 2.1.2). */
  #fail(): void {
    this.#status |= STATUS.needsReset;
    this.#kicked = 0;
    this.#setInterrupt(this.#interruptStatus | INTERRUPT.config);
  }

  #setInterrupt(status: number): void {
    this.#interruptStatus = status;
    this.#connections.interrupt(this.#source, status !== 0);
  }

  #readConfig(offset: number, width: number): bigint {
    let value = 0n;
    for (let byte = width - 1; byte >= 0; byte--)
      value = (value << 8n) | BigInt(this.#function?.config[offset + byte] ?? 0);
    return value;
  }
}

function isQueueSize(value: number): boolean {
  return value >= 1 && value <= QUEUE_SIZE_MAX && (value & (value - 1)) === 0;
}
