/** The permission timeline of a session: what changed on which pages, when, and who did it, by name. */
import type {
  EventCounts,
  EventQuery,
  PermissionDifference,
  PermissionEvent,
} from '../../../emulator/index.ts';
import type { CodePlace } from '../../sealing/codePlace.ts';

export interface TimelineEntry {
  readonly event: PermissionEvent;
  /** The instruction that did it. */
  readonly place: CodePlace;
  /** Innermost first; empty where it was not recorded: of user pages, and of instructions that map very often. */
  readonly stack: readonly CodePlace[];
  /** The innermost function that is no page-table helper, as far as the stack is known. */
  readonly by: CodePlace;
  /** The nearest symbol before the start, as `slab_page+0x40`; undefined outside of the image. */
  readonly symbol: string | undefined;
}

export interface TimelinePage {
  readonly entries: readonly TimelineEntry[];
  /** Whether there are more behind the last one. */
  readonly more: boolean;
}

/** A page's past. */
export interface PermissionHistory {
  /** When the page last gained, and last lost, the permission to store; undefined if it was not seen to. */
  readonly gained: TimelineEntry | undefined;
  readonly lost: TimelineEntry | undefined;
  /** Newest first. */
  readonly entries: readonly TimelineEntry[];
  readonly more: boolean;
}

export interface DifferenceEntry extends TimelineEntry {
  readonly difference: PermissionDifference;
}

/** What a stop on a permission change stands for. */
export type PermissionStopKind = 'permissionGain' | 'permissionWx' | 'permissionAlias';

export interface Timeline {
  /** From this step on nothing is missing: of all, and of the supervisor's pages. */
  readonly completeFrom: bigint;
  readonly supervisorCompleteFrom: bigint;
  /** False once page tables were too many, or too entangled, to be followed to the last. */
  readonly exhaustive: boolean;
  /** At most `count` events. */
  page(query: EventQuery, count: number): TimelinePage;
  /** Events in so many equal parts of the run until now. */
  counts(parts: number): EventCounts;
  /** What is different after `to` from after `from`. */
  difference(from: bigint, to: bigint): DifferenceEntry[];
  /** Of the page of an address; at most `count` events. */
  history(address: bigint, count: number): PermissionHistory;
}
