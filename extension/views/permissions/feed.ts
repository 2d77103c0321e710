/** Keeps one page of the view supplied: with each stop of the active session, and with answers. */
import { DebugStackFrame, DebugThread, Disposable, type Webview, debug } from 'vscode';
import type { SealscopeSession, SealscopeSessions } from '../../session/index.ts';
import { answerTo, perform } from '../common/host.ts';
import type { Spot } from '../common/messages.ts';
import { type ToHost, type ToView, questions } from './messages.ts';

export class Feed implements Disposable {
  readonly #webview: Webview;
  readonly #sessions: SealscopeSessions;
  readonly #registrations: Disposable;
  #since: number | undefined;
  /** The thread whose address space is shown, once it is known. */
  #threadId: number | undefined;
  /** Counts what was begun, so that an answer that comes too late is not shown. */
  #generation = 0;
  #isReady = false;
  /** What to go to as soon as there is something on the screen. */
  #waiting: Spot | undefined;

  constructor(webview: Webview, sessions: SealscopeSessions) {
    this.#webview = webview;
    this.#sessions = sessions;
    const ifActive = (session: SealscopeSession): void => {
      if (session === sessions.active) void this.#refresh();
    };
    this.#registrations = Disposable.from(
      webview.onDidReceiveMessage((message: ToHost) => void this.#hear(message)),
      sessions.onDidChangeActive(() => {
        this.#since = undefined;
        void this.#refresh();
      }),
      sessions.onDidStop(({ session }) => ifActive(session)),
      sessions.onDidContinue(ifActive),
      sessions.onDidInvalidate(ifActive),
      sessions.onDidExit(({ session }) => ifActive(session)),
      sessions.onDidChangePhase(({ session }) => void this.#tellPhases(session)),
      debug.onDidChangeActiveStackItem(() => {
        const threadId = this.#chosenThread();
        if (threadId !== undefined && threadId !== this.#threadId) void this.#refresh();
      }),
    );
  }

  dispose(): void {
    this.#registrations.dispose();
  }

  reveal(spot: Spot): void {
    this.#waiting = spot;
    if (this.#isReady) this.#revealWaiting();
  }

  async #hear(message: ToHost): Promise<void> {
    switch (message.type) {
      case 'ready':
        await this.#refresh();
        break;
      case 'ask':
        this.#tell(await answerTo(message, questions, this.#sessions.active));
        break;
      case 'since':
        this.#since = message.since;
        await this.#refresh();
        break;
      default:
        await perform(message);
    }
  }

  async #refresh(): Promise<void> {
    const generation = ++this.#generation;
    const session = this.#sessions.active;
    if (session === undefined || session.state === 'ended') {
      this.#tell({ type: 'ended' });
    } else if (session.state !== 'stopped') {
      this.#tell({ type: 'running', session: session.id });
    } else {
      const message = await this.#stop(session);
      if (generation !== this.#generation) return;
      this.#tell(message);
      this.#isReady = message.type === 'stopped';
      this.#revealWaiting();
    }
  }

  async #stop(session: SealscopeSession): Promise<ToView> {
    const threadId = this.#chosenThread();
    try {
      const [permissions, { regions }, phases] = await Promise.all([
        session.request('sealscope/permissions', {
          ...(threadId === undefined ? {} : { threadId }),
          ...(this.#since === undefined ? {} : { since: this.#since }),
        }),
        session.request('sealscope/seals', {}),
        session.request('sealscope/phases', {}),
      ]);
      this.#threadId = permissions.hart + 1;
      return { type: 'stopped', session: session.id, permissions, regions, phases };
    } catch (error) {
      return { type: 'failed', message: (error as Error).message };
    }
  }

  /** The thread that the call stack has selected, if it is one of the active session. */
  #chosenThread(): number | undefined {
    const item = debug.activeStackItem;
    const isOurs =
      (item instanceof DebugStackFrame || item instanceof DebugThread) &&
      item.session.id === this.#sessions.active?.id;
    return isOurs ? item.threadId : undefined;
  }

  async #tellPhases(session: SealscopeSession): Promise<void> {
    if (session !== this.#sessions.active || session.state === 'stopped') return;
    const phases = await session.request('sealscope/phases', {}).catch(() => undefined);
    if (phases !== undefined && session === this.#sessions.active) this.#tell({ type: 'phases', phases });
  }

  #revealWaiting(): void {
    if (this.#waiting !== undefined) this.#tell({ type: 'reveal', spot: this.#waiting });
    this.#waiting = undefined;
  }

  #tell(message: ToView): void {
    void this.#webview.postMessage(message);
  }
}
