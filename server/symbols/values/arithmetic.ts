import { EvaluationError } from '../errors.ts';
import { isScalar, strip, typeName } from '../typeModel.ts';
import type { BaseEncoding, BaseType, Type } from '../types.ts';

/** C's own types in the LP64 data model of RV64 (RISC-V ELF psABI). */
function base(name: string, size: number, encoding: BaseEncoding): BaseType {
  return { kind: 'base', name, size, encoding };
}

export const BOOL = base('_Bool', 1, 'boolean');
export const CHAR = base('char', 1, 'unsignedChar'); // unsigned on RISC-V
export const INT = base('int', 4, 'signed');
export const UNSIGNED = base('unsigned int', 4, 'unsigned');
export const LONG = base('long', 8, 'signed');
export const UNSIGNED_LONG = base('unsigned long', 8, 'unsigned');
export const DOUBLE = base('double', 8, 'float');

const NAMED: readonly BaseType[] = [
  BOOL,
  base('bool', 1, 'boolean'),
  CHAR,
  base('signed char', 1, 'char'),
  base('unsigned char', 1, 'unsignedChar'),
  base('short', 2, 'signed'),
  base('unsigned short', 2, 'unsigned'),
  INT,
  UNSIGNED,
  LONG,
  UNSIGNED_LONG,
  base('long long', 8, 'signed'),
  base('unsigned long long', 8, 'unsigned'),
  base('float', 4, 'float'),
  DOUBLE,
];

/** `long unsigned int`, in any of C's orders: the type; undefined if the words make none. */
export function builtinType(words: string): BaseType | undefined {
  const list = words.split(' ');
  const count = (word: string): number => list.filter((item) => item === word).length;
  const [only] = list;
  if (list.length === 1 && only !== 'signed' && only !== 'unsigned')
    return NAMED.find(({ name }) => name === only);
  const known = ['signed', 'unsigned', 'char', 'short', 'int', 'long'];
  if (list.some((word) => !known.includes(word)) || count('long') > 2) return undefined;
  const sign = count('unsigned') > 0 ? 'unsigned ' : '';
  if (count('char') > 0) return NAMED.find(({ name }) => name === `${sign === '' ? 'signed ' : sign}char`);
  const width = count('short') > 0 ? 'short' : ['int', 'long', 'long long'][count('long')]!;
  return NAMED.find(({ name }) => name === `${sign}${width}`);
}

/** A number and its type: what arithmetic works on. */
export interface Operand {
  readonly type: Type;
  /** A `number` exactly if the type is floating-point. */
  readonly value: bigint | number;
}

export function isFloating(type: Type): boolean {
  const plain = strip(type);
  return plain.kind === 'base' && plain.encoding === 'float';
}

/** The value cut to what the type can hold (C17, 6.3.1). */
export function convert(value: bigint | number, type: Type): bigint | number {
  const plain = strip(type);
  if (!isScalar(plain)) throw new EvaluationError(`a ${typeName(type)} is not a number`);
  if (isFloating(plain)) return plain.size === 4 ? Math.fround(Number(value)) : Number(value);
  const whole = typeof value === 'bigint' ? value : truncated(value);
  if (plain.kind === 'base' && plain.encoding === 'boolean') return value === 0n || value === 0 ? 0n : 1n;
  const bits = plain.size * 8;
  return isSignedInteger(plain) ? BigInt.asIntN(bits, whole) : BigInt.asUintN(bits, whole);
}

function truncated(value: number): bigint {
  if (!Number.isFinite(value)) throw new EvaluationError('the number is not finite');
  return BigInt(Math.trunc(value));
}

function isSignedInteger(type: Type): boolean {
  const plain = strip(type);
  if (plain.kind === 'enum') return plain.signed;
  return plain.kind === 'base' && (plain.encoding === 'signed' || plain.encoding === 'char');
}

/** Integer promotion (C17, 6.3.1.1): smaller types become int. */
function promoted(type: Type): BaseType {
  const plain = strip(type);
  if (plain.kind === 'pointer' || plain.kind === 'reference') return UNSIGNED_LONG;
  if (!isScalar(plain)) throw new EvaluationError(`a ${typeName(type)} is not a number`);
  if (plain.kind === 'base' && plain.encoding === 'float') return plain;
  if (plain.size < 4) return INT;
  const signed = isSignedInteger(plain);
  if (plain.size === 4) return signed ? INT : UNSIGNED;
  return signed ? LONG : UNSIGNED_LONG;
}

/** The usual arithmetic conversions (C17, 6.3.1.8). */
export function commonType(left: Type, right: Type): BaseType {
  const [a, b] = [promoted(left), promoted(right)];
  if (isFloating(a) || isFloating(b)) {
    return isFloating(a) && isFloating(b) && a.size === 4 && b.size === 4 ? a : DOUBLE;
  }
  if (a.size !== b.size) return a.size > b.size ? a : b;
  return isSignedInteger(a) ? b : a;
}

export function unaryOperation(operator: string, operand: Operand): Operand {
  if (operator === '!') return truth(isZero(operand.value));
  const type = promoted(operand.type);
  const value = convert(operand.value, type);
  if (operator === '+') return { type, value };
  if (operator === '-') return { type, value: convert(-value, type) };
  if (typeof value === 'number') throw new EvaluationError('~ needs an integer');
  return { type, value: convert(~value, type) };
}

export function isZero(value: bigint | number): boolean {
  return value === 0n || value === 0;
}

function truth(holds: boolean): Operand {
  return { type: INT, value: holds ? 1n : 0n };
}

const COMPARISONS: Readonly<Record<string, (order: number) => boolean>> = {
  '==': (order) => order === 0,
  '!=': (order) => order !== 0,
  '<': (order) => order < 0,
  '>': (order) => order > 0,
  '<=': (order) => order <= 0,
  '>=': (order) => order >= 0,
};

const FLOATING: Readonly<Record<string, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
};

const INTEGER: Readonly<Record<string, (left: bigint, right: bigint) => bigint>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / divisor(right),
  '%': (left, right) => left % divisor(right),
  '&': (left, right) => left & right,
  '|': (left, right) => left | right,
  '^': (left, right) => left ^ right,
};

function divisor(value: bigint): bigint {
  if (value === 0n) throw new EvaluationError('a division by zero');
  return value;
}

/** A binary operation on two numbers, logical ones excepted. Throws `EvaluationError`. */
export function binaryOperation(operator: string, left: Operand, right: Operand): Operand {
  if (operator === '<<' || operator === '>>') return shift(operator, left, right);
  const type = commonType(left.type, right.type);
  const a = convert(left.value, type);
  const b = convert(right.value, type);
  const compare = COMPARISONS[operator];
  if (compare !== undefined) return truth(compare(a < b ? -1 : a > b ? 1 : a === b ? 0 : Number.NaN));
  if (typeof a === 'number' || typeof b === 'number') {
    const operate = FLOATING[operator];
    if (operate === undefined) throw new EvaluationError(`${operator} needs integers`);
    return { type, value: convert(operate(Number(a), Number(b)), type) };
  }
  return { type, value: convert(INTEGER[operator]!(a, b), type) };
}

/** The result has the promoted type of the left operand (C17, 6.5.7). */
function shift(operator: string, left: Operand, right: Operand): Operand {
  const type = promoted(left.type);
  const value = convert(left.value, type);
  const count = convert(right.value, promoted(right.type));
  if (typeof value === 'number' || typeof count === 'number')
    throw new EvaluationError(`${operator} needs integers`);
  if (count < 0n || count >= BigInt(type.size * 8)) {
    throw new EvaluationError(`a shift by ${count} bits, of a number that has ${type.size * 8}`);
  }
  return { type, value: convert(operator === '<<' ? value << count : value >> count, type) };
}
