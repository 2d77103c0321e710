/** Gets the pages of mappings when rows of them are looked at, in chunks, and again after every stop. */
import type { Store } from '../common/store.ts';
import { type LoadedPages, type Page, pageCount } from './rows.ts';
import type { Mapping, Space } from './space.ts';
import type { State } from './state.ts';
import type { ViewHost } from './viewHost.ts';

/** The adapter's limit for one answer. */
const CHUNK = 512;

export class PageLoader {
  readonly #host: ViewHost;
  readonly #store: Store<State>;
  /** Chunks asked for since the last stop: "start first". */
  readonly #asked = new Map<string, Promise<void>>();

  constructor(host: ViewHost, store: Store<State>) {
    this.#host = host;
    this.#store = store;
  }

  /**
   * The pages to show until those of a new stop have arrived: the old ones, by their addresses, since mappings are
   * split and merged when permissions change.
   */
  carryOver(space: Space): ReadonlyMap<string, LoadedPages> {
    this.#asked.clear();
    const old = [...this.#store.state.pages.values()].flatMap(({ pages }) => [...pages.values()]);
    if (old.length === 0) return new Map();
    const byStart = new Map(old.map((page) => [page.address, page]));
    const carried = new Map<string, LoadedPages>();
    for (const mapping of space.mappings) {
      const { start, pageSize } = mapping;
      if (!this.#store.state.expanded.has(`mapping ${start}`)) continue;
      const pages = new Map<number, Page>();
      const from = BigInt(start);
      const size = BigInt(pageSize);
      const total = pageCount(mapping);
      for (let index = 0; index < total && index < 4 * CHUNK; index++) {
        const page = byStart.get(`0x${(from + BigInt(index) * size).toString(16)}`);
        if (page?.size === pageSize) pages.set(index, page);
      }
      carried.set(start, { total, pages });
    }
    return carried;
  }

  /** Asks for the chunk that holds page `index` of a mapping, unless this was done since the last stop. */
  async need({ start, end }: Mapping, index: number): Promise<void> {
    const { session, space } = this.#store.state;
    if (session !== 'stopped' || space === undefined) return;
    const first = index - (index % CHUNK);
    const name = `${start} ${first}`;
    let asked = this.#asked.get(name);
    if (asked === undefined) {
      asked = this.#load(space, start, end, first);
      this.#asked.set(name, asked);
    }
    return asked;
  }

  async #load(space: Space, start: string, end: string, first: number): Promise<void> {
    const { total, pages } = await this.#host.ask('sealscope/pages', {
      ...{ start, end, first, count: CHUNK, since: space.since, threadId: space.hart + 1 },
    });
    const { state } = this.#store;
    if (state.space !== space) return;
    const loaded = new Map(state.pages.get(start)?.pages);
    for (const [offset, page] of pages.entries()) loaded.set(first + offset, page);
    this.#store.update({ pages: new Map(state.pages).set(start, { total, pages: loaded }) });
  }
}
