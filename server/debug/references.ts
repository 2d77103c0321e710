/**
 * The numbers by which a client names frames and things with children. The same thing keeps its number while the
 * guest stands still, whoever asks and however often; when it resumes all numbers end, and none is ever used again,
 * so that a stale one is told from a wrong one.
 */
import { RequestError } from './errors.ts';

export class References<T> {
  readonly #what: string;
  readonly #byKey = new Map<string, number>();
  readonly #byId = new Map<number, T>();
  #next = 1;

  /** `what` names the kind of thing in errors: "variables reference". */
  constructor(what: string) {
    this.#what = what;
  }

  /** The number of what `key` identifies; `make` is called the first time since the last resume. */
  of(key: string, make: () => T): number {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const id = this.#next++;
    this.#byKey.set(key, id);
    this.#byId.set(id, make());
    return id;
  }

  /** Throws RequestError `staleReference` for a number that is not valid now. */
  get(id: number): T {
    const found = this.#byId.get(id);
    if (found !== undefined) return found;
    const why = id > 0 && id < this.#next ? 'is from an earlier stop' : 'does not exist';
    throw new RequestError('staleReference', `The ${this.#what} ${id} ${why}.`);
  }

  clear(): void {
    this.#byKey.clear();
    this.#byId.clear();
  }
}
