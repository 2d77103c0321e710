/** Stores to one what-if seal, counted. */
import type { WatchedAccess } from '../../../emulator/index.ts';

export interface TalliedStore {
  readonly step: bigint;
  readonly hart: number;
  readonly pc: bigint;
}

export class Tally {
  /** All stores, and those that changed a byte. */
  stores = 0;
  changes = 0;
  first: TalliedStore | undefined;
  /** The latest that changed a byte. */
  latestChange: TalliedStore | undefined;

  note({ step, hart, pc, oldValue, newValue }: Omit<WatchedAccess, 'watches'>): void {
    const store = { step, hart, pc };
    this.stores++;
    this.first ??= store;
    if (oldValue === newValue) return;
    this.changes++;
    this.latestChange = store;
  }
}
