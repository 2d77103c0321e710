/** Why the machine stands still, and how a run ended. */
import type { CodePlace } from '../sealing/codePlace.ts';
import type { RefusedStore } from '../sealing/refusedStore.ts';
import type { SealChange } from '../sealing/sealEvent.ts';
import type { WriteOnceViolation } from '../sealing/writeOnce/violation.ts';
import type { TimelineEntry } from './timeline/timeline.ts';
import type { Violation } from '../sealing/windows/window.ts';

/** A trap that an exception filter caught, before it is delivered. */
export interface CaughtTrap {
  /** As in scause, without the interrupt bit. */
  readonly cause: bigint;
  /** `store page fault`, as the privileged specification words it. */
  readonly name: string;
  readonly value: bigint;
  readonly interrupt: boolean;
}

/** An access that a data breakpoint caught, before it is committed. */
export interface CaughtAccess {
  readonly kind: 'read' | 'write';
  readonly address: bigint;
  readonly size: number;
  readonly oldValue: bigint;
  /** For writes. */
  readonly newValue: bigint | undefined;
}

/** The reasons are DAP's, where it has a word. */
export type StopReason =
  | 'entry'
  | 'pause'
  | 'step'
  | 'goto'
  | 'breakpoint'
  | 'function breakpoint'
  | 'instruction breakpoint'
  | 'data breakpoint'
  | 'exception'
  | 'seal';

export interface Stop {
  readonly kind: 'stop';
  readonly reason: StopReason;
  readonly hart: number;
  readonly step: bigint;
  readonly place: CodePlace;
  /** One line for people; for a refused store the story. */
  readonly text: string;
  /** Ids of the breakpoints that were hit. */
  readonly breakpoints: readonly number[];
  readonly refused?: RefusedStore | undefined;
  readonly trap?: CaughtTrap | undefined;
  readonly access?: CaughtAccess | undefined;
  readonly seal?: SealChange | undefined;
  /** The rule that a window breaks. */
  readonly violation?: Violation | undefined;
  /** The change of permissions at which an exception filter stops, after it. */
  readonly permission?: TimelineEntry | undefined;
  /** The rule of write-once memory that is broken. */
  readonly writeOnce?: WriteOnceViolation | undefined;
}

/** `limit` and `step` counts are DESIGN.md's; `idle`: every hart waits and nothing can wake one but input. */
export interface Exit {
  readonly kind: 'exit';
  readonly reason: 'poweroff' | 'reboot' | 'pass' | 'fail' | 'limit' | 'stop' | 'idle';
  /** 0 unless the guest said otherwise. */
  readonly status: number;
  readonly step: bigint;
}

/** What a run command comes back with. */
export type RunResult = Stop | Exit;
