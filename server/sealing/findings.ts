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
const MAX_TOLD = 100;

export class Findings {
  readonly #entries = new Map<string, Entry>();

  /** By pc and address: what the same store was found to be before. */
  readonly #known = new Map<string, { readonly entry: Entry; told: number }>();

  /**
   * A store that has been diagnosed so often that nobody needs to be told once more: counts it and answers true.
   * A guest may be refused the same store a million times.
   */
  repeats(pc: bigint, address: bigint, step: bigint, action: SealChoice | 'ignored'): boolean {
    const known = this.#known.get(`${pc}@${address}`);
    if (known === undefined || known.told < MAX_TOLD) return false;
    count(known.entry, step, action);
    return true;
  }

  /** Notes a refused store and what was done about it. */
  add(refused: RefusedStore, action: SealChoice | 'ignored'): void {
    const key = `${refused.object?.symbol ?? refused.address}@${refused.place.pc}`;
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      if (this.#entries.size >= MAX_FINDINGS) return;
      entry = { first: refused, count: 0, latestStep: refused.step, actions: new Map() };
      this.#entries.set(key, entry);
    }
    count(entry, refused.step, action);
    const exact = `${refused.place.pc}@${refused.address}`;
    const known = this.#known.get(exact);
    if (known !== undefined) known.told++;
    else if (this.#known.size < MAX_FINDINGS) this.#known.set(exact, { entry, told: 1 });
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

function count(entry: Entry, step: bigint, action: SealChoice | 'ignored'): void {
  entry.count++;
  entry.latestStep = step;
  entry.actions.set(action, (entry.actions.get(action) ?? 0) + 1);
}
