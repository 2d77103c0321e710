/**
 * A typed client. Every message in either direction is checked against the published schema and against what the
 * client advertised; events are expected one by one, so that a test fails at the message that is wrong and not by
 * waiting for one that never comes.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { encodeMessage, MessageDecoder } from '../../../../server/debug/framing.ts';
import type { CustomArguments, CustomCommand } from '../../../../server/debug/protocol.ts';
import type { Events } from '../../../../server/debug/context.ts';
import type { BodyOf, Command } from '../../../../server/debug/requests.ts';
import { profiles, unadvertised, type Profile } from './profiles.ts';
import { schemaProblems } from './schema.ts';
import type { Wire } from './wire.ts';

type Message = DebugProtocol.ProtocolMessage;
type EventName = keyof Events;

/** The arguments the protocol declares for a command. */
interface ArgumentsOf {
  initialize: DebugProtocol.InitializeRequestArguments;
  cancel: DebugProtocol.CancelArguments;
  launch: Readonly<Record<string, unknown>>;
  attach: Readonly<Record<string, unknown>>;
  configurationDone: DebugProtocol.ConfigurationDoneArguments;
  restart: DebugProtocol.RestartArguments;
  terminate: DebugProtocol.TerminateArguments;
  disconnect: DebugProtocol.DisconnectArguments;
  setBreakpoints: DebugProtocol.SetBreakpointsArguments;
  setFunctionBreakpoints: DebugProtocol.SetFunctionBreakpointsArguments;
  setInstructionBreakpoints: DebugProtocol.SetInstructionBreakpointsArguments;
  setDataBreakpoints: DebugProtocol.SetDataBreakpointsArguments;
  setExceptionBreakpoints: DebugProtocol.SetExceptionBreakpointsArguments;
  dataBreakpointInfo: DebugProtocol.DataBreakpointInfoArguments;
  breakpointLocations: DebugProtocol.BreakpointLocationsArguments;
  exceptionInfo: DebugProtocol.ExceptionInfoArguments;
  continue: DebugProtocol.ContinueArguments;
  next: DebugProtocol.NextArguments;
  stepIn: DebugProtocol.StepInArguments;
  stepOut: DebugProtocol.StepOutArguments;
  pause: DebugProtocol.PauseArguments;
  threads: Readonly<Record<string, never>>;
  stackTrace: DebugProtocol.StackTraceArguments;
  scopes: DebugProtocol.ScopesArguments;
  variables: DebugProtocol.VariablesArguments;
  setVariable: DebugProtocol.SetVariableArguments;
  setExpression: DebugProtocol.SetExpressionArguments;
  evaluate: DebugProtocol.EvaluateArguments;
  completions: DebugProtocol.CompletionsArguments;
  readMemory: DebugProtocol.ReadMemoryArguments;
  writeMemory: DebugProtocol.WriteMemoryArguments;
  disassemble: DebugProtocol.DisassembleArguments;
  modules: DebugProtocol.ModulesArguments;
  loadedSources: DebugProtocol.LoadedSourcesArguments;
  source: DebugProtocol.SourceArguments;
}

/** What goes over the wire for a custom command: addresses are still text. */
type OnWire<T> = { readonly [K in keyof T]: T[K] extends bigint | undefined ? string : T[K] };
type Args<C extends Command> = C extends CustomCommand
  ? OnWire<CustomArguments<C>>
  : C extends keyof ArgumentsOf
    ? ArgumentsOf[C]
    : never;

interface Waiting {
  readonly command: string;
  readonly resolve: (response: DebugProtocol.Response) => void;
  readonly reject: (error: Error) => void;
}

export class Client {
  readonly wire: Wire;
  /** Everything in both directions, in the order in which it was sent and received. */
  readonly transcript: Message[] = [];
  readonly #profile: Profile;
  readonly #waiting = new Map<number, Waiting>();
  readonly #events: DebugProtocol.Event[] = [];
  readonly #outputs: DebugProtocol.OutputEvent[] = [];
  /** Progress comes when it comes; tests look at it by itself. */
  readonly progress: DebugProtocol.Event[] = [];
  /** Events of this project's own, which come beside the standard ones. */
  readonly custom: DebugProtocol.Event[] = [];
  #wake: (() => void) | undefined;
  #seq = 1;
  #lastReceived = 0;
  #problem: Error | undefined;
  #closed = false;

  constructor(wire: Wire, profile: Profile = profiles.vscode) {
    this.wire = wire;
    this.#profile = profile;
    const decoder = new MessageDecoder();
    wire.onData((bytes) => {
      for (const decoded of decoder.push(bytes)) {
        if (decoded.kind === 'message') this.#receive(decoded.message as Message);
        else this.#fail(`the adapter sent no message: ${decoded.problem}`);
      }
    });
    void wire.closed.then(() => {
      this.#closed = true;
      for (const { command, reject } of this.#waiting.values())
        reject(new Error(`the connection ended before the answer to ${command}; log: ${wire.log.text}`));
      this.#wake?.();
    });
  }

  /** The response to a request, whatever it says. */
  async respond<C extends Command>(command: C, args: Args<C>): Promise<DebugProtocol.Response> {
    return this.send(command, args).response;
  }

  /** Sends without waiting. */
  send<C extends Command>(
    command: C,
    args: Args<C>,
  ): { seq: number; response: Promise<DebugProtocol.Response> } {
    const request: DebugProtocol.Request = { seq: this.#seq++, type: 'request', command, arguments: args };
    const wrong = schemaProblems(request);
    if (wrong.length > 0) throw new Error(`the test sends a malformed request: ${wrong.join('; ')}`);
    const response = new Promise<DebugProtocol.Response>((resolve, reject) => {
      if (this.#closed) reject(new Error('the connection has ended'));
      this.#waiting.set(request.seq, { command, resolve, reject });
    });
    this.transcript.push(request);
    this.wire.write(encodeMessage(request));
    return { seq: request.seq, response };
  }

  /** The body of a response that has to succeed. */
  async request<C extends Command>(command: C, args: Args<C>): Promise<NonNullable<BodyOf<C>>> {
    const response = await this.respond(command, args);
    if (!response.success) throw new Error(`${command} failed: ${response.message ?? ''}`);
    return response.body as NonNullable<BodyOf<C>>;
  }

  /** The error of a response that has to fail. */
  async expectError<C extends Command>(
    command: C,
    args: Args<C>,
  ): Promise<DebugProtocol.Message & { short: string }> {
    const response = await this.respond(command, args);
    if (response.success) throw new Error(`${command} succeeded, but should not have`);
    return { ...errorOf(response), short: response.message ?? '' };
  }

  /** The next event that is neither output, nor progress, nor one of our own; fails if it is another one. */
  async expect<E extends EventName>(event: E): Promise<Events[E]> {
    const next = await this.#nextEvent();
    if (next.event !== event)
      throw new Error(`expected the event ${event}, but got ${next.event}: ${JSON.stringify(next.body)}`);
    return next.body as Events[E];
  }

  async expectInitialized(): Promise<void> {
    await this.expect('initialized');
  }

  async expectStopped(reason: string): Promise<DebugProtocol.StoppedEvent['body']> {
    const body = await this.expect('stopped');
    if (body.reason !== reason)
      throw new Error(
        `expected a stop by ${reason}, but got ${body.reason}: ${body.text ?? body.description ?? ''}`,
      );
    return body;
  }

  async expectExited(): Promise<number> {
    const { exitCode } = await this.expect('exited');
    await this.expectTerminated();
    return exitCode;
  }

  async expectTerminated(): Promise<void> {
    await this.expect('terminated');
  }

  /** All output so far that no test has looked at yet, joined by category. */
  takeOutput(category: string): string {
    const taken = this.#outputs.filter(({ body }) => (body.category ?? 'console') === category);
    for (const event of taken) this.#outputs.splice(this.#outputs.indexOf(event), 1);
    return taken.map(({ body }) => body.output).join('');
  }

  /** Events that have arrived and that no test has expected. */
  pendingEvents(): string[] {
    this.#check();
    return this.#events.map(({ event }) => event);
  }

  /** Writes bytes as they are; a response to `seq` can be awaited. */
  raw(bytes: Uint8Array | string, seq?: number): Promise<DebugProtocol.Response> {
    const response = new Promise<DebugProtocol.Response>((resolve, reject) => {
      if (seq !== undefined) this.#waiting.set(seq, { command: '', resolve, reject });
    });
    this.wire.write(bytes);
    return response;
  }

  /** Ends the session; fails if any message was not what it should have been. */
  async disconnect(): Promise<void> {
    await this.request('disconnect', {});
    await this.wire.closed;
    this.#check();
  }

  async #nextEvent(): Promise<DebugProtocol.Event> {
    while (this.#events.length === 0) {
      this.#check();
      if (this.#closed) throw new Error(`the connection ended; log: ${this.wire.log.text}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    this.#check();
    return this.#events.shift()!;
  }

  #receive(message: Message): void {
    this.transcript.push(message);
    if (message.seq !== this.#lastReceived + 1)
      this.#fail(`seq ${message.seq} follows ${this.#lastReceived}`);
    this.#lastReceived = message.seq;
    const wrong = [...schemaProblems(message), ...unadvertised(this.#profile, message)];
    if (wrong.length > 0) this.#fail(`${JSON.stringify(message).slice(0, 300)}: ${wrong.join('; ')}`);
    if (message.type === 'response') this.#answer(message as DebugProtocol.Response);
    else if (message.type === 'event') {
      const event = message as DebugProtocol.Event;
      if (event.event === 'output') this.#outputs.push(event as DebugProtocol.OutputEvent);
      else if (event.event.startsWith('sealscope/')) this.custom.push(event);
      else if (event.event.startsWith('progress')) this.progress.push(event);
      else this.#events.push(event);
      this.#wake?.();
    }
  }

  #answer(response: DebugProtocol.Response): void {
    const waiting = this.#waiting.get(response.request_seq);
    this.#waiting.delete(response.request_seq);
    if (waiting === undefined) this.#fail(`nobody asked for the response to ${response.request_seq}`);
    else waiting.resolve(response);
  }

  #fail(problem: string): void {
    this.#problem ??= new Error(problem);
    for (const { reject } of this.#waiting.values()) reject(this.#problem);
    this.#wake?.();
  }

  #check(): void {
    if (this.#problem !== undefined) throw this.#problem;
  }
}

function errorOf(response: DebugProtocol.Response): DebugProtocol.Message {
  return (response as DebugProtocol.ErrorResponse).body.error!;
}

/** An error message as a client shows it. */
export function errorText({ format, variables }: DebugProtocol.Message): string {
  return format.replaceAll(/\{(\w+)\}/g, (_, name: string) => variables?.[name] ?? '');
}
