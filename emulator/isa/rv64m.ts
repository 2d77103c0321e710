import { choose, i32, i64, type I32, type I64 } from '../wasm/expression.ts';
import type { Instruction, InstructionBuilder } from './instruction.ts';
import { formatR, opcode37 } from './formats.ts';
import { OP, OP_32, register } from './rv64i.ts';

const LOW = i64.const(0xffff_ffffn);
const SHIFT_32 = i64.const(32n);
const SIGN_SHIFT = i64.const(63n);

/** High half of the unsigned 128-bit product, from four 32-bit products. */
function mulHighUnsigned(b: InstructionBuilder, x: I64, y: I64): I64 {
  const low = (v: I64): I64 => i64.and(v, LOW);
  const high = (v: I64): I64 => i64.shrU(v, SHIFT_32);
  const t = b.bind(i64.add(i64.mul(high(x), low(y)), high(i64.mul(low(x), low(y)))));
  const u = b.bind(i64.add(i64.mul(low(x), high(y)), low(t)));
  return i64.add(i64.add(i64.mul(high(x), high(y)), high(t)), high(u));
}

/** A negative x counts 2^64 too much in the unsigned product: take y away from the high half. */
const signCorrection = (x: I64, y: I64): I64 => i64.and(i64.shrS(x, SIGN_SHIFT), y);

const mulHigh = (name: string, funct3: number, correct: (high: I64, x: I64, y: I64) => I64): Instruction => ({
  name,
  ...opcode37(OP, funct3, 1),
  operands: formatR,
  syntax: 'rd,rs1,rs2',
  build(b) {
    const x = b.bind(b.rs1);
    const y = b.bind(b.rs2);
    b.setRd(correct(mulHighUnsigned(b, x, y), x, y));
  },
});

/**
 * Division never traps: by zero the quotient is all ones and the remainder the dividend; the one overflow
 * (most negative by −1) gives the dividend and 0 (unprivileged spec §7.2). Dividing by −1 is a negation.
 */
const divide = (
  name: string,
  funct3: number,
  byZero: (x: I64) => I64,
  byMinusOne: ((x: I64) => I64) | undefined,
  f: (a: I64, b: I64) => I64,
): Instruction => ({
  name,
  ...opcode37(OP, funct3, 1),
  operands: formatR,
  syntax: 'rd,rs1,rs2',
  build(b) {
    const x = b.bind(b.rs1);
    const y = b.bind(b.rs2);
    const quotient = byMinusOne ? choose(i64.eq(y, i64.const(-1n)), byMinusOne(x), f(x, y)) : f(x, y);
    b.setRd(choose(i64.eqz(y), byZero(x), quotient));
  },
});

const divideWord = (
  name: string,
  funct3: number,
  byZero: (x: I32) => I32,
  byMinusOne: ((x: I32) => I32) | undefined,
  f: (a: I32, b: I32) => I32,
): Instruction => ({
  name,
  ...opcode37(OP_32, funct3, 1),
  operands: formatR,
  syntax: 'rd,rs1,rs2',
  build(b) {
    const x = i32.wrap(b.bind(b.rs1));
    const y = i32.wrap(b.bind(b.rs2));
    const quotient = byMinusOne ? choose(i32.eq(y, i32.const(-1)), byMinusOne(x), f(x, y)) : f(x, y);
    b.setRd(i64.extendS(choose(i32.eqz(y), byZero(x), quotient)));
  },
});

const allOnes = (): I64 => i64.const(-1n);
const itself = <T>(x: T): T => x;
const negated = (x: I64): I64 => i64.sub(i64.const(0n), x);
const nothing = (): I64 => i64.const(0n);

/** RV64M, unprivileged spec chapter 7. */
export const rv64m: readonly Instruction[] = [
  register('mul', OP, 0, 1, i64.mul),
  mulHigh('mulh', 1, (high, x, y) => i64.sub(i64.sub(high, signCorrection(x, y)), signCorrection(y, x))),
  mulHigh('mulhsu', 2, (high, x, y) => i64.sub(high, signCorrection(x, y))),
  mulHigh('mulhu', 3, itself),
  divide('div', 4, allOnes, negated, i64.divS),
  divide('divu', 5, allOnes, undefined, i64.divU),
  divide('rem', 6, itself, nothing, i64.remS),
  divide('remu', 7, itself, undefined, i64.remU),
  register('mulw', OP_32, 0, 1, (a, b) => i64.extend32S(i64.mul(a, b))),
  divideWord(
    'divw',
    4,
    () => i32.const(-1),
    (x) => i32.sub(i32.const(0), x),
    i32.divS,
  ),
  divideWord('divuw', 5, () => i32.const(-1), undefined, i32.divU),
  divideWord('remw', 6, itself, () => i32.const(0), i32.remS),
  divideWord('remuw', 7, itself, undefined, i32.remU),
];
