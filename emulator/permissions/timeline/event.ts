/** What the timeline tells: one change of permissions of one run of pages, and who made it. */

export type PermissionCause =
  /** A store to a page table. */
  | 'store'
  /** A hart's satp was written: it sees other permissions now, or tables that nobody knew before. */
  | 'satp'
  /** A PMP entry or mseccfg was written. Addresses are guest-physical, and flags those of S- and U-mode. */
  | 'pmp'
  /** A debugger, a device or firmware wrote to a page table, or a snapshot was restored. */
  | 'debugger';

export type PermissionKind =
  /** Mapped where nothing was. */
  | 'map'
  | 'unmap'
  /** The same frames, other flags. */
  | 'change'
  /** Other frames; flags may differ, too. */
  | 'remap'
  /** A leaf became a table. Where that maps anything else than the leaf did, events of their own follow. */
  | 'split'
  /** A table became a leaf. What the table mapped otherwise is told by events of their own. */
  | 'merge';

/** Of `from` and `to`: the leaf's bits, as in a PTE. */
export const PERMISSION = { read: 2, write: 4, execute: 8, user: 16, global: 32 } as const;

/**
 * What one store to a page table (or a write of satp, …) did to one run of virtual pages, which are contiguous in
 * guest-physical memory, too.
 */
export interface PermissionEvent {
  /** From 0 in the order of time; never reused. */
  readonly serial: number;
  readonly step: bigint;
  /** The hart whose instruction did it; that instruction's address. For a debugger: where the machine stood. */
  readonly hart: number;
  readonly pc: bigint;
  readonly cause: PermissionCause;
  /** Page tables (satp without ASID) under which the addresses hold. What several share is told once, under one of them. */
  readonly satp: bigint;
  /** Virtual; `end` is the first address behind the run, 2^64 at the end of the address space. */
  readonly start: bigint;
  readonly end: bigint;
  /** Guest-physical address of `start`, before and after; undefined where nothing was, or is, mapped. */
  readonly physicalBefore: bigint | undefined;
  readonly physical: bigint | undefined;
  /** PERMISSION bits before and after; 0 = not mapped. */
  readonly from: number;
  readonly to: number;
  readonly kind: PermissionKind;
}

/** One mapping of a frame, now. */
export interface FrameMapping {
  /** satp without ASID: page tables that lead there; one of them where several share the table. */
  readonly satp: bigint;
  /** Whether a hart uses such page tables now. */
  readonly used: boolean;
  /** Virtual address of the frame's first byte. */
  readonly virtual: bigint;
  /** Guest-physical address of the leaf, the leaf, and its level. */
  readonly pteAddress: bigint;
  readonly pte: bigint;
  readonly level: number;
  /** PERMISSION bits of the leaf. */
  readonly permissions: number;
}
