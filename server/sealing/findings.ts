/** The findings of a run: refused stores deduplicated by (symbol, pc), with counts and what was done about them. */
import type { SealChoice } from './choice.ts';
import type { Finding, RefusedStore } from './refusedStore.ts';

interface Entry {
  first: RefusedStore;
  count: number;
  latestStep: bigint;
  actions: Map<SealChoice | 'ignored', number>;
}

/** A guest that faults in a loop with ever new addresses must not fill the host's memory. */
const MAX_FINDINGS = 10_000;

export class Findings {
  readonly #entries = new Map<string, Entry>();

  /** Notes a refused store and what was done about it. */
  add(refused: RefusedStore, action: SealChoice | 'ignored'): void {
    const key = `${refused.object?.symbol ?? refused.address}@${refused.place.pc}`;
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      if (this.#entries.size >= MAX_FINDINGS) return;
      entry = { first: refused, count: 0, latestStep: refused.step, actions: new Map() };
      this.#entries.set(key, entry);
    }
    entry.count++;
    entry.latestStep = refused.step;
    entry.actions.set(action, (entry.actions.get(action) ?? 0) + 1);
  }

  list(): Finding[] {
    return [...this.#entries.values()].map(({ first, count, latestStep, actions }) => ({
      first,
      count,
      latestStep,
      actions: [...actions].map(([action, times]) => ({ action, count: times })),
    }));
  }
}
