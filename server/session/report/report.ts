/** The diagnosis of a refused store and what can be done about it. Renderers add nothing to it. */
import type { RefusedStore } from '../../sealing/refusedStore.ts';
import { choicesFor, type Choice } from './choices.ts';
import { linuxOops } from './linuxOops.ts';

export interface RefusedStoreReport {
  readonly refused: RefusedStore;
  /** The line of source at the store, where the host can read it. */
  readonly sourceLine: string | undefined;
  readonly choices: readonly Choice[];
  /** What RISC-V Linux would print, a line each. */
  readonly oops: readonly string[];
}

export function reportOf(refused: RefusedStore, sourceLine?: string): RefusedStoreReport {
  return { refused, sourceLine, choices: choicesFor(refused), oops: linuxOops(refused) };
}
