/** Write-once memory of a session: its objects, their pages, and what was done wrong with them. */
import type { Fragmentation } from '../../sealing/writeOnce/fragmentation.ts';
import type { WriteOnceObject } from '../../sealing/writeOnce/object.ts';
import type { ObjectPage } from '../../sealing/writeOnce/page.ts';
import type { WriteOnceViolation } from '../../sealing/writeOnce/violation.ts';

export interface WriteOnce {
  /** Names of the specifications that are watched; empty when the guest has no such memory. */
  readonly memories: readonly string[];
  /** In the order in which they were seen first; each is told once and counted. */
  readonly violations: readonly WriteOnceViolation[];
  /** By address. */
  readonly objects: readonly WriteOnceObject[];
  /** By address. */
  readonly pages: readonly ObjectPage[];
  readonly fragmentation: Fragmentation;
  /** False when there were more objects than are followed. */
  readonly complete: boolean;
}
