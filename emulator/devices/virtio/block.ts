/** A block device (virtio 1.2, section 5.2). */
import type { StateVisitor } from '../state.ts';
import type { Chain } from './chain.ts';
import { type CopyOnWriteDisk, SECTOR_SIZE } from './disk.ts';
import type { VirtioFunction } from './function.ts';

const FEATURE = { sizeMax: 1n << 1n, segMax: 1n << 2n, blockSize: 1n << 6n, flush: 1n << 9n } as const;
/** Together below MAX_CHAIN_BYTES. */
const SIZE_MAX = 32 << 10;
const SEG_MAX = 126;

const REQUEST = { read: 0, write: 1, flush: 4, getId: 8 } as const;
const STATUS = { ok: 0, ioError: 1, unsupported: 2 } as const;
const HEADER_SIZE = 16;
const ID = 'sealscope-disk';
const ID_SIZE = 20;

/** What a request comes to: bytes for the driver, and a status. */
interface Answer {
  readonly data?: Uint8Array | undefined;
  readonly status: number;
}

export class BlockFunction implements VirtioFunction {
  readonly deviceId = 2;
  readonly features = FEATURE.sizeMax | FEATURE.segMax | FEATURE.blockSize | FEATURE.flush;
  readonly queues = 1;
  readonly config: Uint8Array;
  readonly #disk: CopyOnWriteDisk;

  constructor(disk: CopyOnWriteDisk) {
    this.#disk = disk;
    const config = new DataView(new ArrayBuffer(24));
    config.setBigUint64(0, BigInt(disk.sectors), true);
    config.setUint32(8, SIZE_MAX, true);
    config.setUint32(12, SEG_MAX, true);
    config.setUint32(20, SECTOR_SIZE, true);
    this.config = new Uint8Array(config.buffer);
  }

  ready(): boolean {
    return true;
  }

  /** A header, data of one direction, and a status byte, in buffers cut anywhere. */
  serve(_queue: number, chain: Chain): number | 'broken' {
    if (chain.given < HEADER_SIZE || chain.room < 1) return 'broken';
    const given = chain.read();
    const header = new DataView(given.buffer);
    const room = chain.room - 1;
    const { data, status } = this.#answer({
      type: header.getUint32(0, true),
      sector: header.getBigUint64(8, true),
      given: given.subarray(HEADER_SIZE),
      room,
    });
    if (data !== undefined) chain.write(0, data);
    chain.write(room, Uint8Array.of(status));
    return (data?.length ?? 0) + 1;
  }

  visit(state: StateVisitor): void {
    this.#disk.visit(state);
  }

  #answer(request: { type: number; sector: bigint; given: Uint8Array; room: number }): Answer {
    switch (request.type) {
      case REQUEST.read: {
        const offset = this.#offset(request.sector, request.room);
        const data = offset === undefined ? undefined : this.#disk.read(offset, request.room);
        return { data, status: data === undefined ? STATUS.ioError : STATUS.ok };
      }
      case REQUEST.write: {
        const offset = this.#offset(request.sector, request.given.length);
        const written = offset !== undefined && this.#disk.write(offset, request.given);
        return { status: written ? STATUS.ok : STATUS.ioError };
      }
      case REQUEST.flush:
        return { status: STATUS.ok };
      case REQUEST.getId: {
        const id = new Uint8Array(ID_SIZE);
        id.set(new TextEncoder().encode(ID));
        return { data: id.subarray(0, request.room), status: STATUS.ok };
      }
      default:
        return { status: STATUS.unsupported };
    }
  }

  /** In bytes; undefined for what is not whole sectors of the disk. */
  #offset(sector: bigint, length: number): number | undefined {
    const count = length / SECTOR_SIZE;
    if (!Number.isInteger(count) || sector + BigInt(count) > BigInt(this.#disk.sectors)) return undefined;
    return Number(sector) * SECTOR_SIZE;
  }
}
