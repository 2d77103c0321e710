/** Recorded console input: bytes, each batch with the time at which it arrives. */
import type { StateVisitor } from './state.ts';

export interface InputBatch {
  /** In steps, skipped idle ones included. */
  readonly time: bigint;
  readonly bytes: Uint8Array;
}

export class InputQueue {
  readonly #log: InputBatch[] = [];
  /** Index of the batch being read, and of the next byte in it. */
  #batch = 0;
  #byte = 0;

  /** Everything that was ever sent, in order of arrival. */
  get log(): readonly InputBatch[] {
    return this.#log;
  }

  /** Append. A batch arrives no earlier than the one before it. */
  push(bytes: Uint8Array, time: bigint): void {
    if (bytes.length === 0) return;
    const last = this.#log.at(-1);
    this.#log.push({ bytes: bytes.slice(), time: last !== undefined && last.time > time ? last.time : time });
  }

  /** The next byte that has arrived by `now`. */
  take(now: bigint): number | undefined {
    const batch = this.#log[this.#batch];
    if (batch === undefined || batch.time > now) return undefined;
    const byte = batch.bytes[this.#byte++];
    if (this.#byte === batch.bytes.length) {
      this.#batch++;
      this.#byte = 0;
    }
    return byte;
  }

  /** The time at which the next batch arrives that has not arrived by `now`; undefined when none is left. */
  nextArrival(now: bigint): bigint | undefined {
    for (let index = this.#batch; index < this.#log.length; index++) {
      const { time } = this.#log[index]!;
      if (time > now) return time;
    }
    return undefined;
  }

  /** Whether there is a byte that has arrived by `now`. */
  hasArrived(now: bigint): boolean {
    const batch = this.#log[this.#batch];
    return batch !== undefined && batch.time <= now;
  }

  /** How many batches have arrived by `now`. */
  arrivals(now: bigint): number {
    let index = this.#batch;
    while ((this.#log[index]?.time ?? now + 1n) <= now) index++;
    return index;
  }

  /** How far the input has been read; what was recorded stays. */
  visit(state: StateVisitor): void {
    this.#batch = state.u32(this.#batch);
    this.#byte = state.u32(this.#byte);
  }
}
