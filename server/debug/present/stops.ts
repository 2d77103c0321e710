/** Why the guest stands still, as the `stopped` event tells it. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Stop, StopReason } from '../../session/index.ts';
import type { DebugContext } from '../context.ts';
import { hex } from '../../session/report/index.ts';

/** The session's reasons are the protocol's, but for one that it has no word for. */
const reasons: Readonly<Partial<Record<StopReason, string>>> = { seal: 'pause' };

const descriptions: Readonly<Partial<Record<StopReason, string>>> = {
  entry: 'Paused on entry',
  seal: 'Paused where memory was sealed',
};

export function stoppedBody(context: DebugContext, stop: Stop): DebugProtocol.StoppedEvent['body'] {
  const description = descriptionOf(stop);
  const hits = stop.breakpoints.map((id) => context.breakpoints.clientId(id));
  return {
    reason: reasons[stop.reason] ?? stop.reason,
    ...(description === undefined ? {} : { description }),
    ...(stop.text === '' ? {} : { text: stop.text }),
    threadId: stop.hart + 1,
    allThreadsStopped: true,
    ...(hits.length === 0 ? {} : { hitBreakpointIds: hits }),
  };
}

function descriptionOf({ reason, refused, violation, writeOnce, trap, access }: Stop): string | undefined {
  // Short: clients show it in the place of the hart's state, and the text says the rest.
  if (refused !== undefined) return refused.bypass === undefined ? 'Sealed write' : 'Store past a seal';
  if (violation !== undefined) return 'Rule of windows broken';
  if (writeOnce !== undefined) return 'Rule of write-once memory broken';
  if (trap !== undefined) return `Paused before a trap: ${trap.name}`;
  if (access !== undefined) return `Paused before a ${access.kind} at ${hex(access.address)}`;
  return descriptions[reason];
}
