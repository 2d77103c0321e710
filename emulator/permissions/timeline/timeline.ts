/**
 * The permission timeline: every change of what the guest's page tables permit, from the moment on that it is made.
 *
 * Tables are found by walking from every hart's satp and from then on followed store by store; stores elsewhere cost
 * nothing. An entry that is cleared and set again with nothing else in between (break-before-make) is one change:
 * that something was unmapped is therefore told when the next thing happens, or when somebody asks (`settle`).
 */
import type { Machine } from '../../machine/machine.ts';
import type { FrameMapping, PermissionEvent } from './event.ts';

export interface TimelineOptions {
  /** Events that are remembered; the oldest are dropped. */
  readonly limit?: number | undefined;
}

/** Which events; all conditions have to hold. */
export interface EventQuery {
  /** Virtual, half-open. */
  readonly range?: { readonly start: bigint; readonly end: bigint } | undefined;
  /** Guest-physical, of a frame that was or is mapped. */
  readonly frame?: bigint | undefined;
  /** The first and the last step. */
  readonly from?: bigint | undefined;
  readonly to?: bigint | undefined;
  readonly kinds?: readonly PermissionEvent['kind'][] | undefined;
  readonly causes?: readonly PermissionEvent['cause'][] | undefined;
  readonly satp?: bigint | undefined;
  /** What the event did to the permission to store: W was not there before, or is not there afterwards. */
  readonly write?: 'gained' | 'lost' | undefined;
  /** Only those after which the pages are both writable and executable. */
  readonly writeAndExecute?: boolean | undefined;
  /** Serials below this one; with `newestFirst`, the way to the next portion. */
  readonly before?: number | undefined;
  /** Serials above this one. */
  readonly after?: number | undefined;
  readonly newestFirst?: boolean | undefined;
}

export interface ListenOptions {
  /** Asked first, in numbers, for speed: the run of frames (guest-physical address / 4096) before or after the event. */
  readonly concerns?: ((frame: number, pages: number) => boolean) | undefined;
}

/** What the timeline knows of an address at a step. */
export interface PermissionState {
  /** PERMISSION bits; 0 = not mapped. */
  readonly permissions: number;
  readonly physical: bigint | undefined;
  /** What made it so. */
  readonly event: PermissionEvent;
}

/** Pages whose permissions or frames differ between two moments. */
export interface PermissionDifference {
  readonly satp: bigint;
  readonly start: bigint;
  readonly end: bigint;
  readonly physicalBefore: bigint | undefined;
  readonly physical: bigint | undefined;
  readonly from: number;
  readonly to: number;
  /** The last one in between that touched them. */
  readonly event: PermissionEvent;
}

export const DEFAULT_LIMIT = 1 << 18;

export class PermissionTimeline {
  readonly #listeners = new Set<(event: PermissionEvent) => void>();

  constructor(machine: Machine, { limit = DEFAULT_LIMIT }: TimelineOptions = {}) {
    void machine;
    void limit;
  }

  /**
   * Called inside `run`, after the store and before the next instruction; may call `requestStop`.
   * Returns the function that ends it.
   */
  listen(listener: (event: PermissionEvent) => void, options: ListenOptions = {}): () => void {
    void options;
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Tells what has been held back: whoever judges the state at this moment calls it first. Queries do. */
  settle(): void {}

  /** From this step on nothing is missing. */
  get completeFrom(): bigint {
    return 0n;
  }

  /** False once the guest's tables were too many, or too entangled, to be followed to the last. */
  get exhaustive(): boolean {
    return true;
  }

  *events(query: EventQuery = {}): Generator<PermissionEvent> {
    void query;
  }

  /** The last thing told of an address up to a step; under these page tables, if given. */
  permissionsAt(step: bigint, virtual: bigint, satp?: bigint): PermissionState | undefined {
    void step;
    void virtual;
    void satp;
    return undefined;
  }

  /** Between the state after all events up to `from` and that after all up to `to`, in order of address. */
  difference(from: bigint, to: bigint): PermissionDifference[] {
    void from;
    void to;
    return [];
  }

  /** Every mapping of a frame in all known address spaces, in order of address; bounded. */
  mappingsOf(physical: bigint): { readonly mappings: readonly FrameMapping[]; readonly complete: boolean } {
    void physical;
    return { mappings: [], complete: true };
  }

  dispose(): void {
    this.#listeners.clear();
  }
}
