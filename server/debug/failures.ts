/** What other layers throw, as errors of this protocol. */
import { SessionError as SessionFailure, type SessionErrorCode } from '../session/index.ts';
import { EvaluationError } from '../symbols/index.ts';
import { RequestError, type ErrorName } from './errors.ts';
import { ShapeError } from './schema.ts';

const names: Readonly<Record<SessionErrorCode, ErrorName>> = {
  configuration: 'launchAttribute',
  file: 'cannotStart',
  image: 'cannotStart',
  seal: 'cannotStart',
  state: 'wrongState',
  request: 'notPossible',
  cancelled: 'cancelled',
};

export function asRequestError(thrown: unknown): RequestError {
  if (thrown instanceof RequestError) return thrown;
  if (thrown instanceof ShapeError) return new RequestError('badArguments', thrown.message);
  if (thrown instanceof EvaluationError) return new RequestError('expression', thrown.message);
  if (thrown instanceof SessionFailure) return new RequestError(names[thrown.code], thrown.message);
  return new RequestError(
    'internal',
    `Internal error: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
  );
}
