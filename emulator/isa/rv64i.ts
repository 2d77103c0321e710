import { i32, i64, type I32, type I64, type Size } from '../wasm/expression.ts';
import {
  formatB,
  formatI,
  formatJ,
  formatR,
  formatS,
  formatShift,
  formatU,
  opcode3,
  opcode37,
} from './formats.ts';
import type { Instruction, InstructionBuilder } from './instruction.ts';

export const OP = 0x33;
export const OP_32 = 0x3b;
export const OP_IMM = 0x13;
export const OP_IMM_32 = 0x1b;

export type Binary = (a: I64, b: I64) => I64;

/** rd = f(rs1, rs2). */
export const register = (name: string, opcode: number, f3: number, f7: number, f: Binary): Instruction => ({
  name,
  ...opcode37(opcode, f3, f7),
  operands: formatR,
  syntax: 'rd,rs1,rs2',
  build: (b) => b.setRd(f(b.rs1, b.rs2)),
});

const immediate = (name: string, opcode: number, f3: number, f: Binary): Instruction => ({
  name,
  ...opcode3(opcode, f3),
  operands: formatI,
  syntax: 'rd,rs1,imm',
  build: (b) => b.setRd(f(b.rs1, b.imm)),
});

/** Shifts by a constant: 6 bits of amount on RV64, 5 for the W forms (whose bit 25 must be 0). */
export const shift = (
  name: string,
  opcode: number,
  f3: number,
  funct: number,
  f: Binary,
  amountBits: 5 | 6 = opcode === OP_IMM ? 6 : 5,
): Instruction => ({
  name,
  match: (opcode | (f3 << 12) | (funct << 25)) >>> 0,
  mask: amountBits === 6 ? 0xfc00707f : 0xfe00707f,
  operands: formatShift,
  syntax: 'rd,rs1,shamt',
  build: (b) => b.setRd(f(b.rs1, b.imm)),
});

const load = (name: string, f3: number, size: Size, signed: boolean): Instruction => ({
  name,
  ...opcode3(0x03, f3),
  operands: formatI,
  syntax: 'rd,imm(rs1)',
  build: (b) => b.setRd(b.load(i64.add(b.rs1, b.imm), size, signed)),
});

const store = (name: string, f3: number, size: Size): Instruction => ({
  name,
  ...opcode3(0x23, f3),
  operands: formatS,
  syntax: 'rs2,imm(rs1)',
  build: (b) => b.store(i64.add(b.rs1, b.imm), b.rs2, size),
});

const branch = (name: string, f3: number, test: (a: I64, b: I64) => I32): Instruction => ({
  name,
  ...opcode3(0x63, f3),
  operands: formatB,
  syntax: 'rs1,rs2,target',
  relative: true,
  build: (b) => b.branchIf(test(b.rs1, b.rs2)),
});

/** W instructions work on the low 32 bits and sign-extend their result (unprivileged spec §4.2). */
export const word =
  (f: (a: I32, b: I32) => I32): Binary =>
  (a, b) =>
    i64.extendS(f(i32.wrap(a), i32.wrap(b)));

const jalr = (b: InstructionBuilder): void => {
  const target = b.bind(i64.and(i64.add(b.rs1, b.imm), i64.const(~1n)));
  b.setRd(b.nextPc);
  b.jumpTo(target);
};

/** RV64I, unprivileged spec chapters 2 and 4. WebAssembly's shifts take the amount modulo the width, as RISC-V's do. */
export const rv64i: readonly Instruction[] = [
  {
    name: 'lui',
    match: 0x37,
    mask: 0x7f,
    operands: formatU,
    syntax: 'rd,upper',
    build: (b) => b.setRd(b.imm),
  },
  {
    name: 'auipc',
    match: 0x17,
    mask: 0x7f,
    operands: formatU,
    syntax: 'rd,upper',
    build: (b) => b.setRd(i64.add(b.pc, b.imm)),
  },
  {
    name: 'jal',
    match: 0x6f,
    mask: 0x7f,
    operands: formatJ,
    syntax: 'rd,target',
    relative: true,
    build(b) {
      b.setRd(b.nextPc);
      b.jump();
    },
  },
  { name: 'jalr', ...opcode3(0x67, 0), operands: formatI, syntax: 'rd,imm(rs1)', build: jalr },
  branch('beq', 0, i64.eq),
  branch('bne', 1, i64.ne),
  branch('blt', 4, i64.ltS),
  branch('bge', 5, i64.geS),
  branch('bltu', 6, i64.ltU),
  branch('bgeu', 7, i64.geU),
  load('lb', 0, 1, true),
  load('lh', 1, 2, true),
  load('lw', 2, 4, true),
  load('ld', 3, 8, true),
  load('lbu', 4, 1, false),
  load('lhu', 5, 2, false),
  load('lwu', 6, 4, false),
  store('sb', 0, 1),
  store('sh', 1, 2),
  store('sw', 2, 4),
  store('sd', 3, 8),
  immediate('addi', OP_IMM, 0, i64.add),
  immediate('slti', OP_IMM, 2, (a, b) => i64.extendU(i64.ltS(a, b))),
  immediate('sltiu', OP_IMM, 3, (a, b) => i64.extendU(i64.ltU(a, b))),
  immediate('xori', OP_IMM, 4, i64.xor),
  immediate('ori', OP_IMM, 6, i64.or),
  immediate('andi', OP_IMM, 7, i64.and),
  shift('slli', OP_IMM, 1, 0x00, i64.shl),
  shift('srli', OP_IMM, 5, 0x00, i64.shrU),
  shift('srai', OP_IMM, 5, 0x20, i64.shrS),
  register('add', OP, 0, 0x00, i64.add),
  register('sub', OP, 0, 0x20, i64.sub),
  register('sll', OP, 1, 0x00, i64.shl),
  register('slt', OP, 2, 0x00, (a, b) => i64.extendU(i64.ltS(a, b))),
  register('sltu', OP, 3, 0x00, (a, b) => i64.extendU(i64.ltU(a, b))),
  register('xor', OP, 4, 0x00, i64.xor),
  register('srl', OP, 5, 0x00, i64.shrU),
  register('sra', OP, 5, 0x20, i64.shrS),
  register('or', OP, 6, 0x00, i64.or),
  register('and', OP, 7, 0x00, i64.and),
  immediate('addiw', OP_IMM_32, 0, word(i32.add)),
  shift('slliw', OP_IMM_32, 1, 0x00, word(i32.shl)),
  shift('srliw', OP_IMM_32, 5, 0x00, word(i32.shrU)),
  shift('sraiw', OP_IMM_32, 5, 0x20, word(i32.shrS)),
  register('addw', OP_32, 0, 0x00, word(i32.add)),
  register('subw', OP_32, 0, 0x20, word(i32.sub)),
  register('sllw', OP_32, 1, 0x00, word(i32.shl)),
  register('srlw', OP_32, 5, 0x00, word(i32.shrU)),
  register('sraw', OP_32, 5, 0x20, word(i32.shrS)),
  // One thread runs all harts in order, so that every memory order a fence may ask for already holds.
  { name: 'fence', ...opcode3(0x0f, 0), operands: formatI, syntax: 'fence', build: () => undefined },
  {
    name: 'fence.i',
    ...opcode3(0x0f, 1),
    operands: formatI,
    syntax: '',
    build: (b) => b.system('fenceI'),
  },
];
