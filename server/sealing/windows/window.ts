/** A window: from the moment a mapping of a sealed frame permits stores until none does. Plain data. */
import type { CodePlace } from '../codePlace.ts';
import type { Moment } from '../sealEvent.ts';
import type { Reach } from './reach.ts';

/** A page that permits stores to a sealed frame. */
export interface WindowPage {
  readonly virtual: bigint;
  /** Guest-physical address of the sealed frame. */
  readonly physical: bigint;
  /** Where the frame was sealed: what symbols and people know it by. */
  readonly home: bigint;
  /** `home`: W came back where it was taken away. `alias`: another address. */
  readonly kind: 'home' | 'alias';
  /** U-mode may store, too. */
  readonly user: boolean;
}

/** A store that landed in the window's pages while it was open. */
export interface WindowStore {
  readonly step: bigint;
  readonly hart: number;
  readonly pc: bigint;
  readonly address: bigint;
  readonly physical: bigint;
  /** Bytes. */
  readonly size: number;
  readonly oldValue: bigint;
  readonly newValue: bigint;
}

/** A hart that could write, how, and since when. */
export interface WindowReach {
  readonly hart: number;
  readonly by: Reach;
  readonly step: bigint;
}

/** What happened on the opener's hart while its window was open. */
export interface WindowCrossing {
  /** `return`: of the function that opened it. `switch`: satp was written. */
  readonly kind: 'return' | 'trap' | 'switch';
  readonly step: bigint;
}

/** How a window was closed: by the opener's own activation, or by somebody else. */
export interface WindowClosing {
  readonly step: bigint;
  readonly hart: number;
  readonly place: CodePlace;
  /** On the opener's hart, and before the function that opened it had returned. */
  readonly byOpener: boolean;
}

export type ViolationKind =
  /** Somebody opened it who is not among those who may. */
  | 'opener'
  /** It is open for more steps than it may be. */
  | 'length'
  /** Another hart's page tables permit the stores, too. */
  | 'shared';

export interface Violation {
  /** From 1, in the order of the run. */
  readonly number: number;
  readonly kind: ViolationKind;
  readonly window: Window;
  readonly step: bigint;
  readonly hart: number;
  readonly place: CodePlace;
  /** One sentence. */
  readonly text: string;
}

export interface Window {
  /** From 1, in the order of the run. */
  readonly number: number;
  readonly opened: Moment;
  /** The innermost function that is no page-table helper. */
  readonly opener: CodePlace;
  /** The function by which a rule allows it; undefined where none does, or there are no rules. */
  readonly allowedBy: string | undefined;
  /** In the order in which they were opened; bounded. */
  readonly pages: readonly WindowPage[];
  readonly pageCount: number;
  /** The first ones; bounded. */
  readonly stores: readonly WindowStore[];
  readonly storeCount: number;
  readonly reach: readonly WindowReach[];
  /** The first of each kind. */
  readonly crossings: readonly WindowCrossing[];
  /** Undefined while it is open. */
  readonly closed: WindowClosing | undefined;
  /** Harts whose TLB still permits stores although the page tables do not any more. */
  readonly lingering: readonly number[];
  readonly violations: readonly Violation[];
}

/** Steps that it was open, or has been open until `now`. */
export function lengthOf({ opened, closed }: Window, now: bigint): bigint {
  return (closed?.step ?? now) - opened.step;
}

/** How many windows were open for [2^n, 2^(n+1)) steps, by n; a length of 0 counts with 1. */
export class LengthHistogram {
  readonly #counts: number[] = [];

  add(length: bigint): void {
    const bin = length < 1n ? 0 : length.toString(2).length - 1;
    while (this.#counts.length <= bin) this.#counts.push(0);
    this.#counts[bin]!++;
  }

  get counts(): readonly number[] {
    return this.#counts;
  }
}
