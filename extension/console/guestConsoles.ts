/** A terminal for each session's guest; a session that starts again finds the terminal of its predecessor. */
import { Disposable, commands, window } from 'vscode';
import type { SealscopeSession, SealscopeSessions } from '../session/index.ts';
import { GuestTerminal } from './guestTerminal.ts';

interface Console {
  readonly terminal: GuestTerminal;
  session: SealscopeSession;
  /** The terminal says how the session ended. */
  isOver: boolean;
}

export class GuestConsoles implements Disposable {
  readonly #sessions: SealscopeSessions;
  readonly #consoles: Console[] = [];
  readonly #registrations: Disposable;

  constructor(sessions: SealscopeSessions) {
    this.#sessions = sessions;
    this.#registrations = Disposable.from(
      sessions.onDidStart((session) => this.#start(session)),
      sessions.onDidGuestOutput(({ session, body }) => this.#of(session)?.terminal.write(body)),
      sessions.onDidExit(({ session, body }) =>
        this.#say(session, `The guest has ended with status ${body.exitCode}.`),
      ),
      sessions.onDidEnd((session) => this.#say(session, 'The session was stopped.')),
      commands.registerCommand('sealscope.showConsole', () => this.#show()),
    );
  }

  dispose(): void {
    this.#registrations.dispose();
    for (const { terminal } of this.#consoles) terminal.dispose();
  }

  #of(session: SealscopeSession): Console | undefined {
    return this.#consoles.find((each) => each.session === session);
  }

  /** How a session ended, told once. */
  #say(session: SealscopeSession, end: string): void {
    const console = this.#of(session);
    if (console === undefined || console.isOver) return;
    console.isOver = true;
    console.terminal.say(end);
  }

  #start(session: SealscopeSession): void {
    const earlier =
      this.#of(session) ??
      this.#consoles.find((each) => each.session.name === session.name && each.session.state === 'ended');
    if (earlier === undefined) this.#open(session);
    else {
      earlier.session = session;
      earlier.isOver = false;
      earlier.terminal.say('Started again.');
    }
    const { configuration } = session.debugSession;
    if (configuration['console'] === 'integratedTerminal') this.#of(session)?.terminal.show(false);
  }

  #open(session: SealscopeSession): void {
    const console: Console = {
      session,
      isOver: false,
      terminal: new GuestTerminal(`${session.name} (guest)`, (keys) => {
        if (console.isOver) return;
        void console.session.request('sealscope/sendInput', { text: keys });
      }),
    };
    this.#consoles.push(console);
  }

  /** The console of the active session, or the one of the last. */
  #show(): void {
    const { active } = this.#sessions;
    const console = (active && this.#of(active)) ?? this.#consoles.at(-1);
    if (console !== undefined) console.terminal.show(true);
    else void window.showInformationMessage('No guest has run yet. Press F5 in a kernel to start one.');
  }
}
