import type { DebugProtocol } from '@vscode/debugprotocol';
import type { AnsweredBreakpoint } from '../breakpointBook.ts';
import type { DebugContext } from '../context.ts';
import { hex } from '../../session/report/index.ts';
import { locationBody } from './sources.ts';

/** A breakpoint under the number that the client knows. */
export function breakpointBody(
  { client }: DebugContext,
  id: number,
  { verified, message, place }: AnsweredBreakpoint,
): DebugProtocol.Breakpoint {
  return {
    id,
    verified,
    ...(message === undefined ? {} : { message }),
    ...(place === undefined ? {} : { ...locationBody(client, place), instructionReference: hex(place.pc) }),
  };
}
