/**
 * The debug sessions of type `sealscope`: which there are, which is active, and what happens in them. Listens to the
 * protocol as it goes by, so that no view has to; the views need to know nothing of messages.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { type DebugAdapterTracker, type DebugSession, Disposable, EventEmitter, debug } from 'vscode';
import type { CustomEventBody } from '../../server/debug/protocol.ts';
import { type PhaseChange, SealscopeSession } from './session.ts';

/** A store that a seal refused, whatever the policy made of it. */
export type SealedWriteEvent = CustomEventBody<'sealscope/sealedWrite'>;

export type SealedWritesAtEnd = CustomEventBody<'sealscope/sealedWritesAtEnd'>;

export interface Told<T> {
  readonly session: SealscopeSession;
  readonly body: T;
}

/** Requests whose success sets the guest going; `continued` need not follow them. */
const RESUMING = new Set(['continue', 'next', 'stepIn', 'stepOut', 'stepBack', 'reverseContinue', 'goto']);

/** Requests after whose success a guest runs that has not stopped at its entry. */
const STARTING = new Set(['configurationDone', 'restart']);

export class SealscopeSessions implements Disposable {
  readonly #sessions = new Map<string, SealscopeSession>();
  readonly #registrations: Disposable;
  #active: SealscopeSession | undefined;

  readonly #didChangeActive = new EventEmitter<SealscopeSession | undefined>();
  readonly #didStart = new EventEmitter<SealscopeSession>();
  readonly #didStop = new EventEmitter<Told<DebugProtocol.StoppedEvent['body']>>();
  readonly #didContinue = new EventEmitter<SealscopeSession>();
  readonly #didInvalidate = new EventEmitter<SealscopeSession>();
  readonly #didExit = new EventEmitter<Told<DebugProtocol.ExitedEvent['body']>>();
  readonly #didEnd = new EventEmitter<SealscopeSession>();
  readonly #didGuestOutput = new EventEmitter<Told<string>>();
  readonly #didChangePhase = new EventEmitter<Told<PhaseChange>>();
  readonly #didListSealedWrites = new EventEmitter<Told<SealedWritesAtEnd>>();
  readonly #didSealedWrite = new EventEmitter<Told<SealedWriteEvent>>();

  /** The session that the debug views show; if that is another debugger's, the one of ours that was active last. */
  readonly onDidChangeActive = this.#didChangeActive.event;
  /** The adapter of a session is up. Fires again when VS Code restarts a session. */
  readonly onDidStart = this.#didStart.event;
  readonly onDidStop = this.#didStop.event;
  readonly onDidContinue = this.#didContinue.event;
  /** A register, memory or a choice was changed while the guest stands still: what was shown may be stale. */
  readonly onDidInvalidate = this.#didInvalidate.event;
  /** The guest has ended. What is asked now may not be answered any more. */
  readonly onDidExit = this.#didExit.event;
  /** The session is over, and answers no more requests. */
  readonly onDidEnd = this.#didEnd.event;
  /** Text as the guest's console wrote it. */
  readonly onDidGuestOutput = this.#didGuestOutput.event;
  readonly onDidChangePhase = this.#didChangePhase.event;
  /** The refused stores as the guest leaves them when it ends. */
  readonly onDidListSealedWrites = this.#didListSealedWrites.event;
  readonly onDidSealedWrite = this.#didSealedWrite.event;

  constructor(type: string) {
    this.#registrations = Disposable.from(
      debug.registerDebugAdapterTrackerFactory(type, {
        createDebugAdapterTracker: (session) => this.#track(session),
      }),
      debug.onDidChangeActiveDebugSession((session) => this.#focus(session)),
      debug.onDidTerminateDebugSession(({ id }) => this.#end(id)),
      ...[this.#didChangeActive, this.#didStart, this.#didStop, this.#didContinue, this.#didInvalidate],
      ...[
        this.#didExit,
        this.#didEnd,
        this.#didGuestOutput,
        this.#didChangePhase,
        this.#didSealedWrite,
        this.#didListSealedWrites,
      ],
    );
  }

  /** In the order in which they were started. */
  get all(): readonly SealscopeSession[] {
    return [...this.#sessions.values()];
  }

  get active(): SealscopeSession | undefined {
    return this.#active;
  }

  dispose(): void {
    this.#registrations.dispose();
  }

  #track(debugSession: DebugSession): DebugAdapterTracker {
    // A restart comes with the id of the session that it restarts.
    this.#end(debugSession.id);
    const session = new SealscopeSession(debugSession);
    this.#sessions.set(session.id, session);
    return {
      onWillStartSession: () => {
        this.#didStart.fire(session);
        if (this.#active === undefined || debug.activeDebugSession?.id === session.id)
          this.#activate(session);
      },
      onWillReceiveMessage: ({ command }: DebugProtocol.Request) => {
        if (command === 'restart') this.#restart(session);
      },
      onDidSendMessage: (message: DebugProtocol.ProtocolMessage) => this.#follow(session, message),
      onExit: () => {
        if (this.#sessions.get(session.id) === session) this.#end(session.id);
      },
    };
  }

  #follow(session: SealscopeSession, message: DebugProtocol.ProtocolMessage): void {
    if (message.type === 'response') {
      const { success, command } = message as DebugProtocol.Response;
      if (success && RESUMING.has(command)) this.#resumed(session);
      else if (success && STARTING.has(command) && session.state === 'starting') session.state = 'running';
    } else if (message.type === 'event') {
      this.#happened(session, message as DebugProtocol.Event);
    }
  }

  #happened(session: SealscopeSession, { event, body }: DebugProtocol.Event): void {
    switch (event) {
      case 'stopped':
        session.state = 'stopped';
        session.stop = body as DebugProtocol.StoppedEvent['body'];
        this.#didStop.fire({ session, body: session.stop });
        break;
      case 'continued':
        this.#resumed(session);
        break;
      case 'invalidated':
        this.#didInvalidate.fire(session);
        break;
      case 'output': {
        const { category, output } = body as DebugProtocol.OutputEvent['body'];
        if (category === 'stdout') this.#didGuestOutput.fire({ session, body: output });
        break;
      }
      case 'sealscope/console':
        this.#didGuestOutput.fire({ session, body: (body as CustomEventBody<'sealscope/console'>).text });
        break;
      case 'exited':
        session.state = 'ended';
        session.stop = undefined;
        this.#didExit.fire({ session, body: body as DebugProtocol.ExitedEvent['body'] });
        break;
      case 'sealscope/phase':
        session.phase = body as PhaseChange;
        this.#didChangePhase.fire({ session, body: session.phase });
        break;
      case 'sealscope/sealedWritesAtEnd':
        this.#didListSealedWrites.fire({ session, body: body as SealedWritesAtEnd });
        break;
      case 'sealscope/sealedWrite':
        this.#didSealedWrite.fire({ session, body: body as SealedWriteEvent });
        break;
    }
  }

  #resumed(session: SealscopeSession): void {
    if (session.state === 'running') return;
    session.state = 'running';
    session.stop = undefined;
    this.#didContinue.fire(session);
  }

  /** The adapter stays, with another guest. */
  #restart(session: SealscopeSession): void {
    session.state = 'starting';
    session.stop = undefined;
    session.phase = undefined;
    this.#didContinue.fire(session);
    this.#didStart.fire(session);
  }

  #focus(debugSession: DebugSession | undefined): void {
    const session = debugSession && this.#sessions.get(debugSession.id);
    if (session !== undefined) this.#activate(session);
  }

  #activate(session: SealscopeSession | undefined): void {
    if (session === this.#active) return;
    this.#active = session;
    this.#didChangeActive.fire(session);
  }

  #end(id: string): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    this.#sessions.delete(id);
    session.state = 'ended';
    session.stop = undefined;
    this.#didEnd.fire(session);
    if (session === this.#active) this.#activate(this.all.at(-1));
  }
}
