/** The seals of a session: what is sealed, what was refused, and what to do about the store that waits. */
import type { SealChoice, SealPolicy } from '../sealing/choice.ts';
import type { Finding, NeighbourSymbol, RefusedStore, WriterHistory } from '../sealing/refusedStore.ts';
import type { SealRegion } from '../sealing/region.ts';
import type { SealChange, SealStatus } from '../sealing/sealEvent.ts';

export interface Seals {
  readonly regions: readonly SealRegion[];
  /** The region that a linked address is meant to be sealed with. */
  regionOf(linked: bigint): SealRegion | undefined;
  status(): SealStatus[];
  /** Sealed objects of the image, from `pattern` (part of a name) or all; by address; bounded. */
  symbols(pattern?: string): readonly NeighbourSymbol[];
  /** Every change so far, oldest first; bounded. */
  readonly changes: readonly SealChange[];
  /** Refused stores of the run, deduplicated by (symbol, pc). */
  readonly findings: readonly Finding[];
  /** The finding that a refused store counts for. */
  findingOf(refused: RefusedStore): Finding | undefined;
  /** Who wrote to these bytes while their region was open; undefined where no memory is. */
  writersOf(address: bigint, size: number): WriterHistory | undefined;
  /** A `retry` opened a page that has not been sealed since. */
  readonly degraded: boolean;
  /** What to do at the next refused store. */
  policy: SealPolicy;
  /** The store that waits for a choice, at a stop for it. */
  readonly pending: RefusedStore | undefined;
  /** The choice made for it; `undefined` means `oops` when the machine goes on. */
  readonly chosen: SealChoice | undefined;
  /**
   * Decides about the pending store. Takes effect when the machine goes on, by any command; may be changed until then.
   * @throws SessionError `state` when no store waits.
   */
  choose(choice: SealChoice): void;
  /** Objects that lose their protection if the pending page is opened by `retry`. */
  exposedByRetry(): readonly NeighbourSymbol[];
}
