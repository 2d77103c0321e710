/** Console verbs: what a user types into a REPL that is not a C expression. */
import type { Frame } from '../inspect/inspector.ts';

export interface VerbCompletion {
  readonly text: string;
  /** Shown beside it. */
  readonly detail?: string | undefined;
  /** Column (from 0) at which `text` replaces what was typed. */
  readonly start: number;
}

/** What a verb comes to. */
export interface VerbResult {
  readonly text: string;
  /** The verb says that the guest shall go on. */
  readonly goesOn: boolean;
}

export interface Verbs {
  /** The text is a verb with its arguments, rather than an expression. */
  recognises(text: string): boolean;
  /**
   * Runs it and returns what to print. Whoever asked lets the guest go on, where the verb says so.
   * @throws SessionError `request` or `state` with the correct usage.
   */
  run(text: string, frame?: Frame): VerbResult;
  /** Completions at `column` (from 0): verbs with their arguments, and names in C expressions. */
  complete(text: string, column: number, frame?: Frame): VerbCompletion[];
}
