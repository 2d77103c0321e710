/** What is meant to be sealed: address ranges with a name, and who says so. */

/**
 * Which layer named a region: the user (`configuration`), a table of known kernels (`preset`), or nobody but the
 * page tables themselves (`observed`). A `whatIf` region is no page's: watchpoints hold it, byte by byte.
 */
export type RegionOrigin = 'configuration' | 'preset' | 'observed' | 'whatIf';

/** A part of a region that deserves a name of its own, such as ro_after_init data inside Linux's rodata. */
export interface RegionPart {
  readonly name: string;
  readonly start: bigint;
  readonly end: bigint;
}

/** A half-open range of kernel virtual addresses. It need not begin or end on a page. */
export interface SealRegion extends RegionPart {
  /** Its own in the session, and not given again. */
  readonly id: number;
  readonly origin: RegionOrigin;
  /** The seal specification or the preset that produced it, as text for people. */
  readonly source: string;
  readonly parts: readonly RegionPart[];
}

/** R, W and X of a page or of a segment, and U where a page has it. */
export interface Permissions {
  readonly read: boolean;
  readonly write: boolean;
  readonly execute: boolean;
  readonly user: boolean;
}

/** `r-x`, `rw-`, `r--u`: letters first, so that nothing depends on colour. */
export function permissionText(permissions: Permissions): string {
  const { read, write, execute, user } = permissions;
  return `${read ? 'r' : '-'}${write ? 'w' : '-'}${execute ? 'x' : '-'}${user ? 'u' : ''}`;
}
