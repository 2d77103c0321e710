/** Breakpoints as fronts ask for them and as the session answers. */
import type { CodePlace } from '../../sealing/codePlace.ts';

/** What any breakpoint may carry; all texts as the user wrote them. */
export interface BreakpointExtras {
  /** C expression; stops only where it is not zero. */
  readonly condition?: string | undefined;
  /** `5` or `>=5`: from the fifth hit; `=5`, `>5`, `<5`, `<=5`, `%5`: every fifth. */
  readonly hitCondition?: string | undefined;
  /** Does not stop but logs; `{expression}` is replaced, `{{` is a brace. */
  readonly logMessage?: string | undefined;
}

export interface SourceBreakpointRequest extends BreakpointExtras {
  /** From 1. */
  readonly line: number;
  readonly column?: number | undefined;
}

export interface FunctionBreakpointRequest extends BreakpointExtras {
  readonly name: string;
}

export interface InstructionBreakpointRequest extends BreakpointExtras {
  readonly address: bigint;
}

export interface DataBreakpointRequest extends BreakpointExtras {
  readonly address: bigint;
  /** Bytes; any number. */
  readonly length: number;
  readonly access: 'read' | 'write' | 'readWrite';
}

/**
 * What can be caught before it happens: refused stores, stores past a seal, violated rules of windows (these are on by
 * default), and traps.
 */
export type ExceptionFilter =
  | 'sealedWrite'
  | 'whatIf'
  | 'bypass'
  | 'window'
  | 'writeOnce'
  | 'permissionGain'
  | 'permissionWx'
  | 'permissionAlias'
  | 'pageFault'
  | 'illegalInstruction'
  | 'anyTrap';

export interface ExceptionFilterRequest {
  readonly filter: ExceptionFilter;
  /** C expression; `$cause`, `$tval` and `$epc` of the trap are known. */
  readonly condition?: string | undefined;
}

/** One breakpoint, with one or many addresses behind it. */
export interface Breakpoint {
  /** Unique in the session. */
  readonly id: number;
  readonly kind: 'source' | 'function' | 'instruction' | 'data';
  readonly verified: boolean;
  /** Why it is not verified, or what is special about it. */
  readonly message?: string | undefined;
  /** Where it really is; the first place of several. */
  readonly place?: CodePlace | undefined;
  readonly addresses: readonly bigint[];
}
