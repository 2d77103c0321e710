/** Watches on writes that a client sets beside its data breakpoints, which replace each other as one set. */
import { counted, hex } from '../session/report/index.ts';
import type { Session } from '../session/index.ts';
import type { BreakpointBook } from './breakpointBook.ts';
import { RequestError } from './errors.ts';

interface Watch {
  /** Among the breakpoints that the client knows. */
  readonly id: number;
  readonly address: bigint;
  /** Bytes. */
  readonly size: number;
  readonly text: string;
}

interface WatchBody {
  readonly id: number;
  readonly text: string;
  readonly address: string;
  readonly size: number;
  readonly hits: number;
}

const MAX_WATCHES = 256;

export class WriteWatches {
  #watches: readonly Watch[] = [];

  /** @throws RequestError `notPossible` for bytes that cannot be watched, and for too many watches. */
  add(
    book: BreakpointBook,
    session: Session,
    { address, size, name }: { readonly address: bigint; readonly size: number; readonly name?: string },
  ): { id: number; text: string } {
    if (this.#watches.length >= MAX_WATCHES)
      throw new RequestError('notPossible', `There are ${MAX_WATCHES} watches; take one off first.`);
    const what = `${counted(size, 'byte')} at ${hex(address)}`;
    const text = `Writes to ${name === undefined ? what : `${name} (${what})`}`;
    const before = this.#watches;
    const { id, problem } = this.#set(book, session, [...before, { id: 0, address, size, text }]);
    if (problem !== undefined) {
      this.#set(book, session, before);
      throw new RequestError('notPossible', `${text} cannot be watched: ${problem}.`);
    }
    return { id, text };
  }

  /** @throws RequestError `notPossible` when there is no such watch. */
  remove(book: BreakpointBook, session: Session, id: number): void {
    const left = this.#watches.filter((watch) => watch.id !== id);
    if (left.length === this.#watches.length)
      throw new RequestError('notPossible', `There is no watch ${id}.`);
    this.#set(book, session, left);
  }

  list(book: BreakpointBook, session: Session): WatchBody[] {
    return this.#watches.map(({ id, text, address, size }) => ({
      id,
      text,
      address: hex(address),
      size,
      hits: book.hitsOf(session, id),
    }));
  }

  /** @returns The id of the last one, and why it is not watched. */
  #set(
    book: BreakpointBook,
    session: Session,
    watches: readonly Watch[],
  ): { readonly id: number; readonly problem: string | undefined } {
    const requests = watches.map(({ address, size }) => ({
      address,
      length: size,
      access: 'write' as const,
    }));
    const numbered = book.set(session, 'watches', requests.length, (each) =>
      each.breakpoints.setWatches(requests),
    );
    this.#watches = watches.map((watch, at) => ({ ...watch, id: numbered[at]!.id }));
    const last = numbered.at(-1);
    const isSet = last === undefined || last.breakpoint.verified;
    return { id: last?.id ?? 0, problem: isSet ? undefined : (last.breakpoint.message ?? 'it is refused') };
  }
}
