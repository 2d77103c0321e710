/** The objects whose stores are watched, in the active session. */
import { Disposable, EventEmitter } from 'vscode';
import type { CustomResult } from '../../server/debug/protocol.ts';
import type { SealscopeSessions } from '../session/index.ts';
import type { Located } from './target.ts';

export type Watch = CustomResult<'sealscope/watches'>['watches'][number];

/** Bytes watched where nothing says how large the object is: a register's width. */
const UNKNOWN_SIZE = 8;

export class Watches implements Disposable {
  readonly #sessions: SealscopeSessions;
  readonly #didChange = new EventEmitter<undefined>();
  readonly #registrations: Disposable;
  readonly onDidChange = this.#didChange.event;
  #all: readonly Watch[] = [];

  constructor(sessions: SealscopeSessions) {
    this.#sessions = sessions;
    this.#registrations = Disposable.from(
      this.#didChange,
      sessions.onDidChangeActive(() => void this.#refresh()),
      // Hits are counted.
      sessions.onDidStop(() => void this.#refresh()),
    );
  }

  get all(): readonly Watch[] {
    return this.#all;
  }

  /** Returns what is now watched, for people. Rejects with the adapter's message. */
  async add({ address, size = UNKNOWN_SIZE, name }: Located): Promise<string> {
    const { active } = this.#sessions;
    if (active === undefined) return '';
    const { text } = await active.request('sealscope/watchWrites', { address, size, name });
    await this.#refresh();
    return text;
  }

  async remove(id: number): Promise<void> {
    await this.#sessions.active?.request('sealscope/unwatchWrites', { id });
    await this.#refresh();
  }

  dispose(): void {
    this.#registrations.dispose();
  }

  async #refresh(): Promise<void> {
    const { active } = this.#sessions;
    // A session that is just being started has none, and may not answer yet.
    const isReady = active !== undefined && active.state !== 'starting';
    const answer = isReady ? await active.request('sealscope/watches', {}).catch(() => undefined) : undefined;
    if (active !== this.#sessions.active) return;
    this.#all = answer?.watches ?? [];
    this.#didChange.fire(undefined);
  }
}
