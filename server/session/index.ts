/** The session: what every front (debug adapter, command line, language server) stands on. */
export { readConfiguration, parseSize, type SessionConfiguration } from './configuration.ts';
export { openSession } from './openSession.ts';
export { SessionError, type SessionErrorCode } from './errors.ts';
export type { OpenFile, Scheduler, SessionHost } from './host.ts';
export type { Module } from './modules/module.ts';
export type { GuestConsole, Session } from './session.ts';
export type { OpenOptions, Progress, SessionEvent, SessionListener } from './events.ts';
export type { CaughtAccess, CaughtTrap, Exit, RunResult, Stop, StopReason } from './stop.ts';
export type { Granularity, RunControl } from './run/runControl.ts';
export type { Breakpoints } from './breakpoints/breakpoints.ts';
export type * from './breakpoints/breakpoint.ts';
export type * from './inspect/inspector.ts';
export type * from './lookup/lookup.ts';
export { flagsText, permissionsOfFlags } from './mappings/flags.ts';
export type * from './mappings/mappings.ts';
export type * from './timeline/timeline.ts';
export type * from './windows/windows.ts';
export type { Phase, PhaseKind, Phases, PhaseState } from './phase.ts';
export type { Seals } from './seals.ts';
export type { Sources } from './sources.ts';
export type { WriteOnce } from './writeOnce/writeOnce.ts';
export { fragmentationText, writeOnceText } from './writeOnce/text.ts';
export { fragmentationJson, objectJson, objectPageJson, writeOnceViolationJson } from './writeOnce/json.ts';
export type { LaneEvent, WriteOnceObject } from '../sealing/writeOnce/object.ts';
export type { ObjectPage } from '../sealing/writeOnce/page.ts';
export type { WriteOnceViolation } from '../sealing/writeOnce/violation.ts';
export type { WhatIf, WhatIfTarget } from './whatIf/whatIf.ts';
export { mergeScenarios } from '../sealing/whatIf/report.ts';
export type * from '../sealing/whatIf/report.ts';
export type { VerbCompletion, Verbs } from './verbs/verb.ts';
export { permissionText, type Permissions, type SealRegion } from '../sealing/region.ts';
export {
  CHOICE_MEANING,
  SEAL_CHOICES,
  SEAL_POLICIES,
  type SealChoice,
  type SealPolicy,
} from '../sealing/choice.ts';
export type { CodePlace } from '../sealing/codePlace.ts';
export { sealerOf } from '../sealing/story.ts';
export type * from '../sealing/sealEvent.ts';
export type * from '../sealing/refusedStore.ts';
