/** initialize, launch, configurationDone, restart, terminate, disconnect: from the first message to the last. */
import { openSession, readConfiguration, type Session } from '../../session/index.ts';
import { capabilities } from '../capabilities.ts';
import { Client, initializeArguments } from '../client.ts';
import type { DebugContext } from '../context.ts';
import { RequestError, SessionError } from '../errors.ts';
import { asRequestError } from '../failures.ts';
import { withProgress } from '../progress.ts';
import { consoleAttributes } from '../protocol/console.ts';
import { on, urgent, type Call, type Handlers } from '../requests.ts';
import { anything, dictionary, flag, integer, object, optional, text } from '../schema.ts';
import { forwardEvents } from '../sessionEvents.ts';
import { breakpointBody } from '../present/breakpoints.ts';
import { stoppedBody } from '../present/stops.ts';

type Attributes = Readonly<Record<string, unknown>>;

export interface CancelTarget {
  readonly requestId?: number;
  readonly progressId?: string;
}

/** What these requests do to others, and to the connection. */
export interface Connection {
  cancel(target: CancelTarget): void;
  /** Aborts every request that is not answered. */
  abortAll(): void;
  ended(): void;
}

type Commands =
  | 'initialize'
  | 'cancel'
  | 'launch'
  | 'attach'
  | 'configurationDone'
  | 'restart'
  | 'terminate'
  | 'disconnect';

export function lifecycleHandlers(connection: Connection): Handlers<Commands> {
  let launched: Attributes = {};
  return {
    initialize: on('nothing', initializeArguments, (context, told) => {
      if (context.knownClient !== undefined)
        throw new RequestError('wrongState', "'initialize' came a second time.");
      context.client = new Client(told);
      return capabilities;
    }),

    // One that is over, or was never made, is cancelled without complaint: the two may have crossed.
    cancel: urgent(
      on(
        'client',
        object({ requestId: optional(integer()), progressId: optional(text) }),
        (_context, target) => {
          connection.cancel(target);
          return undefined;
        },
      ),
    ),

    launch: on('client', dictionary(anything), async (context, attributes, call) => {
      if (context.openSession !== undefined)
        throw new RequestError('wrongState', "'launch' came a second time; use 'restart'.");
      launched = attributes;
      try {
        await open(context, attributes, call);
      } catch (thrown) {
        const error = asRequestError(thrown);
        // After a cancelled launch the client may try another; without an image there is nothing to try.
        if (error.errorName === 'cancelled') throw error;
        throw new SessionError(error.errorName, error.message);
      }
      call.afterwards(() => context.send('initialized', undefined));
    }),

    attach: on('client', object({}), () => {
      throw new RequestError(
        'notPossible',
        "There is nothing to attach to: the machine is part of the debugger. Use the request 'launch'.",
      );
    }),

    configurationDone: on('session', object({}), (context, _args, call) => begin(context, call)),

    restart: on(
      'session',
      object({ arguments: optional(dictionary(anything)) }),
      async (context, args, call) => {
        launched = args.arguments ?? launched;
        await open(context, launched, call);
        const announced = context.breakpoints.reapply(context.session);
        for (const { id, breakpoint } of announced)
          context.send('breakpoint', {
            reason: 'changed',
            breakpoint: breakpointBody(context, id, breakpoint),
          });
        await begin(context, call);
      },
    ),

    terminate: urgent(
      on('client', object({ restart: optional(flag) }), (context, _args, call) => {
        connection.abortAll();
        const running = context.openSession !== undefined;
        context.close();
        if (running) call.afterwards(() => context.send('terminated', {}));
      }),
    ),

    disconnect: urgent(
      on('nothing', object({ restart: optional(flag) }), (context, _args, call) => {
        connection.abortAll();
        context.close();
        call.afterwards(() => connection.ended());
      }),
    ),
  };
}

/** Opens the guest that the attributes describe in place of the one that may be open. */
async function open(context: DebugContext, attributes: Attributes, call: Call): Promise<void> {
  const configuration = readConfiguration(attributes);
  const { console: consoleKind } = consoleAttributes.check(attributes, '');
  const debugged = attributes['noDebug'] !== true;
  const asks = (configuration.onSealedWrite ?? 'ask') === 'ask';
  const session = await withProgress(context, call, 'Loading the image', (onProgress) =>
    openSession(
      // Without a debugger nobody could answer.
      !debugged && asks ? { ...configuration, onSealedWrite: 'oops' } : configuration,
      context.host,
      { onProgress, signal: call.signal },
    ),
  );
  if (call.signal.aborted) {
    session.close();
    throw new RequestError('cancelled', 'The launch was cancelled.');
  }
  context.session = session;
  if (context.stopAtSeal !== undefined) session.run.stopAtSeal = context.stopAtSeal;
  context.breakpoints.enabled = debugged;
  forwardEvents(context, session, consoleKind);
}

/** Lets the guest run, or shows it at its entry. */
async function begin(context: DebugContext, call: Call): Promise<void> {
  call.afterwards(context.hold());
  const session: Session = context.session;
  const { stopped } = session.run;
  if (session.configuration.stopOnEntry === true && stopped !== undefined)
    context.send('stopped', stoppedBody(context, stopped));
  else await context.resume((run) => run.continue());
}
