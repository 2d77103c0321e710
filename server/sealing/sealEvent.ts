/** What happened to a region's permissions, and who did it. */
import type { CodePlace } from './codePlace.ts';
import type { Permissions, SealRegion } from './region.ts';

/**
 * `open`: a mapping still permits writes. `sealed`: no mapping of any of its frames permits them and no hart's TLB
 * does. `partial`: some pages or some aliases are sealed. `degraded`: was sealed, and a debugger's `retry` opened it.
 */
export type SealState = 'open' | 'partial' | 'sealed' | 'degraded';

/** Who did something, where and when. */
export interface Moment {
  readonly step: bigint;
  readonly hart: number;
  readonly place: CodePlace;
  /** Innermost first; `place` is its first entry. */
  readonly stack: readonly CodePlace[];
}

/** A mapping of a region's frame. */
export interface Mapping {
  /** Virtual address of the page. */
  readonly address: bigint;
  /** Bytes the leaf maps: 4 KiB, 2 MiB or 1 GiB. */
  readonly size: bigint;
  readonly permissions: Permissions;
  /** `kernel` for the addresses the image was linked at, `alias` for every other. */
  readonly kind: 'kernel' | 'alias';
}

/** A hole that keeps a region from being sealed, in words and as data. */
export interface SealHole {
  readonly mapping: Mapping;
  /**
   * `page-table`: a writable leaf. `tlb`: a hart still remembers one. `no-paging`: harts run without page tables.
   * `pmp`: an entry refuses, but not on every hart, or not for good.
   */
  readonly why: 'page-table' | 'tlb' | 'no-paging' | 'pmp';
  /** Harts that can use it now; none for an address space that no hart is in. */
  readonly harts: readonly number[];
  /** Page tables that hold the leaf. */
  readonly satp?: bigint | undefined;
  /** One sentence. */
  readonly text: string;
}

/** What refuses stores to a sealed region. */
export type SealLayer = 'page-table' | 'pmp';

export interface SealChange {
  readonly kind: 'sealed' | 'reopened' | 'resealed' | 'degraded';
  readonly moment: Moment;
  readonly regions: readonly SealRegion[];
  /** Where else frames of these regions are mapped, by address: what was sealed with them. Empty when they open. */
  readonly aliases: readonly { readonly start: bigint; readonly end: bigint }[];
}

/** A region and all that is known about it now. */
export interface SealStatus {
  readonly region: SealRegion;
  readonly state: SealState;
  /** As the image declares it: the flags of the segment it lies in. */
  readonly linked: Permissions | undefined;
  /** When it was sealed first, and when last. */
  readonly sealedFirst: Moment | undefined;
  readonly sealedLast: Moment | undefined;
  /** What keeps it from being sealed; bounded. */
  readonly holes: readonly SealHole[];
  /** Which layer says that it is sealed; undefined where it is not. */
  readonly layer: SealLayer | undefined;
}
