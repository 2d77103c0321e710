/** How the handlers of protocol.ts's requests are made: arguments checked against the shape that stands there. */
import type { DebugContext } from '../../context.ts';
import {
  customRequests,
  type CustomArguments,
  type CustomCommand,
  type CustomResult,
} from '../../protocol.ts';
import { on, type Call, type Needs, type RequestHandler } from '../../requests.ts';
import type { Shape } from '../../schema.ts';

export function custom<C extends CustomCommand>(
  command: C,
  needs: Needs,
  handle: (
    context: DebugContext,
    args: CustomArguments<C>,
    call: Call,
  ) => CustomResult<C> | Promise<CustomResult<C>>,
): RequestHandler<CustomResult<C>> {
  const shape: Shape<unknown> = customRequests[command].arguments;
  return on(needs, shape as Shape<CustomArguments<C>>, handle);
}

/** The hart of a `threadId` that may be missing. */
export function hartOf(context: DebugContext, threadId: number | undefined): number {
  return threadId === undefined ? context.currentHart : context.hart(threadId);
}

/** Lets the guest go on, for a command that is no `continue`: an event says so behind the response. */
export async function goOn(
  context: DebugContext,
  call: Call,
  command: Parameters<DebugContext['resume']>[0],
): Promise<void> {
  const threadId = context.currentHart + 1;
  call.afterwards(context.hold());
  context.send('continued', { threadId, allThreadsContinued: true });
  await context.resume(command);
}
