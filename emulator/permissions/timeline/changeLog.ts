/** Changes in the order of time, in columns, as many as fit; the oldest are dropped a chunk at a time. */
import type { Change } from './change.ts';
import type { PermissionCause, PermissionKind } from './event.ts';

const CHUNK = 4096;
const KINDS: readonly PermissionKind[] = ['map', 'unmap', 'change', 'remap', 'split', 'merge'];
const CAUSES: readonly PermissionCause[] = ['store', 'satp', 'pmp', 'debugger'];
const NO_FRAME = -1;

/** `traits`, from bit 0 on: from, to, kind, cause, hart. */
const TO_SHIFT = 6;
const KIND_SHIFT = 12;
const CAUSE_SHIFT = 15;
const HART_SHIFT = 18;
const FLAGS = 0x3f;

class Chunk {
  length = 0;
  readonly serials = new Float64Array(CHUNK);
  readonly steps = new Float64Array(CHUNK);
  readonly pcs = new BigUint64Array(CHUNK);
  readonly satps = new Float64Array(CHUNK);
  readonly pages = new Float64Array(CHUNK);
  readonly counts = new Float64Array(CHUNK);
  readonly framesBefore = new Float64Array(CHUNK);
  readonly frames = new Float64Array(CHUNK);
  readonly traits = new Uint32Array(CHUNK);
}

/** Bytes of a chunk. */
const CHUNK_BYTES = CHUNK * (8 * 8 + 4);

/** One change in the log: reads its columns. Valid until the log is changed. */
export class LoggedChange implements Change {
  readonly #chunk: Chunk;
  readonly #index: number;

  constructor(chunk: Chunk, index: number) {
    this.#chunk = chunk;
    this.#index = index;
  }

  get serial(): number {
    return this.#chunk.serials[this.#index]!;
  }
  get step(): number {
    return this.#chunk.steps[this.#index]!;
  }
  get pc(): bigint {
    return this.#chunk.pcs[this.#index]!;
  }
  get satp(): number {
    return this.#chunk.satps[this.#index]!;
  }
  get page(): number {
    return this.#chunk.pages[this.#index]!;
  }
  get pages(): number {
    return this.#chunk.counts[this.#index]!;
  }
  get frameBefore(): number | undefined {
    return frameIn(this.#chunk.framesBefore, this.#index);
  }
  get frame(): number | undefined {
    return frameIn(this.#chunk.frames, this.#index);
  }
  get from(): number {
    return this.#traits & FLAGS;
  }
  get to(): number {
    return (this.#traits >>> TO_SHIFT) & FLAGS;
  }
  get kind(): PermissionKind {
    return KINDS[(this.#traits >>> KIND_SHIFT) & 7]!;
  }
  get cause(): PermissionCause {
    return CAUSES[(this.#traits >>> CAUSE_SHIFT) & 7]!;
  }
  get hart(): number {
    return this.#traits >>> HART_SHIFT;
  }
  get #traits(): number {
    return this.#chunk.traits[this.#index]!;
  }
}

export class ChangeLog {
  readonly #limit: number;
  #chunks: Chunk[] = [];
  #droppedThrough = -1;

  /** `limit`: changes, rounded up to whole chunks of 4096. */
  constructor(limit: number) {
    this.#limit = Math.max(1, Math.ceil(limit / CHUNK));
  }

  /** Changes up to this step, and at it, may be missing; −1 if none is. */
  get droppedThrough(): number {
    return this.#droppedThrough;
  }

  get length(): number {
    return this.#chunks.reduce((sum, { length }) => sum + length, 0);
  }

  get bytes(): number {
    return this.#chunks.length * CHUNK_BYTES;
  }

  append(serial: number, change: Change): void {
    let chunk = this.#chunks.at(-1);
    if (chunk === undefined || chunk.length === CHUNK) {
      if (this.#chunks.length === this.#limit) this.#droppedThrough = this.#chunks.shift()!.steps[CHUNK - 1]!;
      this.#chunks.push((chunk = new Chunk()));
    }
    const index = chunk.length++;
    chunk.serials[index] = serial;
    chunk.steps[index] = change.step;
    chunk.pcs[index] = change.pc;
    chunk.satps[index] = change.satp;
    chunk.pages[index] = change.page;
    chunk.counts[index] = change.pages;
    chunk.framesBefore[index] = change.frameBefore ?? NO_FRAME;
    chunk.frames[index] = change.frame ?? NO_FRAME;
    chunk.traits[index] =
      change.from |
      (change.to << TO_SHIFT) |
      (KINDS.indexOf(change.kind) << KIND_SHIFT) |
      (CAUSES.indexOf(change.cause) << CAUSE_SHIFT) |
      (change.hart << HART_SHIFT);
  }

  /** What happened at a step and later has not happened. */
  truncate(step: number): void {
    this.#chunks = this.#chunks.filter(({ steps }) => steps[0]! < step);
    const last = this.#chunks.at(-1);
    while (last !== undefined && last.steps[last.length - 1]! >= step) last.length--;
    this.#droppedThrough = Math.min(this.#droppedThrough, step);
  }

  /** Those of steps from `from` to `to`, oldest first. */
  *forwards(from: number, to: number): Generator<LoggedChange> {
    for (const chunk of this.#chunks) {
      if (chunk.steps[0]! > to) return;
      if (chunk.steps[chunk.length - 1]! < from) continue;
      for (let index = firstFrom(chunk, from); index < chunk.length; index++) {
        if (chunk.steps[index]! > to) return;
        yield new LoggedChange(chunk, index);
      }
    }
  }

  /** The same, newest first. */
  *backwards(from: number, to: number): Generator<LoggedChange> {
    for (let at = this.#chunks.length - 1; at >= 0; at--) {
      const chunk = this.#chunks[at]!;
      if (chunk.steps[chunk.length - 1]! < from) return;
      if (chunk.steps[0]! > to) continue;
      for (let index = chunk.length - 1; index >= 0; index--) {
        if (chunk.steps[index]! > to) continue;
        if (chunk.steps[index]! < from) return;
        yield new LoggedChange(chunk, index);
      }
    }
  }
}

function frameIn(column: Float64Array, index: number): number | undefined {
  const frame = column[index]!;
  return frame === NO_FRAME ? undefined : frame;
}

/** By bisection. */
function firstFrom({ steps, length }: Chunk, step: number): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle]! < step) low = middle + 1;
    else high = middle;
  }
  return low;
}
