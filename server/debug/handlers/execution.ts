/** Running, stepping and pausing. */
import type { Granularity } from '../../session/index.ts';
import type { DebugContext } from '../context.ts';
import { on, urgent, type Call, type Handlers } from '../requests.ts';
import { integer, object, oneOf, optional } from '../schema.ts';

const threadId = integer();
const step = object({ threadId, granularity: optional(oneOf('statement', 'line', 'instruction')) });

type Commands = 'continue' | 'next' | 'stepIn' | 'stepOut' | 'pause';

/** Answers when the guest runs; the stop that follows is an event behind the response. */
async function run(
  context: DebugContext,
  call: Call,
  command: Parameters<DebugContext['resume']>[0],
): Promise<void> {
  call.afterwards(context.hold());
  await context.resume(command);
}

const stepping = (granularity: Granularity | undefined): Granularity => granularity ?? 'statement';

export const executionHandlers: Handlers<Commands> = {
  continue: on('standstill', object({ threadId: optional(threadId) }), async (context, _args, call) => {
    await run(context, call, (control) => control.continue());
    return { allThreadsContinued: true };
  }),

  next: on('standstill', step, (context, args, call) => {
    const hart = context.hart(args.threadId);
    return run(context, call, (control) => control.next(hart, stepping(args.granularity)));
  }),

  stepIn: on('standstill', step, (context, args, call) => {
    const hart = context.hart(args.threadId);
    return run(context, call, (control) => control.stepIn(hart, stepping(args.granularity)));
  }),

  // Out is out at every granularity.
  stepOut: on('standstill', step, (context, args, call) => {
    const hart = context.hart(args.threadId);
    return run(context, call, (control) => control.stepOut(hart));
  }),

  pause: urgent(
    on('session', object({ threadId: optional(threadId) }), (context) => {
      context.session.run.pause();
      return undefined;
    }),
  ),
};
