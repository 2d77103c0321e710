/** The processor's state as the symbol reader sees it, and the frames it unwinds from that. */
import type { Block, FunctionInfo, Variable } from './code.ts';
import type { SourcePosition } from './position.ts';

/** DWARF register numbers of RISC-V: x0–x31 are 0–31, f0–f31 are 32–63, CSR n is 4096 + n. */
export interface RegisterReader {
  /** Value as 64 unsigned bits; undefined when it is not known. */
  read(register: number): bigint | undefined;
}

/** Guest memory by virtual address. */
export interface MemoryReader {
  /** Exactly `length` bytes, or undefined when any of them cannot be read. */
  read(address: bigint, length: number): Uint8Array | undefined;
}

export interface CpuState {
  readonly pc: bigint;
  readonly registers: RegisterReader;
  readonly memory: MemoryReader;
}

/** Where a frame's register is kept, so that it can be written back. */
export type RegisterHome =
  | { readonly kind: 'register'; readonly register: number }
  | { readonly kind: 'memory'; readonly address: bigint }
  | { readonly kind: 'value' }
  | { readonly kind: 'lost' };

export interface FrameRegisters extends RegisterReader {
  home(register: number): RegisterHome;
}

/** One function activation, real or inlined. Frame 0 is where the hart stands. */
export interface StackFrame {
  readonly level: number;
  readonly pc: bigint;
  /** Address to look up code with: `pc`, or within the call instruction for a caller. */
  readonly codeAddress: bigint;
  /** Function name, else the nearest symbol, else an empty string. */
  readonly name: string;
  readonly function: FunctionInfo | undefined;
  readonly position: SourcePosition | undefined;
  readonly inlined: boolean;
  /** Innermost first. */
  readonly blocks: readonly Block[];
  readonly registers: FrameRegisters;
  readonly memory: MemoryReader;
  /** Canonical frame address; undefined when no unwind information covers `pc`. */
  readonly cfa: bigint | undefined;
  /** How the frame was found. */
  readonly found: 'cpu' | 'cfi' | 'return-address' | 'frame-pointer';
  locate(variable: Variable): Location;
}

export interface UnwindOptions {
  /** Default 256. */
  readonly maxFrames?: number;
  /** Follow the s0 chain that RISC-V kernels build where no call frame information covers a pc. Default false. */
  readonly framePointers?: boolean;
  /** The pc is a return address: its code is looked up one byte earlier. Default false. */
  readonly returning?: boolean;
  /** What else is code besides this file's own. */
  isCode?(address: bigint): boolean;
}

export interface Backtrace {
  readonly frames: readonly StackFrame[];
  /** Why it ends: the outermost frame was reached, or the reason why it could not be. */
  readonly end: 'outermost' | 'no-unwind-info' | 'unreadable-memory' | 'loop' | 'limit' | 'malformed';
  /** For `malformed`: what was wrong. */
  readonly problem?: string | undefined;
}

/** Where a variable is at one moment. */
export type Location =
  | { readonly kind: 'memory'; readonly address: bigint }
  | { readonly kind: 'register'; readonly register: number }
  /** Exists only as a value: little-endian bytes, at least as many as the variable has when they are known. */
  | { readonly kind: 'value'; readonly bytes: Uint8Array }
  | { readonly kind: 'pieces'; readonly pieces: readonly LocationPiece[] }
  /** A pointer whose target was optimised away but whose target's value is known. */
  | { readonly kind: 'implicit-pointer'; readonly target: Variable; readonly offset: number }
  | { readonly kind: 'optimised-out'; readonly reason: string };

export interface LocationPiece {
  /** Width in bits. */
  readonly bits: number;
  /** First bit inside `location` that belongs to the piece. */
  readonly shift: number;
  readonly location: Location;
}
