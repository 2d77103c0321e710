/** The windows of a run: when sealed memory could be written, who opened it, who else could have used it. */
import type { NeighbourSymbol } from '../../sealing/refusedStore.ts';
import type { SealRegion } from '../../sealing/region.ts';
import type { CodePlace } from '../../sealing/codePlace.ts';
import type { RaceReport, RaceRequest } from './races.ts';
import type { Violation, Window, WindowStore } from '../../sealing/windows/window.ts';

export type { RaceReach, RaceReport, RaceRequest, RaceRun } from './races.ts';
export type { Violation, ViolationKind, Window } from '../../sealing/windows/window.ts';

/** A store inside a window, with names. */
export interface WindowStoreView extends WindowStore {
  readonly place: CodePlace;
  /** The object that it hits, as `slab_page+0x40`; undefined where no symbol is. */
  readonly object: string | undefined;
}

/** Bytes that a device wrote to sealed memory, past all page tables. */
export interface DmaIntoSeal {
  readonly step: bigint;
  /** As `virtio-blk`. */
  readonly device: string;
  /** Guest-physical address of the first byte, and bytes, that lie in sealed frames. */
  readonly physical: bigint;
  readonly length: number;
  readonly region: SealRegion | undefined;
  /** Objects that were hit; bounded. */
  readonly symbols: readonly NeighbourSymbol[];
}

export interface Windows {
  /** In the order of the run; of very many the first and the latest ones. */
  readonly list: readonly Window[];
  /** All that there were. */
  readonly count: number;
  readonly violations: readonly Violation[];
  readonly violationCount: number;
  /** DMA into sealed frames; bounded. */
  readonly dma: readonly DmaIntoSeal[];
  /** Closed windows by length: entry n counts those of 2^n up to 2^(n+1) steps. */
  readonly histogram: readonly number[];
  /** @throws SessionError `request` for a number that no known window has. */
  window(number: number): Window;
  /** Steps that a window was open, or has been until now. */
  lengthOf(window: Window): bigint;
  /** Other sealed objects on its pages, by address; bounded. */
  exposed(window: Window): NeighbourSymbol[];
  storesIn(window: Window): WindowStoreView[];
  /** A store to the pages of a window, with names. */
  named(window: Window, store: WindowStore): WindowStoreView;
  /**
   * What other harts could write while a window was open, and whose stores land when turns have other lengths. Takes
   * as long as the run took to come to the window, and gives way to the event loop.
   * @throws SessionError `request` for what cannot be explored, and why.
   */
  races(number: number, request?: RaceRequest): Promise<RaceReport>;
}
