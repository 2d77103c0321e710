/** Signals and broken pipes, turned into a wish to end the run. */
import { watchForBrokenPipes } from './output.ts';
import type { Interruption } from './exitStatus.ts';

export class Interruptions {
  #first: Interruption | undefined;
  #onInterruption: (() => void) | undefined;

  constructor() {
    process.on('SIGINT', () => this.#note('SIGINT'));
    process.on('SIGTERM', () => this.#note('SIGTERM'));
    watchForBrokenPipes(() => this.#note('SIGPIPE'));
  }

  /** The first one so far. */
  get first(): Interruption | undefined {
    return this.#first;
  }

  /** Calls `action` at the first interruption, at once if it has been. */
  onFirst(action: () => void): void {
    this.#onInterruption = action;
    if (this.#first !== undefined) action();
  }

  #note(interruption: Interruption): void {
    if (this.#first !== undefined) return;
    this.#first = interruption;
    this.#onInterruption?.();
  }
}
