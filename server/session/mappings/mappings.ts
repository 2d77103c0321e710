/** Address spaces as fronts see them: mappings and pages, as they are, as they were, and as they were meant. */
import type { TranslationMode } from '../../../emulator/index.ts';
import type { NeighbourSymbol } from '../../sealing/refusedStore.ts';
import type { Permissions, SealRegion } from '../../sealing/region.ts';
import type { Moment, SealState } from '../../sealing/sealEvent.ts';
import type { Removed } from './comparison.ts';

/** A stop of the guest that an address space can be compared with. */
export interface StopMark {
  /** From 1, in the order of the stops. */
  readonly ordinal: number;
  readonly step: bigint;
  readonly text: string;
}

export interface SealOnPages {
  readonly region: SealRegion;
  readonly state: SealState;
  readonly sealedBy: Moment | undefined;
}

export interface PermissionChangeView {
  /** Undefined where nothing was mapped. */
  readonly from: number | undefined;
  /** Guest-physical address that it led to, if another one. */
  readonly movedFrom: bigint | undefined;
  /** A page that is meant to be sealed became writable. */
  readonly isDegraded: boolean;
}

export interface AliasView {
  readonly start: bigint;
  readonly flags: number;
  readonly name: string | undefined;
}

/** What rows of mappings and single pages have in common. Flags are bits 1–7 of the leaf. */
interface Mapped {
  readonly physical: bigint;
  readonly flags: number;
  /** As the image declares it; undefined outside of its own addresses. */
  readonly linked: Permissions | undefined;
  readonly seal: SealOnPages | undefined;
  readonly change: PermissionChangeView | undefined;
}

export interface MappingView extends Mapped {
  readonly start: bigint;
  readonly end: bigint;
  /** Bytes of a leaf, of the smallest where they differ. */
  readonly pageSize: number;
  /** `linear map` or `identity map`. */
  readonly name: string | undefined;
  readonly sections: readonly string[];
  readonly aliases: readonly AliasView[];
  readonly aliasCount: number;
  readonly fault: boolean;
}

export interface SpaceView {
  /** Ordinal of the stop at which the guest stands. */
  readonly stop: number;
  readonly stops: readonly StopMark[];
  /** 0 where there is nothing to compare with. */
  readonly since: number;
  readonly hart: number;
  readonly mode: TranslationMode;
  /** Undefined while nothing translates. */
  readonly satp: bigint | undefined;
  readonly complete: boolean;
  readonly mappings: readonly MappingView[];
  readonly removed: readonly Removed[];
}

export interface PageView extends Mapped {
  readonly address: bigint;
  /** Bytes of the leaf that lie in the range that was asked for. */
  readonly size: bigint;
  readonly symbolCount: number;
  /** By address; bounded. */
  readonly symbols: readonly NeighbourSymbol[];
  readonly fault: string | undefined;
}

export interface PagesView {
  readonly total: number;
  readonly pages: readonly PageView[];
}

/** Which address space, and what to compare it with. */
export interface SpaceQuery {
  readonly hart: number;
  /** Ordinal of a stop; default the previous one, 0 for none. */
  readonly since?: number | undefined;
}

export interface PageQuery extends SpaceQuery {
  readonly start: bigint;
  readonly end: bigint;
  /** Pages to pass over, and to tell at most. */
  readonly first: number;
  readonly count: number;
}

/** All of these reject with SessionError `state` when the guest goes on, or is changed, while they look. */
export interface Mappings {
  list(query: SpaceQuery): Promise<SpaceView>;
  pages(query: PageQuery): Promise<PagesView>;
}
