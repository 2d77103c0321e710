import type { Expression, I32, I64, Size } from '../wasm/expression.ts';

/** Register numbers and a sign-extended immediate; what an encoding format does not have is 0. */
export interface Operands {
  readonly rd: number;
  readonly rs1: number;
  readonly rs2: number;
  readonly imm: number;
}

/** Core routines an instruction may call; they decide themselves where execution goes on. */
export type SystemCall =
  'ecall' | 'ebreak' | 'mret' | 'sret' | 'wfi' | 'fenceI' | 'fenceInvalidation' | 'illegal';

/** The core's floating-point routines, which raise flags; arguments and results are in core/float.ts. */
export type FloatOperation =
  | 'floatAdd'
  | 'floatMultiply'
  | 'floatDivide'
  | 'floatSquareRoot'
  | 'floatMultiplyAdd'
  | 'floatMinimum'
  | 'floatMaximum'
  | 'floatEqual'
  | 'floatLess'
  | 'floatLessOrEqual'
  | 'floatClass'
  | 'floatToInteger'
  | 'integerToFloat'
  | 'floatWiden'
  | 'floatNarrow';

/** What a cache-block instruction does, as its immediate encodes it. */
export const CBO_INVAL = 0;
export const CBO_CLEAN = 1;
export const CBO_FLUSH = 2;
export const CBO_ZERO = 4;
export type CacheBlockOperation = typeof CBO_INVAL | typeof CBO_CLEAN | typeof CBO_FLUSH | typeof CBO_ZERO;

/**
 * What an instruction may do, in terms that every back end can translate. Operands are values; everything else
 * is emitted in the order of the calls. A value that is used twice must be bound with `bind`.
 */
export interface InstructionBuilder {
  readonly rs1: I64;
  readonly rs2: I64;
  /** Floating-point registers, all 64 bits of them. */
  readonly f1: I64;
  readonly f2: I64;
  readonly f3: I64;
  readonly imm: I64;
  readonly pc: I64;
  /** Address of the next instruction in program order. */
  readonly nextPc: I64;
  bind(value: I64): I64;
  setRd(value: I64): void;
  load(address: I64, size: Size, signed: boolean): I64;
  store(address: I64, value: I64, size: Size): void;
  /** Goes to pc + imm if the test holds. */
  branchIf(test: I32): void;
  /** Goes to pc + imm. */
  jump(): void;
  /** Goes to a computed address, bit 0 of which is clear. */
  jumpTo(target: I64): void;
  /** AMO: rd = old, memory = result(old); old is sign-extended from `size`. */
  readModifyWrite(size: 4 | 8, result: (old: I64) => I64): void;
  loadReserved(size: 4 | 8): void;
  storeConditional(size: 4 | 8): void;
  /** @param immediate the operand is the 5-bit number in rs1's place */
  csr(operation: CsrOperation, immediate: boolean): void;
  sfenceVma(): void;
  cacheBlock(operation: CacheBlockOperation): void;
  /** Illegal unless mstatus.FS is on: the first thing that a floating-point instruction does. */
  requireFloat(): void;
  /** The rounding mode of the instruction, or else of frm; illegal if it is reserved. */
  rounding(): I32;
  /** The value must be used once. */
  float(operation: FloatOperation, ...operands: Expression[]): I64;
  setFd(value: I64): void;
  system(call: SystemCall): void;
}

export const CSR_WRITE = 1;
export const CSR_SET = 2;
export const CSR_CLEAR = 3;
export type CsrOperation = typeof CSR_WRITE | typeof CSR_SET | typeof CSR_CLEAR;

/** One instruction of 32 bits: it is `bits` if `(bits & mask) === match`. */
export interface Instruction {
  readonly name: string;
  readonly match: number;
  readonly mask: number;
  readonly operands: (bits: number) => Operands;
  /** Operands as an assembler writes them: rd rs1 fd f1 imm target csr …, see disassemble.ts. */
  readonly syntax: string;
  readonly build: (b: InstructionBuilder) => void;
  /** Has a pc-relative target, so that the decoder can tell whether it stays within its page. */
  readonly relative?: boolean;
}

/** One instruction of 16 bits: another spelling of a 32-bit one (unprivileged spec, chapter "C"). */
export interface CompressedInstruction {
  readonly name: string;
  readonly match: number;
  readonly mask: number;
  readonly expands: string;
  /** undefined where the encoding is reserved. */
  readonly operands: (bits: number) => Operands | undefined;
}
