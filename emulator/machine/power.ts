import type { ExitReason, ExitStop } from './stop.ts';

/** Whether the machine is on, and how it was switched off. */
export class Power {
  #exit: ExitStop | undefined;

  get exit(): ExitStop | undefined {
    return this.#exit;
  }

  /** Restores what a snapshot kept. */
  set exit(exit: ExitStop | undefined) {
    this.#exit = exit;
  }

  /** The first one counts. */
  off(reason: ExitReason, status: number): void {
    this.#exit ??= { kind: 'exit', reason, status };
  }
}
