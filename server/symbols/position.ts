/** A place in a source file. */
export interface SourcePosition {
  /** As the compiler saw it, made absolute with its working directory and without `.` and `..`. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** From 1; 0 when the compiler did not say. */
  readonly column: number;
}
