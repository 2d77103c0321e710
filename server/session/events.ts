/** What a session tells its fronts. Every event carries the step at which it happened. */
import type { SealChoice } from '../sealing/choice.ts';
import type { FindingAction, RefusedStore } from '../sealing/refusedStore.ts';
import type { SealChange } from '../sealing/sealEvent.ts';
import type { Breakpoint } from './breakpoints/breakpoint.ts';
import type { Module } from './modules/module.ts';
import type { Phase } from './phase.ts';
import type { Exit, Stop } from './stop.ts';
import type { WriteOnceViolation } from '../sealing/writeOnce/violation.ts';
import type { DmaIntoSeal, Violation, Window } from './windows/windows.ts';

export type SessionEvent =
  /** The machine runs; every frame, variable and register read before is out of date. */
  | { readonly type: 'continued'; readonly step: bigint }
  | { readonly type: 'stopped'; readonly step: bigint; readonly stop: Stop }
  | { readonly type: 'exited'; readonly step: bigint; readonly exit: Exit }
  /** Output of the guest's console; `text` decodes UTF-8 across events. */
  | { readonly type: 'console'; readonly step: bigint; readonly text: string; readonly bytes: Uint8Array }
  | { readonly type: 'seal'; readonly step: bigint; readonly change: SealChange }
  /** A refused store, and what is done about it: `ask` when the session stops to be told. */
  | {
      readonly type: 'refusedStore';
      readonly step: bigint;
      readonly refused: RefusedStore;
      readonly action: FindingAction;
    }
  /** The machine goes on from a refused store that waited: what is done about it. */
  | {
      readonly type: 'settled';
      readonly step: bigint;
      readonly refused: RefusedStore;
      readonly action: SealChoice;
    }
  /** Sealed memory can be written now, or no longer. */
  | {
      readonly type: 'window';
      readonly step: bigint;
      readonly reason: 'opened' | 'closed';
      readonly window: Window;
    }
  /** A window breaks a rule. */
  | { readonly type: 'violation'; readonly step: bigint; readonly violation: Violation }
  /** A device wrote to sealed memory. */
  | { readonly type: 'dma'; readonly step: bigint; readonly dma: DmaIntoSeal }
  /** What-if seals hold from now on: since when, in words, and how many. */
  | { readonly type: 'whatIf'; readonly step: bigint; readonly since: string; readonly seals: number }
  /** A rule of write-once memory was broken, in this way for the first time. */
  | { readonly type: 'writeOnce'; readonly step: bigint; readonly violation: WriteOnceViolation }
  /** The guest has loaded a module, or is about to unload it. */
  | {
      readonly type: 'module';
      readonly step: bigint;
      readonly reason: 'new' | 'removed';
      readonly module: Module;
    }
  /** A phase of the run has begun. */
  | { readonly type: 'phase'; readonly step: bigint; readonly phase: Phase }
  /** A log point's message, or something the session wants the user to know. */
  | {
      readonly type: 'log';
      readonly step: bigint;
      readonly text: string;
      readonly breakpoint?: number | undefined;
    }
  /** A breakpoint moved, or became verified. */
  | { readonly type: 'breakpoint'; readonly step: bigint; readonly breakpoint: Breakpoint }
  /** A front changed the guest while it stands still: which addresses, or its registers. */
  | {
      readonly type: 'changed';
      readonly step: bigint;
      readonly memory?: { readonly address: bigint; readonly length: number } | undefined;
      readonly registers: boolean;
    };

export type SessionListener = (event: SessionEvent) => void;

/** The part of a long opening that is under way. */
export interface Progress {
  /** `reading kernel.elf`, `loading symbols`. */
  readonly text: string;
  /** 0 to 1, undefined when it cannot be told. */
  readonly fraction?: number | undefined;
}

export interface OpenOptions {
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Checked between the parts; opening then rejects with SessionError `cancelled`. */
  readonly signal?: { readonly aborted: boolean } | undefined;
}
