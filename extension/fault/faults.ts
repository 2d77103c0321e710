/** The refused store that waits for a choice, in each session that stands before one. */
import { Disposable, EventEmitter } from 'vscode';
import type { Action, CustomResult } from '../../server/debug/protocol.ts';
import { setContext } from '../context.ts';
import type { SealscopeSession, SealscopeSessions } from '../session/index.ts';

export type Choice = NonNullable<CustomResult<'sealscope/fault'>['choices']>[number];
export type Fact = NonNullable<CustomResult<'sealscope/fault'>['facts']>[number];

export interface Fault {
  readonly session: SealscopeSession;
  /** What happens if the guest goes on by any other command. */
  readonly chosen: string | undefined;
  readonly choices: readonly Choice[];
  readonly facts: readonly Fact[];
}

export class Faults implements Disposable {
  readonly #sessions: SealscopeSessions;
  readonly #pending = new Map<string, Fault>();
  readonly #didChange = new EventEmitter<Fault | undefined>();
  readonly #registrations: Disposable;

  /** `current` is another one, or none, or says something else. */
  readonly onDidChange = this.#didChange.event;

  constructor(sessions: SealscopeSessions) {
    this.#sessions = sessions;
    this.#registrations = Disposable.from(
      sessions.onDidStop(({ session, body }) => {
        if (body.reason === 'exception') void this.#read(session);
        else this.#forget(session);
      }),
      sessions.onDidInvalidate((session) => void this.#refresh(session)),
      sessions.onDidContinue((session) => this.#forget(session)),
      sessions.onDidExit(({ session }) => this.#forget(session)),
      sessions.onDidEnd((session) => this.#forget(session)),
      sessions.onDidChangeActive(() => this.#tell()),
      this.#didChange,
    );
  }

  /** That of the active session. */
  get current(): Fault | undefined {
    const { active } = this.#sessions;
    return active && this.#pending.get(active.id);
  }

  /** Chooses what happens to the current store, and lets the guest run on. Rejects with the adapter's message. */
  async resolve(action: Action): Promise<void> {
    await this.current?.session.request('sealscope/resolveFault', { action });
  }

  dispose(): void {
    this.#registrations.dispose();
  }

  /** The choice may have been set elsewhere: in the scope, in the Debug Console. */
  async #refresh(session: SealscopeSession): Promise<void> {
    if (this.#pending.has(session.id)) await this.#read(session);
  }

  async #read(session: SealscopeSession): Promise<void> {
    const { stop } = session;
    // The guest may have been set going before the answer comes; then there is nothing to show.
    const answer = await session.request('sealscope/fault', {}).catch(() => undefined);
    if (session.stop === undefined || session.stop !== stop) return;
    if (answer?.pending !== true) {
      this.#forget(session);
      return;
    }
    const { chosen, choices = [], facts = [] } = answer;
    this.#pending.set(session.id, { session, chosen, choices, facts });
    this.#tell();
  }

  #forget(session: SealscopeSession): void {
    if (this.#pending.delete(session.id)) this.#tell();
  }

  #tell(): void {
    setContext('sealscope.faultPending', this.current !== undefined);
    this.#didChange.fire(this.current);
  }
}
