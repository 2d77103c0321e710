/** Everything a front may ask about the guest while it stands still, and change in it. */
import type { CodePlace } from '../../sealing/codePlace.ts';
import type { Permissions } from '../../sealing/region.ts';
import type { EvaluationContext, StackFrame, Value, Variable } from '../../symbols/index.ts';
import type { FloatFormat } from './floatRegisters.ts';

export interface HartInfo {
  readonly hart: number;
  /** As the SBI HSM extension and `wfi` say. */
  readonly state: 'running' | 'waiting' | 'stopped' | 'suspended';
  /** 0 U, 1 S, 3 M. */
  readonly privilege: number;
  readonly pc: bigint;
  readonly place: CodePlace;
}

/** One frame of a hart's stack. Valid until the machine runs or is changed. */
export interface Frame {
  readonly hart: number;
  /** 0 is where the hart stands. */
  readonly level: number;
  readonly place: CodePlace;
  /** From 1; 0 when unknown. */
  readonly column: number;
  /** The symbol reader's frame: blocks, variables, registers. */
  readonly symbols: StackFrame;
}

export interface Stack {
  readonly frames: readonly Frame[];
  /** Why it ends there, when that is not the outermost frame. */
  readonly problem: string | undefined;
}

/** A variable and its value; `problem` says why there is none. */
export interface VariableView {
  readonly name: string;
  readonly variable: Variable;
  readonly value: Value | undefined;
  readonly problem: string | undefined;
}

export interface RegisterView {
  /** ABI name: `a0`, `sp`, `pc`. */
  readonly name: string;
  /** `x10`; equals `name` where there is no other. */
  readonly number: string;
  /** 64 unsigned bits; undefined in a frame that lost it. */
  readonly value: bigint | undefined;
  /** A symbol that the value points at, as `cpu_up+0x1c`. */
  readonly symbol: string | undefined;
}

export interface FloatRegisterView {
  /** ABI name: `fa0`. */
  readonly name: string;
  /** `f10`. */
  readonly number: string;
  /** 64 unsigned bits; undefined in a frame that lost it. */
  readonly value: bigint | undefined;
  /** What the bits look like: a single in its NaN box, a double, or neither. */
  readonly format: FloatFormat;
  /** The number; undefined when raw. */
  readonly text: string | undefined;
}

export interface CsrField {
  readonly name: string;
  /** Bit positions, inclusive. */
  readonly high: number;
  readonly low: number;
  readonly value: bigint;
  /** What the value means, as `Supervisor` or `Sv39`; undefined where the number says it all. */
  readonly meaning: string | undefined;
}

export interface CsrView {
  readonly name: string;
  readonly number: number;
  readonly value: bigint;
  /** One line that decodes the whole register, as `store page fault`. */
  readonly text: string | undefined;
  readonly fields: readonly CsrField[];
}

export interface DisassembledInstruction {
  readonly address: bigint;
  /** Undefined where memory cannot be read. */
  readonly bytes: Uint8Array | undefined;
  /** `sd a0,16(s1)`, or `unreadable`. */
  readonly text: string;
  readonly place: CodePlace;
}

/** One level of a page walk. */
export interface WalkStep {
  /** 2 is Sv39's root. */
  readonly level: number;
  /** Guest-physical address of the entry, and the entry. */
  readonly address: bigint;
  readonly entry: bigint;
  /** `V R W - - G A D` and where it leads, in one line. */
  readonly text: string;
}

/** How a hart translates an address. */
export interface PageWalk {
  readonly address: bigint;
  readonly mode: 'bare' | 'sv39' | 'sv48' | 'sv57';
  readonly steps: readonly WalkStep[];
  /** Undefined when nothing is mapped there. */
  readonly physical: bigint | undefined;
  /** First address and bytes of the leaf. */
  readonly page: bigint | undefined;
  readonly size: bigint | undefined;
  readonly permissions: Permissions | undefined;
  /** What this hart's TLB remembers when that differs from the table. */
  readonly stale: Permissions | undefined;
  /** The segment flags at that address. */
  readonly linked: Permissions | undefined;
  /** Why it does not translate. */
  readonly problem: string | undefined;
}

export interface MemoryRead {
  readonly address: bigint;
  readonly bytes: Uint8Array;
  /** Bytes behind `bytes` that were asked for and cannot be read. */
  readonly unreadable: number;
}

export interface MemorySpace {
  /** Whose translation; default the hart that stopped last. Ignored for physical addresses. */
  readonly hart?: number | undefined;
  /** Guest-physical addresses rather than virtual ones. */
  readonly physical?: boolean | undefined;
}

export interface Inspector {
  harts(): HartInfo[];
  /** @throws SessionError `request` for a hart that does not exist, as everywhere below. */
  stack(hart: number, maxFrames?: number): Stack;
  frame(hart: number, level: number): Frame;

  /** Parameters and locals of the innermost block outwards; an inner name hides an outer one. */
  locals(frame: Frame): VariableView[];
  /** Variables with static storage of the frame's compilation unit, by name. */
  globals(frame: Frame): VariableView[];
  /** What the symbol reader's `evaluate`, `children` and `parseInto` want. */
  context(frame: Frame): EvaluationContext;
  /**
   * A C expression, with `$a0`, `$pc` and CSRs by name.
   * @throws EvaluationError with the column.
   */
  evaluate(text: string, frame?: Frame): Value;
  /** The same for hovers, watches and conditions: an expression that would change the guest is an EvaluationError. */
  evaluatePurely(text: string, frame?: Frame): Value;
  /** Stores what `text` evaluates to into `target`; tells `changed`. */
  assign(target: Value, text: string, frame?: Frame): Value;

  /** pc and x1–x31; as the frame sees them, where one is given. */
  registers(hart: number, frame?: Frame): RegisterView[];
  /** f0–f31; none where the machine has no F. */
  floatRegisters(hart: number, frame?: Frame): FloatRegisterView[];
  /**
   * By ABI name, number (`x10`), `pc` or CSR name. WARL rules apply to CSRs. In an outer frame: where the callee saved
   * it, in memory or in a register it has not changed.
   */
  setRegister(hart: number, name: string, value: bigint, frame?: Frame): void;
  csrs(hart: number): CsrView[];

  /** Reads as far as memory is mapped. Devices are not read. */
  readMemory(address: bigint, length: number, space?: MemorySpace): MemoryRead;
  /**
   * Writes as a debugger does: permissions do not matter, seals are not opened.
   * @throws SessionError `request` when a byte is not mapped to RAM; then nothing is written.
   */
  writeMemory(address: bigint, bytes: Uint8Array, space?: MemorySpace): void;
  /** `count` instructions, the first at or around `address` shifted by `before` instructions. */
  disassemble(address: bigint, count: number, before?: number): DisassembledInstruction[];
  walk(address: bigint, hart?: number): PageWalk;
  /** What code is at a pc, in the image's own addresses. */
  placeOf(pc: bigint): CodePlace;
}
