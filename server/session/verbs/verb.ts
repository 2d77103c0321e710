/** Console verbs: what a user types into a REPL that is not a C expression. */
import type { Frame } from '../inspect/inspector.ts';

export interface VerbCompletion {
  readonly text: string;
  /** Shown beside it. */
  readonly detail?: string | undefined;
  /** Column (from 0) at which `text` replaces what was typed. */
  readonly start: number;
}

export interface Verbs {
  /** The text is a verb with its arguments, rather than an expression. */
  recognises(text: string): boolean;
  /**
   * Runs it and returns what to print.
   * @throws SessionError `request` or `state` with the correct usage.
   */
  run(text: string, frame?: Frame): string;
  /** Completions at `column` (from 0): verbs with their arguments, and names in C expressions. */
  complete(text: string, column: number, frame?: Frame): VerbCompletion[];
}
