/** What is wrong with an ELF file, as a stable word that callers may branch on. */
export type ElfErrorKind =
  | 'not-elf'
  | 'not-64-bit'
  | 'big-endian'
  | 'wrong-machine'
  | 'wrong-type'
  | 'truncated'
  | 'overlapping-segments'
  | 'bad-segment'
  | 'bad-section'
  | 'bad-symbols'
  | 'unsupported-compression';

/** The file cannot be used as a RISC-V ELF image; the message says why and what to do. */
export class ElfError extends Error {
  override readonly name = 'ElfError';
  constructor(
    readonly kind: ElfErrorKind,
    message: string,
  ) {
    super(message);
  }
}

/** Debug information is malformed or uses a form that is not supported, at one place of one section. */
export class DwarfError extends Error {
  override readonly name = 'DwarfError';
  constructor(
    /** Section name, such as `.debug_info`. */
    readonly section: string,
    /** Offset in that section, in bytes. */
    readonly offset: number,
    readonly problem: string,
  ) {
    super(`${section}+0x${offset.toString(16)}: ${problem}`);
  }
}

/** An expression, or a value it asks for, that cannot be evaluated. */
export class EvaluationError extends Error {
  override readonly name = 'EvaluationError';
  constructor(
    message: string,
    /** Column in the expression, counted from 1, where the problem lies. */
    readonly column?: number,
  ) {
    super(message);
  }

  /** The same error, placed at `column` unless it already names one. */
  at(column: number): EvaluationError {
    return this.column === undefined ? new EvaluationError(this.message, column) : this;
  }
}
