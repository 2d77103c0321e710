/** The refused stores of the active session, or of the one that ended last: what the view shows and exports. */
import { Disposable, EventEmitter } from 'vscode';
import type { CustomResult } from '../../../server/debug/protocol.ts';
import { setContext } from '../../context.ts';
import type { SealedWritesAtEnd, SealscopeSession, SealscopeSessions } from '../../session/index.ts';

export type SealedWrite = CustomResult<'sealscope/sealedWrites'>['writes'][number];
export type ExportFormat = 'markdown' | 'json';

interface SessionWrites {
  readonly session: SealscopeSession;
  writes: readonly SealedWrite[];
  /** Once the guest has ended, nobody answers any more. */
  atEnd: SealedWritesAtEnd | undefined;
  /** At most one question at a time is under way; stores may come faster than answers. */
  reading: boolean;
  stale: boolean;
}

export class SealedWrites implements Disposable {
  readonly #sessions: SealscopeSessions;
  readonly #didChange = new EventEmitter<undefined>();
  readonly #registrations: Disposable;
  readonly onDidChange = this.#didChange.event;
  #records: SessionWrites[] = [];

  constructor(sessions: SealscopeSessions) {
    this.#sessions = sessions;
    this.#registrations = Disposable.from(
      this.#didChange,
      sessions.onDidStart((session) => this.#begin(session)),
      sessions.onDidSealedWrite(({ session }) => void this.#refresh(session)),
      // What became of the last one is known once the guest went on.
      sessions.onDidContinue((session) => void this.#refresh(session)),
      sessions.onDidStop(({ session }) => void this.#refresh(session)),
      sessions.onDidListSealedWrites(({ session, body }) => this.#end(session, body)),
      sessions.onDidChangeActive(() => this.#tell()),
    );
  }

  /** In the order in which they were refused for the first time. */
  get writes(): readonly SealedWrite[] {
    return this.#current?.writes ?? [];
  }

  /** A document for a bug report. Rejects with the adapter's message. */
  async export(format: ExportFormat): Promise<string> {
    const current = this.#current;
    if (current === undefined) return '';
    if (current.atEnd !== undefined) return current.atEnd[format];
    return (await current.session.request('sealscope/exportSealedWrites', { format })).text;
  }

  dispose(): void {
    this.#registrations.dispose();
  }

  get #current(): SessionWrites | undefined {
    const { active } = this.#sessions;
    return this.#records.find(({ session }) => session === active) ?? this.#records.at(-1);
  }

  #of(session: SealscopeSession): SessionWrites | undefined {
    return this.#records.find((each) => each.session === session);
  }

  /** Sessions that have ended are forgotten when another begins. */
  #begin(session: SealscopeSession): void {
    this.#records = this.#records.filter(
      (each) => each.session !== session && each.session.state !== 'ended',
    );
    this.#records.push({ session, writes: [], atEnd: undefined, reading: false, stale: false });
    this.#tell();
  }

  async #refresh(session: SealscopeSession): Promise<void> {
    const record = this.#of(session);
    if (record === undefined) return;
    record.stale = true;
    if (record.reading) return;
    record.reading = true;
    while (record.stale) {
      record.stale = false;
      // A session that ends meanwhile no longer answers; it has said how it ended.
      const answer = await session.request('sealscope/sealedWrites', {}).catch(() => undefined);
      if (answer !== undefined && record.atEnd === undefined) record.writes = answer.writes;
    }
    record.reading = false;
    this.#tell();
  }

  #end(session: SealscopeSession, atEnd: SealedWritesAtEnd): void {
    const record = this.#of(session);
    if (record === undefined) return;
    Object.assign(record, { atEnd, writes: atEnd.writes });
    this.#tell();
  }

  #tell(): void {
    setContext('sealscope.hasSealedWrites', this.writes.length > 0);
    this.#didChange.fire(undefined);
  }
}
