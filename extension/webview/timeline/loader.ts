/** Asks the adapter for what the view shows; of several answers the one to the latest question counts. */
import type { Deed, SessionNews } from '../../views/common/messages.ts';
import type { Question, SealWindow, Windows } from '../../views/timeline/messages.ts';
import { Host } from '../common/host.ts';
import type { Store } from '../common/store.ts';
import type { Range, State } from './state.ts';

export class TimelineHost extends Host<Question, { readonly type: 'ready' } | Deed, SessionNews> {}

/** Bars of the scrubber. */
const PARTS = 160;
/** Changes, differences and windows for one question. */
const PORTION = 200;
const MAX_DIFFERENCES = 5000;
const MAX_WINDOWS = 2000;

type Query = Parameters<typeof TimelineHost.prototype.ask<'sealscope/timeline'>>[1];

type Topic = 'run' | 'events' | 'difference';

export class Loader {
  readonly #host: TimelineHost;
  readonly #store: Store<State>;
  /** Of the latest question about each. */
  readonly #generations: Record<Topic, number> = { run: 0, events: 0, difference: 0 };
  #olderThan: number | undefined;

  constructor(host: TimelineHost, store: Store<State>) {
    this.#host = host;
    this.#store = store;
  }

  /** Everything anew. */
  async refresh(): Promise<void> {
    const run = this.#update('run', async () => {
      const [run, { regions }, windows] = await Promise.all([
        this.#host.ask('sealscope/timeline', { count: 1, parts: PARTS }),
        this.#host.ask('sealscope/seals', {}),
        this.#windows(),
      ]);
      return { run, regions, windows };
    });
    await Promise.all([run, this.reload(), this.compare()]);
  }

  /** The changes of the filter and up to the moment that the state names. */
  async reload(): Promise<void> {
    this.#olderThan = undefined;
    await this.#update('events', async () => {
      const { events, more } = await this.#host.ask('sealscope/timeline', {
        ...{ ...this.#query(), count: PORTION, parts: 0 },
      });
      return { events, more };
    });
  }

  /** The portion behind the last change that is there. */
  async older(): Promise<void> {
    const { events, more } = this.#store.state;
    const last = events.at(-1)?.serial;
    if (!more || last === undefined || last === this.#olderThan) return;
    this.#olderThan = last;
    const mine = this.#generations.events;
    try {
      const portion = await this.#host.ask('sealscope/timeline', {
        ...{ ...this.#query(), before: last, count: PORTION, parts: 0 },
      });
      if (mine === this.#generations.events)
        this.#store.update({ events: [...events, ...portion.events], more: portion.more });
    } catch (error) {
      this.#store.update({ problem: (error as Error).message });
    }
  }

  /** What differs between the two marks. */
  async compare(): Promise<void> {
    const { a, b } = this.#store.state.marks;
    if (a === undefined || b === undefined) return;
    const [from, to] = a < b ? [a, b] : [b, a];
    await this.#update('difference', async () => {
      const answer = await this.#host.ask('sealscope/permissionDifference', {
        ...{ from: String(from), to: String(to), count: 1000 },
      });
      const differences = [...answer.differences];
      while (differences.length < Math.min(answer.total, MAX_DIFFERENCES)) {
        const more = await this.#host.ask('sealscope/permissionDifference', {
          ...{ from: String(from), to: String(to), first: differences.length, count: 1000 },
        });
        if (more.differences.length === 0) break;
        differences.push(...more.differences);
      }
      return { differences: { ...answer, differences } };
    });
  }

  async window(window: SealWindow): Promise<void> {
    try {
      const details = await this.#host.ask('sealscope/window', { window: window.number });
      if (this.#store.state.window?.number === window.number) this.#store.update({ windowDetails: details });
    } catch (error) {
      this.#store.update({ problem: (error as Error).message });
    }
  }

  /** What a person types: an address, or something that has a name. Undefined if nothing does. */
  async rangeOf(text: string): Promise<Range | undefined> {
    if (/^0x[\da-f]+$/i.test(text)) return { name: text, start: text, end: hexadecimal(BigInt(text) + 1n) };
    const { hits } = await this.#host.ask('sealscope/find', { query: text, limit: 1 });
    const [hit] = hits;
    return (
      hit && {
        ...{ name: hit.label, start: hit.address },
        end: hexadecimal(BigInt(hit.address) + BigInt(Math.max(1, hit.size ?? 1))),
      }
    );
  }

  #query(): Query {
    const { filter, moment, place, region, regions } = this.#store.state;
    const range = place ?? regions.find(({ name }) => name === region);
    return {
      ...(moment === undefined ? {} : { to: String(moment) }),
      ...(range === undefined ? {} : { start: range.start, end: range.end }),
      ...(filter === 'gained' || filter === 'lost' ? { write: filter } : {}),
      ...(filter === 'wx' ? { writeAndExecute: true } : {}),
      ...(filter === 'supervisor' ? { supervisor: true } : {}),
    };
  }

  async #windows(): Promise<Windows> {
    const answer = await this.#host.ask('sealscope/windows', { count: PORTION });
    const windows = [...answer.windows];
    while (windows.length < Math.min(answer.known, MAX_WINDOWS)) {
      const more = await this.#host.ask('sealscope/windows', { first: windows.length, count: PORTION });
      if (more.windows.length === 0) break;
      windows.push(...more.windows);
    }
    return { ...answer, windows };
  }

  async #update(topic: Topic, load: () => Promise<Partial<State>>): Promise<void> {
    const mine = ++this.#generations[topic];
    try {
      const change = await load();
      if (mine === this.#generations[topic]) this.#store.update({ ...change, problem: undefined });
    } catch (error) {
      if (mine === this.#generations[topic]) this.#store.update({ problem: (error as Error).message });
    }
  }
}

const hexadecimal = (address: bigint): string => `0x${address.toString(16)}`;
