/** What a session refuses, as a stable word that callers may branch on. */
export type SessionErrorCode =
  /** A launch attribute has a wrong type, value or combination. */
  | 'configuration'
  /** A file cannot be read. */
  | 'file'
  /** A file is not an image that this machine can run, or does not fit it. */
  | 'image'
  /** A seal specification names nothing. */
  | 'seal'
  /** The request cannot be served now: running, not at a refused store, exited. */
  | 'state'
  /** The request itself is wrong: no such hart, frame, register, malformed condition. */
  | 'request'
  /** Opening was cancelled. */
  | 'cancelled';

/** One clear message for people: what is wrong, with which input, and what to do. Never an internal fault. */
export class SessionError extends Error {
  override readonly name = 'SessionError';
  constructor(
    readonly code: SessionErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
