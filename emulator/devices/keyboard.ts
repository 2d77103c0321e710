/**
 * The guest may have several consoles, the user has one keyboard: what is typed goes to the console that has printed
 * last, as the eye expects. At first that is the UART (SBI's console is the UART, too).
 */
import type { InputQueue } from './input.ts';
import type { Stateful, StateVisitor } from './state.ts';

export type ConsoleName = 'uart' | 'virtio';

const NAMES: readonly ConsoleName[] = ['uart', 'virtio'];

export class Keyboard implements Stateful {
  readonly #input: InputQueue;
  readonly #now: () => bigint;
  #focus: ConsoleName = 'uart';
  /** Batches whose arrival `takeArrival` has told of. */
  #seen = 0;

  /** `now`: steps done or skipped. */
  constructor(input: InputQueue, now: () => bigint) {
    this.#input = input;
    this.#now = now;
  }

  /** A console has printed. True if the keyboard is its own since now. */
  printed(console: ConsoleName): boolean {
    const changed = this.#focus !== console;
    this.#focus = console;
    return changed;
  }

  hasInput(console: ConsoleName): boolean {
    return this.#focus === console && this.#input.hasArrived(this.#now());
  }

  /** The next byte that was typed, if it is for this console. */
  take(console: ConsoleName): number | undefined {
    return this.#focus === console ? this.#input.take(this.#now()) : undefined;
  }

  /** Whether something has arrived since this was asked last. */
  takeArrival(): boolean {
    const arrived = this.#input.arrivals(this.#now());
    const news = arrived > this.#seen;
    this.#seen = arrived;
    return news;
  }

  visit(state: StateVisitor): void {
    this.#focus = NAMES[state.u32(NAMES.indexOf(this.#focus))] ?? 'uart';
    this.#seen = state.u32(this.#seen);
  }
}
