/** The findings of a run: refused stores deduplicated by (symbol, pc), with counts and what was done about them. */
import type { SealChoice } from './choice.ts';
import type { Finding, FindingAction, RefusedStore } from './refusedStore.ts';

interface Entry {
  readonly id: number;
  readonly first: RefusedStore;
  count: number;
  redundant: number;
  latestStep: bigint;
  readonly actions: Map<FindingAction, number>;
}

/** A store that may have been diagnosed before. */
interface StoreAgain {
  readonly pc: bigint;
  readonly address: bigint;
  readonly step: bigint;
  /** Undefined: taken from the last one of this pc and address that was diagnosed. */
  readonly redundant?: boolean;
}

/** A guest that faults in a loop with ever new addresses must not fill the host's memory. */
const MAX_FINDINGS = 10_000;
const MAX_TOLD = 100;

export class Findings {
  readonly #entries = new Map<string, Entry>();

  /** By pc and address: what the same store was found to be before. */
  readonly #known = new Map<string, { readonly entry: Entry; told: number; redundant: boolean }>();

  /**
   * A store that has been diagnosed so often that nobody needs to be told once more: counts it and answers true.
   * A guest may be refused the same store a million times.
   */
  repeats(store: StoreAgain, action: SealChoice | 'ignored', limit = MAX_TOLD): boolean {
    const { pc, address, step, redundant } = store;
    const known = this.#known.get(`${pc}@${address}`);
    if (known === undefined || known.told < limit) return false;
    count(known.entry, step, redundant ?? known.redundant, action);
    return true;
  }

  /** Notes a refused store and what is done about it; `ask` where it waits to be told. */
  add(refused: RefusedStore, action: FindingAction): void {
    const key = keyOf(refused);
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      if (this.#entries.size >= MAX_FINDINGS) return;
      const id = this.#entries.size + 1;
      entry = { id, first: refused, count: 0, redundant: 0, latestStep: refused.step, actions: new Map() };
      this.#entries.set(key, entry);
    }
    count(entry, refused.step, refused.redundant, action);
    const exact = `${refused.place.pc}@${refused.address}`;
    const known = this.#known.get(exact);
    if (known !== undefined) {
      known.told++;
      known.redundant = refused.redundant;
    } else if (this.#known.size < MAX_FINDINGS)
      this.#known.set(exact, { entry, told: 1, redundant: refused.redundant });
  }

  /** A store that waited has been decided about. */
  settle(refused: RefusedStore, action: SealChoice): void {
    const actions = this.#entries.get(keyOf(refused))?.actions;
    if (actions === undefined) return;
    const waiting = (actions.get('ask') ?? 0) - 1;
    if (waiting > 0) actions.set('ask', waiting);
    else actions.delete('ask');
    actions.set(action, (actions.get(action) ?? 0) + 1);
  }

  /** The finding that a refused store counts for; undefined when there are too many. */
  of(refused: RefusedStore): Finding | undefined {
    const entry = this.#entries.get(keyOf(refused));
    return entry && findingOf(entry);
  }

  list(): Finding[] {
    return [...this.#entries.values()].map(findingOf);
  }
}

function keyOf({ object, address, place }: RefusedStore): string {
  return `${object?.symbol ?? address}@${place.pc}`;
}

function findingOf({ id, first, count: times, redundant, latestStep, actions }: Entry): Finding {
  return {
    id,
    first,
    count: times,
    redundant: redundant === times ? 'always' : redundant === 0 ? 'never' : 'sometimes',
    latestStep,
    actions: [...actions].map(([action, each]) => ({ action, count: each })),
  };
}

function count(entry: Entry, step: bigint, redundant: boolean, action: FindingAction): void {
  entry.count++;
  if (redundant) entry.redundant++;
  entry.latestStep = step;
  entry.actions.set(action, (entry.actions.get(action) ?? 0) + 1);
}
