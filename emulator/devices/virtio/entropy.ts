/** An entropy device (virtio 1.2, section 5.4) whose numbers are the same in every run. */
import type { StateVisitor } from '../state.ts';
import type { Chain } from './chain.ts';
import type { VirtioFunction } from './function.ts';

/** Bytes that one request gets at most; the specification lets a device give fewer than asked for. */
const MOST = 4096;
const GAMMA = 0x9e37_79b9_7f4a_7c15n;

export class EntropyFunction implements VirtioFunction {
  readonly deviceId = 4;
  readonly features = 0n;
  readonly queues = 1;
  readonly config = new Uint8Array(0);
  #state = 0n;

  ready(): boolean {
    return true;
  }

  serve(_queue: number, chain: Chain): number {
    const length = Math.min(chain.room, MOST);
    const bytes = new Uint8Array(Math.ceil(length / 8) * 8);
    const view = new DataView(bytes.buffer);
    for (let offset = 0; offset < length; offset += 8) view.setBigUint64(offset, this.#next(), true);
    chain.write(0, bytes.subarray(0, length));
    return length;
  }

  visit(state: StateVisitor): void {
    this.#state = state.u64(this.#state);
  }

  /** SplitMix64. */
  #next(): bigint {
    this.#state = BigInt.asUintN(64, this.#state + GAMMA);
    let mixed = this.#state;
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 30n)) * 0xbf58_476d_1ce4_e5b9n);
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 27n)) * 0x94d0_49bb_1331_11ebn);
    return mixed ^ (mixed >> 31n);
  }
}
