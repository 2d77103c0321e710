/** Setting breakpoints. May be called while the machine runs; takes effect within one slice. */
import type {
  Breakpoint,
  DataBreakpointRequest,
  ExceptionFilterRequest,
  FunctionBreakpointRequest,
  InstructionBreakpointRequest,
  SourceBreakpointRequest,
} from './breakpoint.ts';

/** Each setter replaces all breakpoints of its kind (source: of its file) and answers in the order of the request. */
export interface Breakpoints {
  /** `path` is a path on this host. */
  setSource(path: string, requests: readonly SourceBreakpointRequest[]): Breakpoint[];
  setFunctions(requests: readonly FunctionBreakpointRequest[]): Breakpoint[];
  setInstructions(requests: readonly InstructionBreakpointRequest[]): Breakpoint[];
  setData(requests: readonly DataBreakpointRequest[]): Breakpoint[];
  /** Data breakpoints of their own, which `setData` leaves alone. */
  setWatches(requests: readonly DataBreakpointRequest[]): Breakpoint[];
  /** How often a breakpoint was hit, by its id. */
  hitsOf(id: number): number;
  /** The filters that are on; `sealedWrite` off means that the policy never asks. Answers in order: why one cannot be. */
  setExceptions(
    requests: readonly ExceptionFilterRequest[],
  ): { readonly verified: boolean; readonly message?: string }[];
  /** Lines in `first`..`last` of a file where a breakpoint can be. */
  possibleLines(path: string, first: number, last: number): number[];
  all(): readonly Breakpoint[];
}
