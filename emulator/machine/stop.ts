/** Why `Machine.run` came back, and what an access or a trap looks like before it is committed. */

/** How the guest, or a device it wrote to, ended the run. */
export type ExitReason = 'poweroff' | 'reboot' | 'pass' | 'fail';

export type Stop =
  /** The step limit of this `run` is used up. */
  | { readonly kind: 'limit' }
  /** The hart given as `stepHart` has executed its one instruction (or taken its trap). */
  | { readonly kind: 'step'; readonly hart: number }
  /** A hart is about to execute the instruction at `pc`, which has a breakpoint. */
  | { readonly kind: 'breakpoint'; readonly hart: number; readonly pc: bigint }
  /** A watched access is about to happen. */
  | { readonly kind: 'watch'; readonly hart: number; readonly access: WatchedAccess }
  /** A trap that the trap filter caught is about to be delivered; a refused store is one of these. */
  | { readonly kind: 'trap'; readonly hart: number; readonly trap: Trap }
  /** Every hart waits and nothing but new input can ever wake one. */
  | { readonly kind: 'idle' }
  /** The machine is off; every further `run` returns the same stop. `status` is 0 unless the guest failed. */
  | { readonly kind: 'exit'; readonly reason: ExitReason; readonly status: number }
  /** `Machine.requestStop` was called, by an observer or between two runs. */
  | { readonly kind: 'request' };

export type ExitStop = Extract<Stop, { kind: 'exit' }>;

/** A store, AMO or SC that has not happened. */
export interface StoreAttempt {
  readonly kind: 'store' | 'amo' | 'sc';
  /** Virtual address of the first byte. */
  readonly address: bigint;
  /** Guest-physical address of the first byte; undefined when it does not translate. */
  readonly physical: bigint | undefined;
  /** Bytes: 1, 2, 4 or 8. */
  readonly size: number;
  /** What would be written, zero-extended from `size` bytes. */
  readonly newValue: bigint;
  /** What is there now, zero-extended; 0 when `physical` is undefined. */
  readonly oldValue: bigint;
}

/** A trap before it is delivered: registers, CSRs, memory and pc are as if the instruction had not begun. */
export interface Trap {
  readonly hart: number;
  readonly step: bigint;
  readonly pc: bigint;
  /** mcause / scause without the interrupt bit. */
  readonly cause: number;
  readonly interrupt: boolean;
  /** What mtval / stval will hold. */
  readonly value: bigint;
  /** For store page faults and store access faults. */
  readonly store: StoreAttempt | undefined;
}

/** An access to a watched range, before it happens. */
export interface WatchedAccess {
  readonly hart: number;
  readonly step: bigint;
  readonly pc: bigint;
  readonly kind: 'load' | 'store' | 'amo' | 'sc';
  readonly address: bigint;
  readonly physical: bigint;
  readonly size: number;
  /** What is there now, zero-extended. */
  readonly oldValue: bigint;
  /** What would be written; equals `oldValue` for a load. */
  readonly newValue: bigint;
  /** The watches it touches. Not empty. */
  readonly watches: readonly Watch[];
}

/** A watched range of bytes; made by `Machine.watches.add`. */
export interface Watch {
  readonly id: number;
  readonly space: 'physical' | 'virtual';
  readonly start: bigint;
  /** Bytes. */
  readonly length: bigint;
  readonly access: 'read' | 'write' | 'readWrite';
}
