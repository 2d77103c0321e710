/** Starting and stopping the machine. */
import type { RunResult, Stop } from '../stop.ts';

export type Granularity = 'statement' | 'line' | 'instruction';

/**
 * Every command resolves when the machine stands still again, and tells `continued` and `stopped` or `exited` on the
 * way. One command at a time: a second one is a SessionError `state`. Whatever the guest does, the session answers
 * other requests meanwhile.
 */
export interface RunControl {
  readonly state: 'stopped' | 'running' | 'exited';
  /** Where it stands; undefined while it runs and after it ended. */
  readonly stopped: Stop | undefined;
  /** The number of the next step. */
  readonly step: bigint;

  continue(): Promise<RunResult>;
  /** Stops within one slice; a no-op when nothing runs. */
  pause(): void;
  /** Over calls: to the next statement or line of this frame, or out of it. */
  next(hart: number, granularity?: Granularity): Promise<RunResult>;
  /** Into calls that have line information, and into inlined functions. */
  stepIn(hart: number, granularity?: Granularity): Promise<RunResult>;
  /** To the caller of `level`, 0 being where the hart stands; out of an inlined function too. */
  stepOut(hart: number, level?: number): Promise<RunResult>;
  /** Until a hart is about to run `address`, or something else stops it. */
  runTo(address: bigint): Promise<RunResult>;
  /** Until `step` is the next step. */
  runUntil(step: bigint): Promise<RunResult>;
  /** Until the next region is sealed, or something else stops it. */
  runToSeal(): Promise<RunResult>;
  /** Stop whenever a region is sealed. May be set while the machine runs. */
  stopAtSeal: boolean;
  /** Moves a hart's pc without running anything. */
  jump(hart: number, address: bigint): void;
}
