/**
 * The debug adapter at the level of messages: it takes what a transport decoded and sends what a transport will
 * encode, so that it runs over pipes, over sockets, in VS Code's own process and in a browser worker.
 *
 * Three actors share a connection; JavaScript runs one of them at a time, and each gives way only at an `await`:
 *
 * - The **message loop** (`handleMessage` → `#drain`) handles requests one after the other, in the order of arrival,
 *   so that a client may send `setBreakpoints` and `configurationDone` without waiting. Its handlers hold nothing
 *   across requests but what is in DebugContext.
 * - **Urgent requests** (`cancel`, `pause`, `terminate`, `disconnect`) are handled the moment they arrive, also while
 *   the message loop waits for a long one. `cancel` aborts one request through its AbortSignal, queued or in
 *   progress; `terminate` and `disconnect` abort them all and close the session.
 * - The **run loop** belongs to the session: it runs the guest in slices and gives way between them. It is started by
 *   `DebugContext.resume` and stopped by `pause`, by a stop of its own, or by closing the session. What it reports
 *   becomes events (`sessionEvents.ts`); it never answers a request.
 *
 * Progress is no actor of its own: it lives inside the request that it belongs to, and ends with it.
 */
import { Event, Response } from '@vscode/debugadapter/lib/messages.js';
import { ProtocolServer } from '@vscode/debugadapter/lib/protocol.js';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { SessionHost } from '../session/index.ts';
import { DebugContext } from './context.ts';
import { RequestError } from './errors.ts';
import { asRequestError } from './failures.ts';
import type { Decoded } from './framing.ts';
import { allHandlers } from './handlers/index.ts';
import type { CancelTarget } from './handlers/lifecycle.ts';
import { progressIdOf } from './progress.ts';
import type { Call, Needs, RequestHandler } from './requests.ts';
import { integer, object, oneOf, ShapeError, text } from './schema.ts';

/** What the adapter needs from the program it runs in. */
export interface AdapterHost {
  readonly session: SessionHost;
  /** For whoever maintains the adapter, not for its user: malformed messages, internal errors. */
  log(text: string): void;
  /** The client has said goodbye and has its answer: the connection can be closed. */
  ended(): void;
}

/** What every request has; clients send nothing else. */
const envelope = object({ seq: integer(), type: oneOf('request'), command: text });

interface PendingRequest {
  readonly request: DebugProtocol.Request;
  readonly abort: AbortController;
}

export class SealscopeAdapter extends ProtocolServer {
  readonly #host: AdapterHost;
  readonly #context: DebugContext;
  readonly #handlers: ReadonlyMap<string, RequestHandler<unknown>>;
  /** Requests that have arrived and are not answered, in order; the message loop handles the first. */
  readonly #queue: PendingRequest[] = [];
  #draining = false;

  constructor(host: AdapterHost) {
    super();
    this.#host = host;
    this.#context = new DebugContext(host.session, (event, body) => this.sendEvent(new Event(event, body)));
    const connection = {
      cancel: (target: CancelTarget) => this.#cancel(target),
      abortAll: () => this.#abortAll(),
      ended: () => host.ended(),
    };
    this.#handlers = new Map<string, RequestHandler<unknown>>(Object.entries(allHandlers(connection)));
  }

  /** Takes what the decoder found: a message, or the report of something that is none. */
  receive(decoded: Decoded): void {
    if (decoded.kind === 'message') this.handleMessage(decoded.message);
    else this.#malformed(decoded.problem, decoded.seq, decoded.command);
  }

  /** Any value may come: nothing is trusted to be a request before it has been looked at. */
  override handleMessage(message: unknown): void {
    try {
      envelope.check(message, 'message');
      this.#accept(message as DebugProtocol.Request);
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
      const { seq, type, command } = (message ?? {}) as Readonly<Record<string, unknown>>;
      // An answer to a response or an event would look like one to a request of the same number.
      const answerable = typeof seq === 'number' && type !== 'response' && type !== 'event';
      this.#malformed(error.message, answerable ? seq : undefined, command);
    }
  }

  /** The client is gone: everything stops. */
  override dispose(): void {
    this.#abortAll();
    this.#context.close();
  }

  #accept(request: DebugProtocol.Request): void {
    const pending = { request, abort: new AbortController() };
    if (this.#handlers.get(request.command)?.urgent === true) {
      void this.#handle(pending);
    } else {
      this.#queue.push(pending);
      void this.#drain();
    }
  }

  async #drain(): Promise<void> {
    if (this.#draining) return;
    this.#draining = true;
    // Whatever arrived together with this message is looked at first: it may be a `cancel`.
    await Promise.resolve();
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      await this.#handle(first);
      this.#queue.shift();
    }
    this.#draining = false;
  }

  /** Answers one request; never rejects. */
  async #handle({ request, abort }: PendingRequest): Promise<void> {
    const response: DebugProtocol.Response = new Response(request);
    const afterwards: (() => void)[] = [];
    const call: Call = {
      seq: request.seq,
      signal: abort.signal,
      afterwards: (action) => afterwards.push(action),
    };
    try {
      const handler = this.#handlers.get(request.command);
      if (handler === undefined)
        throw new RequestError('unknownCommand', `There is no request '${request.command}'.`);
      throwIfCancelled(abort.signal);
      this.#checkState(request.command, handler.needs);
      const body = await handler.handle(this.#context, request.arguments, call);
      if (body !== undefined) response.body = body;
    } catch (thrown) {
      const error = asRequestError(thrown);
      if (error.errorName === 'internal')
        this.#host.log(
          `${request.command}: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`,
        );
      fail(response, error);
      if (error.fails === 'session') afterwards.push(() => this.#endSession());
    }
    this.sendResponse(response);
    for (const action of afterwards) action();
  }

  #endSession(): void {
    this.#context.close();
    this.#context.send('terminated', {});
  }

  #checkState(command: string, needs: Needs): void {
    if (needs === 'nothing') return;
    if (this.#context.knownClient === undefined)
      throw new RequestError('wrongState', `'${command}' came before 'initialize'.`);
    if (needs === 'client') return;
    const { state } = this.#context.session.run;
    if (needs === 'standstill' && state === 'running')
      throw new RequestError('notStopped', `'${command}' needs the guest to stand still; pause it first.`);
    if (needs === 'standstill' && state === 'exited')
      throw new RequestError('wrongState', `'${command}' needs a guest, and this one has ended.`);
  }

  #cancel({ requestId, progressId }: CancelTarget): void {
    for (const { request, abort } of this.#queue) {
      if (request.seq === requestId || (progressId !== undefined && progressIdOf(request.seq) === progressId))
        abort.abort();
    }
  }

  #abortAll(): void {
    for (const { abort } of this.#queue) abort.abort();
  }

  /** One clear answer where the sender can be told which request it is about; else a line in the log. */
  #malformed(problem: string, seq?: number, command?: unknown): void {
    this.#host.log(`Malformed message: ${problem}`);
    if (seq === undefined) {
      if (this.#context.knownClient !== undefined)
        this.#context.send('output', { category: 'stderr', output: `Malformed message: ${problem}\n` });
      return;
    }
    const request = { seq, type: 'request', command: typeof command === 'string' ? command : '' };
    const response: DebugProtocol.Response = new Response(request);
    fail(response, new RequestError('malformedMessage', `Malformed message: ${problem}`));
    this.sendResponse(response);
  }
}

function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new RequestError('cancelled', 'The request was cancelled.');
}

function fail(response: DebugProtocol.Response, error: RequestError): void {
  response.success = false;
  response.message = error.short;
  // Braces would be taken for placeholders.
  const text = /[{}]/.test(error.message)
    ? { format: '{text}', variables: { text: error.message } }
    : { format: error.message };
  response.body = { error: { id: error.id, ...text, showUser: error.showUser } };
}
