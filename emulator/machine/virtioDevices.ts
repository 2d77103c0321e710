/** What is in the virtio slots: a disk if there is one, a console and entropy. The slots are fixed; the rest is empty. */
import { BlockFunction } from '../devices/virtio/block.ts';
import { ConsoleFunction, type ConsolePort, RECEIVE_QUEUE } from '../devices/virtio/console.ts';
import type { CopyOnWriteDisk } from '../devices/virtio/disk.ts';
import { EntropyFunction } from '../devices/virtio/entropy.ts';
import type { VirtioFunction } from '../devices/virtio/function.ts';
import { type TransportConnections, VirtioTransport } from '../devices/virtio/transport.ts';
import { VIRTIO_SLOTS } from '../memoryMap.ts';
import type { DmaWrite } from './observer.ts';
import { earliest, type TimedEvents } from './scheduler.ts';

export interface VirtioConnections extends TransportConnections {
  readonly dmaWritten: (write: DmaWrite) => void;
  readonly disk: CopyOnWriteDisk | undefined;
  readonly console: ConsolePort;
}

/** xv6 looks for its disk in slot 0. */
const DISK_SLOT = 0;
const CONSOLE_SLOT = 1;
const ENTROPY_SLOT = 2;
/** By slot, as QEMU calls them. */
const NAMES: readonly (string | undefined)[] = ['virtio-blk', 'virtio-console', 'virtio-rng'];

export class VirtioDevices implements TimedEvents {
  readonly transports: readonly VirtioTransport[];

  constructor(connections: VirtioConnections) {
    const functions = new Map<number, VirtioFunction>([
      [CONSOLE_SLOT, new ConsoleFunction(connections.console)],
      [ENTROPY_SLOT, new EntropyFunction()],
    ]);
    if (connections.disk !== undefined) functions.set(DISK_SLOT, new BlockFunction(connections.disk));
    this.transports = Array.from(
      { length: VIRTIO_SLOTS },
      (_, slot) => new VirtioTransport(slot, reporting(connections, slot), functions.get(slot)),
    );
  }

  /** There may be input for the console. */
  inputArrived(): void {
    this.transports[CONSOLE_SLOT]!.kick(RECEIVE_QUEUE);
  }

  service(): void {
    for (const transport of this.transports) transport.service();
  }

  nextEvent(): bigint | undefined {
    return earliest(this.transports.map((transport) => transport.nextEvent()));
  }
}

/** The same connections, with memory that tells of what is written. */
function reporting(connections: VirtioConnections, slot: number): VirtioConnections {
  const { memory, dmaWritten } = connections;
  const device = NAMES[slot] ?? `virtio-mmio.${slot}`;
  return {
    ...connections,
    memory: {
      has: (address, length) => memory.has(address, length),
      read: (address, length) => memory.read(address, length),
      write(address, bytes) {
        const written = memory.write(address, bytes);
        if (written && bytes.length > 0) dmaWritten({ device, physical: address, length: bytes.length });
        return written;
      },
    },
  };
}
