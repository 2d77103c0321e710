/** A specification that names nothing in this image; the message says what exists instead. */
export class SealSpecError extends Error {
  override readonly name = 'SealSpecError';
  constructor(
    /** As the user wrote it. */
    readonly spec: string,
    readonly problem: string,
    kind: 'seal' | 'what-if' = 'seal',
  ) {
    super(`${kind} "${spec}": ${problem}`);
  }
}
