import { choose, i32, i64, type I64 } from '../wasm/expression.ts';
import { formatR, opcode37 } from './formats.ts';
import type { Instruction, InstructionBuilder } from './instruction.ts';
import { OP, OP_32, OP_IMM, OP_IMM_32, register, shift, word, type Binary } from './rv64i.ts';

/** rd = f(rs1); what would be rs2 selects the instruction. */
const unary = (
  name: string,
  opcode: number,
  f3: number,
  f7: number,
  selector: number,
  f: (a: I64, b: InstructionBuilder) => I64,
): Instruction => {
  const { match, mask } = opcode37(opcode, f3, f7);
  return {
    name,
    match: (match | (selector << 20)) >>> 0,
    mask: (mask | 0x1f00000) >>> 0,
    operands: formatR,
    syntax: 'rd,rs1',
    build: (b) => b.setRd(f(b.bind(b.rs1), b)),
  };
};

/** The low 32 bits, zero-extended. */
const low32 = (a: I64): I64 => i64.extendU(i32.wrap(a));
const shifted =
  (bits: bigint, extend = (a: I64): I64 => a): Binary =>
  (a, b) =>
    i64.add(i64.shl(extend(a), i64.const(bits)), b);
const not = (a: I64): I64 => i64.xor(a, i64.const(-1n));

/** Zba: addresses of array elements (unprivileged spec, chapter "B"). */
export const zba: readonly Instruction[] = [
  register('add.uw', OP_32, 0, 0x04, shifted(0n, low32)),
  register('sh1add', OP, 2, 0x10, shifted(1n)),
  register('sh1add.uw', OP_32, 2, 0x10, shifted(1n, low32)),
  register('sh2add', OP, 4, 0x10, shifted(2n)),
  register('sh2add.uw', OP_32, 4, 0x10, shifted(2n, low32)),
  register('sh3add', OP, 6, 0x10, shifted(3n)),
  register('sh3add.uw', OP_32, 6, 0x10, shifted(3n, low32)),
  shift('slli.uw', OP_IMM_32, 1, 0x04, (a, amount) => i64.shl(low32(a), amount), 6),
];

/** The bytes in reverse order: halves, then halfwords, then bytes swapped. */
function reverseBytes(a: I64, b: InstructionBuilder): I64 {
  const swap = (value: I64, distance: bigint, low: bigint): I64 => {
    const bound = b.bind(value);
    const mask = i64.const(low);
    const by = i64.const(distance);
    return i64.or(i64.shl(i64.and(bound, mask), by), i64.and(i64.shrU(bound, by), mask));
  };
  const halfwords = swap(i64.rotl(a, i64.const(32n)), 16n, 0x0000_ffff_0000_ffffn);
  return swap(halfwords, 8n, 0x00ff_00ff_00ff_00ffn);
}

/** Each byte becomes 0 if it is, else all ones. Bit 7 of a byte ends up set if any of its bits is, without a carry. */
function orCombine(a: I64): I64 {
  const sevens = i64.const(0x7f7f_7f7f_7f7f_7f7fn);
  const marks = i64.and(i64.or(i64.add(i64.and(a, sevens), sevens), a), not(sevens));
  return i64.mul(i64.shrU(marks, i64.const(7n)), i64.const(0xffn));
}

const pick =
  (test: typeof i64.ltS): Binary =>
  (a, b) =>
    choose(test(a, b), a, b);

/** Zbb: basic bit manipulation. */
export const zbb: readonly Instruction[] = [
  register('andn', OP, 7, 0x20, (a, b) => i64.and(a, not(b))),
  register('orn', OP, 6, 0x20, (a, b) => i64.or(a, not(b))),
  register('xnor', OP, 4, 0x20, (a, b) => not(i64.xor(a, b))),
  unary('clz', OP_IMM, 1, 0x30, 0, i64.clz),
  unary('clzw', OP_IMM_32, 1, 0x30, 0, (a) => i64.extendU(i32.clz(i32.wrap(a)))),
  unary('ctz', OP_IMM, 1, 0x30, 1, i64.ctz),
  unary('ctzw', OP_IMM_32, 1, 0x30, 1, (a) => i64.extendU(i32.ctz(i32.wrap(a)))),
  unary('cpop', OP_IMM, 1, 0x30, 2, i64.popcnt),
  unary('cpopw', OP_IMM_32, 1, 0x30, 2, (a) => i64.extendU(i32.popcnt(i32.wrap(a)))),
  register('max', OP, 6, 0x05, pick(i64.geS)),
  register('maxu', OP, 7, 0x05, pick(i64.geU)),
  register('min', OP, 4, 0x05, pick(i64.ltS)),
  register('minu', OP, 5, 0x05, pick(i64.ltU)),
  unary('sext.b', OP_IMM, 1, 0x30, 4, i64.extend8S),
  unary('sext.h', OP_IMM, 1, 0x30, 5, i64.extend16S),
  unary('zext.h', OP_32, 4, 0x04, 0, (a) => i64.and(a, i64.const(0xffffn))),
  register('rol', OP, 1, 0x30, i64.rotl),
  register('rolw', OP_32, 1, 0x30, word(i32.rotl)),
  register('ror', OP, 5, 0x30, i64.rotr),
  register('rorw', OP_32, 5, 0x30, word(i32.rotr)),
  shift('rori', OP_IMM, 5, 0x30, i64.rotr),
  shift('roriw', OP_IMM_32, 5, 0x30, word(i32.rotr)),
  unary('orc.b', OP_IMM, 5, 0x14, 7, orCombine),
  unary('rev8', OP_IMM, 5, 0x35, 0x18, reverseBytes),
];

/** WebAssembly's shift takes the index modulo 64, as these do. */
const bit = (index: I64): I64 => i64.shl(i64.const(1n), index);

const single = (name: string, f3: number, f7: number, f: Binary): Instruction[] => [
  register(name, OP, f3, f7, f),
  shift(`${name}i`, OP_IMM, f3, f7, f),
];

/** Zbs: single bits. */
export const zbs: readonly Instruction[] = [
  ...single('bclr', 1, 0x24, (a, index) => i64.and(a, not(bit(index)))),
  ...single('bext', 5, 0x24, (a, index) => i64.and(i64.shrU(a, index), i64.const(1n))),
  ...single('binv', 1, 0x34, (a, index) => i64.xor(a, bit(index))),
  ...single('bset', 1, 0x14, (a, index) => i64.or(a, bit(index))),
];

/** Zicond (unprivileged spec, chapter "Integer Conditional Operations"). */
export const zicond: readonly Instruction[] = [
  register('czero.eqz', OP, 5, 0x07, (a, b) => choose(i64.eqz(b), i64.const(0n), a)),
  register('czero.nez', OP, 7, 0x07, (a, b) => choose(i64.eqz(b), a, i64.const(0n))),
];
