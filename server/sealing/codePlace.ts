/** A place in code as plain data: what a report, a stack listing or a JSON event says about a pc. */
export interface CodePlace {
  readonly pc: bigint;
  /** Function, else nearest symbol, else an empty string. */
  readonly function: string;
  /** Bytes from the start of `function`; 0 where that is unknown. */
  readonly offset: number;
  /** Bytes that the function has; 0 where that is unknown. */
  readonly size: number;
  /** Path of the source file on this host (the session's source map applied). */
  readonly file?: string | undefined;
  /** From 1. */
  readonly line?: number | undefined;
  /** This level was inlined into the next one. */
  readonly inlined: boolean;
}
