/**
 * Runs the machine in pieces so short that whoever shares its thread is served in between. How long a piece is
 * depends on the host's clock; what the guest does never depends on where the pieces end.
 */
import type { Machine, Stop } from '../../../emulator/index.ts';
import type { Scheduler } from '../host.ts';

/** A piece shall take this long, and the event loop shall have its turn at least this often: milliseconds. */
const PIECE = 2;
const TURN = 8;
/** Bounds of a piece in steps: the upper one bounds the damage when the guest suddenly becomes slow. */
const SHORTEST = 1_000;
const LONGEST = 200_000;
/** Device accesses and the like take the machine microseconds each, not nanoseconds: no more of them in a piece. */
const MOST_CALLS = 5_000;

/** `pause`: somebody asked to stop. */
export type SliceEnd = Stop | { readonly kind: 'pause' };

export class Slices {
  readonly #machine: Machine;
  readonly #scheduler: Scheduler;
  /** Begins short: nothing is known of the guest yet. */
  #steps = SHORTEST;
  #turnDue = 0;
  #pauseAsked = false;
  #wake: (() => void) | undefined;

  constructor(machine: Machine, scheduler: Scheduler) {
    this.#machine = machine;
    this.#scheduler = scheduler;
  }

  /** The run in progress, or the next one, ends with `pause`. */
  pause(): void {
    this.#pauseAsked = true;
    this.wake();
  }

  /** Forgets a pause that nobody has been told of. */
  forgetPause(): void {
    this.#pauseAsked = false;
  }

  /** Ends `sleep`. */
  wake(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  /** Until somebody calls `wake` or `pause`. */
  async sleep(): Promise<void> {
    if (this.#pauseAsked) return;
    await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  /**
   * Runs up to step `until`, which then ends it with `limit`.
   * @param stepHart Also ends with `step` when this hart has executed an instruction.
   */
  async run(until: bigint, stepHart?: number): Promise<SliceEnd> {
    while (true) {
      if (this.#pauseAsked) {
        this.#pauseAsked = false;
        return { kind: 'pause' };
      }
      const left = until - this.#machine.step;
      if (left <= 0n) return { kind: 'limit' };
      const piece = left < BigInt(this.#steps) ? left : BigInt(this.#steps);
      const begun = this.#scheduler.now();
      const stop = this.#machine.run(piece, { stepHart, calls: MOST_CALLS });
      const ended = this.#scheduler.now();
      if (stop.kind === 'limit' && piece === BigInt(this.#steps)) this.#adapt(ended - begun);
      if (ended >= this.#turnDue) {
        await this.#scheduler.turn();
        this.#turnDue = this.#scheduler.now() + TURN;
      }
      if (stop.kind !== 'limit') return stop;
    }
  }

  #adapt(elapsed: number): void {
    const wanted = elapsed <= 0 ? this.#steps * 2 : Math.round((this.#steps * PIECE) / elapsed);
    this.#steps = Math.min(LONGEST, Math.max(SHORTEST, Math.min(wanted, this.#steps * 2)));
  }
}
