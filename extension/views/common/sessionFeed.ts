/** Feeds a page that asks for itself: it is told how it stands with the session, and its questions are answered. */
import { Disposable, type Webview } from 'vscode';
import type { CustomCommand } from '../../../server/debug/protocol.ts';
import type { SealscopeSession, SealscopeSessions } from '../../session/index.ts';
import { answerTo, perform } from './host.ts';
import type { Answer, Ask, Deed, SessionNews } from './messages.ts';

type ToHost = { readonly type: 'ready' } | Ask | Deed;

export class SessionFeed implements Disposable {
  readonly #webview: Webview;
  readonly #sessions: SealscopeSessions;
  readonly #questions: readonly CustomCommand[];
  readonly #registrations: Disposable;

  /** @param questions What the page may ask the adapter for. */
  constructor(webview: Webview, sessions: SealscopeSessions, questions: readonly CustomCommand[]) {
    this.#webview = webview;
    this.#sessions = sessions;
    this.#questions = questions;
    const ifActive = (session: SealscopeSession): void => {
      if (session === sessions.active) this.#tellState();
    };
    this.#registrations = Disposable.from(
      webview.onDidReceiveMessage((message: ToHost) => void this.#hear(message)),
      sessions.onDidChangeActive(() => this.#tellState()),
      sessions.onDidStart(ifActive),
      sessions.onDidStop(({ session }) => ifActive(session)),
      sessions.onDidContinue(ifActive),
      sessions.onDidInvalidate(ifActive),
      sessions.onDidExit(({ session }) => ifActive(session)),
      sessions.onDidChangePhase(({ session }) => ifActive(session)),
    );
  }

  dispose(): void {
    this.#registrations.dispose();
  }

  async #hear(message: ToHost): Promise<void> {
    if (message.type === 'ready') this.#tellState();
    else if (message.type === 'ask')
      this.#tell(await answerTo(message, this.#questions, this.#sessions.active));
    else await perform(message);
  }

  #tellState(): void {
    const { active } = this.#sessions;
    if (active === undefined || active.state === 'ended' || active.state === 'starting')
      this.#tell({ type: 'session', state: 'none', session: '' });
    else this.#tell({ type: 'session', state: active.state, session: active.id });
  }

  #tell(message: SessionNews | Answer): void {
    void this.#webview.postMessage(message);
  }
}
