/** What the handlers of one connection share, and the one place where the guest's life cycle is kept. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Frame, RunControl, RunResult, Session, SessionHost } from '../session/index.ts';
import { BreakpointBook } from './breakpointBook.ts';
import type { Client } from './client.ts';
import type { Container } from './containers/container.ts';
import { RequestError } from './errors.ts';
import type { CustomEventBody, CustomEventName } from './protocol.ts';
import { References } from './references.ts';
import { WriteWatches } from './watches.ts';

type CustomEvents = { [E in CustomEventName]: CustomEventBody<E> };

/** The events this adapter sends, each with its body. */
export interface Events extends CustomEvents {
  initialized: undefined;
  stopped: DebugProtocol.StoppedEvent['body'];
  continued: DebugProtocol.ContinuedEvent['body'];
  exited: DebugProtocol.ExitedEvent['body'];
  terminated: DebugProtocol.TerminatedEvent['body'];
  output: DebugProtocol.OutputEvent['body'];
  breakpoint: DebugProtocol.BreakpointEvent['body'];
  module: DebugProtocol.ModuleEvent['body'];
  invalidated: DebugProtocol.InvalidatedEvent['body'];
  memory: DebugProtocol.MemoryEvent['body'];
  progressStart: DebugProtocol.ProgressStartEvent['body'];
  progressUpdate: DebugProtocol.ProgressUpdateEvent['body'];
  progressEnd: DebugProtocol.ProgressEndEvent['body'];
}

export type SendEvent = <E extends keyof Events>(event: E, body: Events[E]) => void;

/** Names a frame until the guest resumes; the frame itself is asked for anew, since any change makes it stale. */
export interface FrameName {
  readonly hart: number;
  readonly level: number;
}

type RunCommand = (run: RunControl) => Promise<RunResult>;

export class DebugContext {
  readonly host: SessionHost;
  readonly frames = new References<FrameName>('frame');
  readonly variables = new References<Container>('variables reference');
  readonly breakpoints = new BreakpointBook();
  readonly watches = new WriteWatches();
  /** As the client has switched it, for every session from then on; undefined leaves it to the launch attribute. */
  stopAtSeal: boolean | undefined;
  readonly #send: SendEvent;
  #client: Client | undefined;
  #session: Session | undefined;
  /** Events that wait until the response to the request that caused them has been sent. */
  #held: (() => void)[] | undefined;
  #holders = 0;

  constructor(host: SessionHost, send: SendEvent) {
    this.host = host;
    this.#send = send;
  }

  /** Undefined before `initialize`. */
  get knownClient(): Client | undefined {
    return this.#client;
  }

  /** Throws RequestError `wrongState` before `initialize`. */
  get client(): Client {
    if (this.#client === undefined)
      throw new RequestError('wrongState', "The first request has to be 'initialize'.");
    return this.#client;
  }

  set client(client: Client) {
    this.#client = client;
  }

  /** Undefined before `launch` and after the end. */
  get openSession(): Session | undefined {
    return this.#session;
  }

  /** Throws RequestError `wrongState` before `launch` and after the end. */
  get session(): Session {
    if (this.#session === undefined)
      throw new RequestError('wrongState', 'Nothing has been launched, or it has ended.');
    return this.#session;
  }

  set session(session: Session) {
    this.close();
    this.#session = session;
  }

  /** Ends the session, if there is one. */
  close(): void {
    this.#session?.close();
    this.#session = undefined;
    this.forget();
  }

  /** Frames and variables of the stop that ends are no longer valid. */
  forget(): void {
    this.frames.clear();
    this.variables.clear();
  }

  send<E extends keyof Events>(event: E, body: Events[E]): void {
    if (this.#held === undefined) this.#send(event, body);
    else this.#held.push(() => this.#send(event, body));
  }

  /** Keeps events back until the returned function is called: none must overtake the response to its cause. */
  hold(): () => void {
    this.#held ??= [];
    this.#holders++;
    return () => {
      this.#holders--;
      if (this.#holders > 0) return;
      const held = this.#held ?? [];
      this.#held = undefined;
      for (const send of held) send();
    };
  }

  /** The frame of a `frameId`. */
  frame(id: number): Frame {
    const { hart, level } = this.frames.get(id);
    return this.session.inspect.frame(hart, level);
  }

  /** The hart of a thread id. */
  hart(threadId: number): number {
    const { inspect } = this.session;
    const hart = threadId - 1;
    const count = inspect.harts().length;
    if (hart < 0 || hart >= count) {
      const known = count === 1 ? '1' : `1 to ${count}`;
      throw new RequestError(
        'unknownThread',
        `There is no thread ${threadId}; thread ids are hart + 1: ${known}.`,
      );
    }
    return hart;
  }

  /** Hart that stopped last, for requests that name none. */
  get currentHart(): number {
    return this.session.run.stopped?.hart ?? 0;
  }

  /**
   * Starts a run command and returns once the guest runs; rejects with what the session refuses. What follows
   * reaches the client as events.
   */
  async resume(command: RunCommand): Promise<void> {
    const session = this.session;
    let answered = false;
    const outcome = command(session.run);
    outcome.catch((error: unknown) => {
      if (answered && session === this.#session) this.#runBroke(session, error);
    });
    // What is refused is refused before the first turn of the event loop; a run takes longer, or has ended by then.
    await Promise.race([outcome, this.host.scheduler.turn()]);
    answered = true;
  }

  /** A run that had begun broke off: the client has to be told that nothing runs any more. */
  #runBroke({ run }: Session, error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    this.send('output', { category: 'stderr', output: `The run broke off: ${text}\n` });
    this.forget();
    const threadId = (run.stopped?.hart ?? 0) + 1;
    const description = 'The run broke off';
    this.send('stopped', { reason: 'pause', description, text, threadId, allThreadsStopped: true });
  }
}
