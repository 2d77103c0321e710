/** Signals and broken pipes, turned into a wish to end the run. */
import { watchForBrokenPipes } from './output.ts';
import type { Interruption } from './exitStatus.ts';

export class Interruptions {
  readonly #controller = new AbortController();

  constructor() {
    process.on('SIGINT', () => this.#note('SIGINT'));
    process.on('SIGTERM', () => this.#note('SIGTERM'));
    watchForBrokenPipes(() => this.#note('SIGPIPE'));
  }

  /** The first one so far. */
  get first(): Interruption | undefined {
    return this.signal.reason as Interruption | undefined;
  }

  /** Aborted by the first one. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Calls `action` at the first interruption, at once if it has been. */
  onFirst(action: () => void): void {
    if (this.signal.aborted) action();
    else this.signal.addEventListener('abort', action, { once: true });
  }

  #note(interruption: Interruption): void {
    this.#controller.abort(interruption);
  }
}
