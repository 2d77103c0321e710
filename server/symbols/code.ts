/** Functions, variables and blocks: what code at an address means. Addresses are as linked. */
import type { SourcePosition } from './position.ts';
import type { FunctionType, Type } from './types.ts';

/** Half open: `start` belongs to it, `end` does not. */
export interface AddressRange {
  readonly start: bigint;
  readonly end: bigint;
}

/** Consecutive instructions of one row group of a line table. */
export interface LineRange extends AddressRange {
  readonly position: SourcePosition;
  /** The compiler recommends `start` as a place to stop. */
  readonly isStatement: boolean;
}

/** An address at which a breakpoint on a source line stops, one for each function or inlined copy. */
export interface BreakpointLocation {
  readonly address: bigint;
  /** The line that really has code: the one asked for, or the next. Undefined for code without line information. */
  readonly position: SourcePosition | undefined;
  readonly function: FunctionInfo | undefined;
  /** Inside an inlined copy rather than in the function's own body. */
  readonly inlined: boolean;
}

export interface CompilationUnit {
  /** Path of its main source file, normalised like `SourcePosition.path`. */
  readonly path: string;
  /** What `DW_AT_name` says. */
  readonly name: string;
  readonly directory: string;
  readonly producer: string | undefined;
  /** DW_LANG number. */
  readonly language: number | undefined;
  readonly dwarfVersion: number;
}

export interface FunctionInfo {
  readonly name: string;
  /** C++ and Rust: the mangled name. */
  readonly linkageName: string | undefined;
  /** Empty for a function that exists only in inlined copies. */
  readonly ranges: readonly AddressRange[];
  readonly entry: bigint | undefined;
  readonly external: boolean;
  readonly declaration: SourcePosition | undefined;
  readonly type: FunctionType;
  readonly unit: CompilationUnit;
}

/** One level of the inlined call chain at an address. */
export interface CodeScope {
  readonly function: FunctionInfo;
  /** True when this level has been inlined into the next one. */
  readonly inlined: boolean;
  /** Where this level stands: the line table's answer for the innermost, the call's place for the others. */
  readonly position: SourcePosition | undefined;
  /** Lexical blocks that contain the address, innermost first; the last is the function itself. */
  readonly blocks: readonly Block[];
}

export interface Block {
  readonly kind: 'function' | 'block';
  readonly ranges: readonly AddressRange[];
  /** In source order; parameters first in a function's block. */
  readonly variables: readonly Variable[];
}

export interface Variable {
  readonly name: string;
  readonly kind: 'parameter' | 'local' | 'global';
  readonly type: Type;
  readonly declaration: SourcePosition | undefined;
  /** Address of a variable with static storage, else undefined. */
  readonly address: bigint | undefined;
  readonly external: boolean;
  readonly unit: CompilationUnit;
}
