import type { Operands } from './instruction.ts';

/**
 * Encoding formats of 32-bit instructions (unprivileged spec §2.2 "Base Instruction Formats").
 *
 *   31      25 24  20 19  15 14 12 11   7 6    0
 *   funct7     rs2    rs1    f3    rd     opcode   R
 *   imm[11:0]         rs1    f3    rd     opcode   I
 *   imm[11:5]  rs2    rs1    f3    imm    opcode   S  (B: imm[12|10:5], imm[4:1|11])
 *   imm[31:12]                     rd     opcode   U  (J: imm[20|10:1|11|19:12])
 */
const rd = (bits: number): number => (bits >>> 7) & 31;
const rs1 = (bits: number): number => (bits >>> 15) & 31;
const rs2 = (bits: number): number => (bits >>> 20) & 31;

export const formatR = (b: number): Operands => ({ rd: rd(b), rs1: rs1(b), rs2: rs2(b), imm: 0 });
export const formatI = (b: number): Operands => ({ rd: rd(b), rs1: rs1(b), rs2: 0, imm: b >> 20 });
export const formatS = (b: number): Operands => ({
  rd: 0,
  rs1: rs1(b),
  rs2: rs2(b),
  imm: ((b >> 25) << 5) | ((b >>> 7) & 31),
});
export const formatB = (b: number): Operands => ({
  rd: 0,
  rs1: rs1(b),
  rs2: rs2(b),
  imm: ((b >> 31) << 12) | ((b << 4) & 0x800) | ((b >>> 20) & 0x7e0) | ((b >>> 7) & 0x1e),
});
export const formatU = (b: number): Operands => ({ rd: rd(b), rs1: 0, rs2: 0, imm: b & ~0xfff });
export const formatJ = (b: number): Operands => ({
  rd: rd(b),
  rs1: 0,
  rs2: 0,
  imm: ((b >> 31) << 20) | (b & 0xff000) | ((b >>> 9) & 0x800) | ((b >>> 20) & 0x7fe),
});
/** Shifts of RV64: a 6-bit amount where I has its immediate. */
export const formatShift = (b: number): Operands => ({
  rd: rd(b),
  rs1: rs1(b),
  rs2: 0,
  imm: (b >>> 20) & 63,
});
/** Floating point: the rounding mode as an immediate, with rs3 above it where there is one. */
export const formatFloat = (b: number): Operands => ({ ...formatR(b), imm: (b >>> 12) & 7 });
export const formatFloat4 = (b: number): Operands => ({
  ...formatR(b),
  imm: ((b >>> 27) << 3) | ((b >>> 12) & 7),
});
/** CSR instructions: the CSR's number as an unsigned immediate; rs1 is a register or a 5-bit number. */
export const formatCsr = (b: number): Operands => ({ rd: rd(b), rs1: rs1(b), rs2: 0, imm: b >>> 20 });

/** Encodings with opcode and funct3 alone, and with funct7 too. */
export const opcode3 = (opcode: number, funct3: number): { match: number; mask: number } => ({
  match: opcode | (funct3 << 12),
  mask: 0x707f,
});
export const opcode37 = (
  opcode: number,
  funct3: number,
  funct7: number,
): { match: number; mask: number } => ({
  match: (opcode | (funct3 << 12) | (funct7 << 25)) >>> 0,
  mask: 0xfe00707f,
});
