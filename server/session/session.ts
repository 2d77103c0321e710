/**
 * A session: one machine, its symbols and its seals. The debug adapter, the command line and the language server are
 * thin shells over this. A session is composed of parts with one concern each; it has no behaviour of its own.
 */
import type { SymbolFile } from '../symbols/index.ts';
import type { Breakpoints } from './breakpoints/breakpoints.ts';
import type { SessionConfiguration } from './configuration.ts';
import type { SessionListener } from './events.ts';
import type { Inspector } from './inspect/inspector.ts';
import type { Lookup } from './lookup/lookup.ts';
import type { Mappings } from './mappings/mappings.ts';
import type { Module } from './modules/module.ts';
import type { Phases } from './phase.ts';
import type { RunControl } from './run/runControl.ts';
import type { Seals } from './seals.ts';
import type { Sources } from './sources.ts';
import type { Timeline } from './timeline/timeline.ts';
import type { Verbs } from './verbs/verb.ts';
import type { WhatIf } from './whatIf/whatIf.ts';
import type { Windows } from './windows/windows.ts';
import type { WriteOnce } from './writeOnce/writeOnce.ts';

export interface Session {
  readonly configuration: SessionConfiguration;
  readonly run: RunControl;
  readonly breakpoints: Breakpoints;
  readonly inspect: Inspector;
  readonly seals: Seals;
  readonly windows: Windows;
  readonly whatIf: WhatIf;
  readonly writeOnce: WriteOnce;
  readonly timeline: Timeline;
  readonly phases: Phases;
  readonly mappings: Mappings;
  readonly lookup: Lookup;
  readonly sources: Sources;
  readonly verbs: Verbs;
  readonly console: GuestConsole;
  /** The machine as it was built. */
  readonly machine: MachineFacts;
  /** The kernel, then the modules that it has loaded, in that order. */
  readonly modules: readonly Module[];
  /** Undefined when neither the program nor `symbols` has any. */
  readonly symbols: SymbolFile | undefined;
  /** Returns what takes the listener off again. */
  listen(listener: SessionListener): () => void;
  /** Digest of everything that decides what the guest sees: equal for equal runs. Hexadecimal. */
  stateHash(): string;
  /** Stops and lets go of everything; later calls are SessionErrors `state`. */
  close(): void;
}

export interface MachineFacts {
  readonly harts: number;
  /** Bytes of RAM. */
  readonly memory: number;
  readonly isa: string;
  /** The largest translation mode. */
  readonly mmu: string;
  readonly commandLine: string;
}

export interface GuestConsole {
  /** Typed at the guest's serial line; arrives at the next step, which is the same in every replay. */
  send(bytes: Uint8Array): void;
  /** No more input will come: a guest that waits for nothing else ends the run as `idle` rather than waiting on. */
  end(): void;
}
