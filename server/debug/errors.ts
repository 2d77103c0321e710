/**
 * Errors as they reach the client: a stable number, one sentence, and what fails, the *request* or the whole
 * *session*. PROTOCOL.md lists the numbers; they never change their meaning.
 */
export const errorIds = {
  malformedMessage: 1001,
  unknownCommand: 1002,
  badArguments: 1003,
  wrongState: 1004,
  notStopped: 1005,
  cancelled: 1006,
  launchAttribute: 2001,
  cannotStart: 2002,
  expression: 3001,
  staleReference: 3002,
  notPossible: 3003,
  noPendingFault: 3004,
  sourceUnavailable: 3005,
  unknownThread: 3006,
  notSettable: 3007,
  internal: 9001,
} as const;

export type ErrorName = keyof typeof errorIds;

/** Why a request fails. `showUser` is false for what a user cannot act upon (a client's mistake, a cancellation). */
export class RequestError extends Error {
  readonly id: number;
  readonly errorName: ErrorName;
  readonly fails: 'request' | 'session' = 'request';

  constructor(errorName: ErrorName, message: string) {
    super(message);
    this.errorName = errorName;
    this.id = errorIds[errorName];
  }

  get showUser(): boolean {
    return !silent.has(this.errorName);
  }

  /** The response's short `message`: clients know some words, the others are the error's name. */
  get short(): string {
    return this.errorName === 'notStopped' || this.errorName === 'cancelled' ? this.errorName : this.message;
  }
}

/** An error after which the session cannot go on: the client is told that it has ended. */
export class SessionError extends RequestError {
  override readonly fails = 'session';
}

const silent: ReadonlySet<ErrorName> = new Set([
  'malformedMessage',
  'unknownCommand',
  'badArguments',
  'notStopped',
  'cancelled',
  'staleReference',
]);
