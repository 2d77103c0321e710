import type { LocationPiece, Location } from '../frames.ts';
import { Encoding } from './constants.ts';
import { Reader } from './reader.ts';
import type { Unit } from './unit.ts';

// DWARF 5, 7.7.1; numbers from 0xe0 are GNU's.
const OP = {
  addr: 0x03,
  deref: 0x06,
  const1u: 0x08,
  const1s: 0x09,
  const2u: 0x0a,
  const2s: 0x0b,
  const4u: 0x0c,
  const4s: 0x0d,
  const8u: 0x0e,
  const8s: 0x0f,
  constu: 0x10,
  consts: 0x11,
  dup: 0x12,
  drop: 0x13,
  over: 0x14,
  pick: 0x15,
  swap: 0x16,
  rot: 0x17,
  abs: 0x19,
  and: 0x1a,
  div: 0x1b,
  minus: 0x1c,
  mod: 0x1d,
  mul: 0x1e,
  neg: 0x1f,
  not: 0x20,
  or: 0x21,
  plus: 0x22,
  plusUconst: 0x23,
  shl: 0x24,
  shr: 0x25,
  shra: 0x26,
  xor: 0x27,
  bra: 0x28,
  eq: 0x29,
  ge: 0x2a,
  gt: 0x2b,
  le: 0x2c,
  lt: 0x2d,
  ne: 0x2e,
  skip: 0x2f,
  lit0: 0x30,
  lit31: 0x4f,
  reg0: 0x50,
  reg31: 0x6f,
  breg0: 0x70,
  breg31: 0x8f,
  regx: 0x90,
  fbreg: 0x91,
  bregx: 0x92,
  piece: 0x93,
  derefSize: 0x94,
  nop: 0x96,
  pushObjectAddress: 0x97,
  call2: 0x98,
  call4: 0x99,
  callRef: 0x9a,
  formTlsAddress: 0x9b,
  callFrameCfa: 0x9c,
  bitPiece: 0x9d,
  implicitValue: 0x9e,
  stackValue: 0x9f,
  implicitPointer: 0xa0,
  addrx: 0xa1,
  constx: 0xa2,
  entryValue: 0xa3,
  constType: 0xa4,
  regvalType: 0xa5,
  derefType: 0xa6,
  convert: 0xa8,
  reinterpret: 0xa9,
  gnuPushTlsAddress: 0xe0,
  gnuUninit: 0xf0,
  gnuImplicitPointer: 0xf2,
  gnuEntryValue: 0xf3,
  gnuConstType: 0xf4,
  gnuRegvalType: 0xf5,
  gnuDerefType: 0xf6,
  gnuConvert: 0xf7,
  gnuReinterpret: 0xf9,
  gnuParameterRef: 0xfa,
  gnuAddrIndex: 0xfb,
  gnuConstIndex: 0xfc,
} as const;

/** More operations than any expression needs; a damaged branch would otherwise go round for ever. */
const MAXIMUM_STEPS = 10_000;
const MAXIMUM_STACK = 1_000;

/** The value cannot be known: a register that was not saved, memory that cannot be read, thread-local storage. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}

/** What expressions ask of the frame they are evaluated in. Each may throw `Unavailable`. */
export interface ExpressionContext {
  register(number: number): bigint;
  memory(address: bigint, length: number): Uint8Array;
  frameBase(): bigint;
  cfa(): bigint;
  /** The value that a register, or an expression, had when the function was entered. */
  entryValue(expression: Uint8Array): bigint;
  /** GCC's reference to a parameter of the call, by the position of its DIE. */
  parameterValue(position: number): bigint;
  /** The location expression of the DIE at a position, for DW_OP_call. */
  expressionOf(position: number): Uint8Array | undefined;
  /** The variable that an implicit pointer points to. */
  implicitPointer(position: number, offset: number): Location;
  objectAddress?(): bigint;
}

/** A base type on the expression stack; absent for the generic type, an address-sized integer. */
interface StackType {
  readonly size: number;
  readonly encoding: number;
}

interface Item {
  /** Unsigned bits of the value. */
  readonly bits: bigint;
  readonly type: StackType | undefined;
}

/** Evaluates a location description (DWARF 5, 2.6). `unit` gives addresses and types; undefined in frame information. */
export function evaluateLocation(
  expression: Uint8Array,
  section: string,
  unit: Unit | undefined,
  context: ExpressionContext,
  initial: readonly bigint[] = [],
): Location {
  try {
    return new Machine(expression, section, unit, context, initial).location();
  } catch (problem) {
    if (problem instanceof Unavailable) return { kind: 'optimised-out', reason: problem.message };
    throw problem;
  }
}

/** Evaluates an expression whose result is a number; throws `Unavailable`. */
export function evaluateNumber(
  expression: Uint8Array,
  section: string,
  unit: Unit | undefined,
  context: ExpressionContext,
  initial: readonly bigint[] = [],
): bigint {
  const machine = new Machine(expression, section, unit, context, initial);
  const location = machine.location();
  switch (location.kind) {
    case 'memory':
      return location.address;
    case 'register':
      return context.register(location.register);
    case 'value':
      return machine.fromBytes(location.bytes);
    case 'optimised-out':
      throw new Unavailable(location.reason);
    default:
      throw new Unavailable('not one number');
  }
}

class Machine {
  readonly #reader: Reader;
  readonly #stack: Item[];
  #steps = 0;

  constructor(
    expression: Uint8Array,
    private readonly section: string,
    private readonly unit: Unit | undefined,
    private readonly context: ExpressionContext,
    initial: readonly bigint[],
  ) {
    this.#reader = new Reader(expression, `${section} (an expression)`);
    this.#stack = initial.map((bits) => ({ bits: BigInt.asUintN(64, bits), type: undefined }));
  }

  fromBytes(bytes: Uint8Array): bigint {
    return new Reader(bytes, this.section).unsigned(Math.min(8, bytes.length));
  }

  location(): Location {
    const { pieces, simple } = this.#run();
    if (pieces.length > 0) return { kind: 'pieces', pieces };
    if (simple !== undefined) return simple;
    if (this.#stack.length === 0) return { kind: 'optimised-out', reason: 'optimised out' };
    return this.#memory();
  }

  #run(): { pieces: LocationPiece[]; simple: Location | undefined } {
    const reader = this.#reader;
    const pieces: LocationPiece[] = [];
    let simple: Location | undefined;
    while (!reader.atEnd) {
      if (++this.#steps > MAXIMUM_STEPS) reader.fail('an expression does not end');
      const operation = reader.u8();
      if (operation === OP.piece || operation === OP.bitPiece) {
        const bits = operation === OP.piece ? reader.uleb() * 8 : reader.uleb();
        const shift = operation === OP.piece ? 0 : reader.uleb();
        const location = simple ?? (this.#stack.length > 0 ? this.#memory() : undefined);
        pieces.push({
          bits,
          shift,
          location: location ?? { kind: 'optimised-out', reason: 'optimised out' },
        });
        simple = undefined;
        this.#stack.length = 0;
      } else {
        simple = this.#describe(operation) ?? simple;
      }
    }
    return { pieces, simple };
  }

  #memory(): Location {
    return { kind: 'memory', address: this.#pop().bits };
  }

  /** Operations that describe a location by themselves; all others work on the stack. */
  #describe(operation: number): Location | undefined {
    const reader = this.#reader;
    if (operation >= OP.reg0 && operation <= OP.reg31)
      return { kind: 'register', register: operation - OP.reg0 };
    switch (operation) {
      case OP.regx:
        return { kind: 'register', register: reader.uleb() };
      case OP.implicitValue:
        return { kind: 'value', bytes: reader.take(reader.uleb()) };
      case OP.stackValue: {
        const item = this.#pop();
        return { kind: 'value', bytes: littleEndian(item.bits, item.type?.size ?? 8) };
      }
      case OP.implicitPointer:
      case OP.gnuImplicitPointer: {
        const position = reader.sectionOffset(this.#unit().offsetSize);
        return this.context.implicitPointer(position, reader.slebNumber());
      }
      default:
        this.#push(this.#operate(operation));
        return undefined;
    }
  }

  /** Carries an operation out; what it gives is to be pushed. */
  #operate(operation: number): bigint | Item | undefined {
    const reader = this.#reader;
    const { context } = this;
    if (operation >= OP.lit0 && operation <= OP.lit31) return BigInt(operation - OP.lit0);
    if (operation >= OP.breg0 && operation <= OP.breg31) {
      const offset = reader.sleb();
      return context.register(operation - OP.breg0) + offset;
    }
    switch (operation) {
      case OP.addr:
        return reader.u64();
      case OP.addrx:
      case OP.gnuAddrIndex:
      case OP.constx:
      case OP.gnuConstIndex:
        return this.#unit().indexedAddress(reader.uleb());
      case OP.const1u:
        return BigInt(reader.u8());
      case OP.const1s:
        return BigInt(reader.i8());
      case OP.const2u:
        return BigInt(reader.u16());
      case OP.const2s:
        return BigInt.asIntN(16, BigInt(reader.u16()));
      case OP.const4u:
        return BigInt(reader.u32());
      case OP.const4s:
        return BigInt.asIntN(32, BigInt(reader.u32()));
      case OP.const8u:
      case OP.const8s:
        return reader.u64();
      case OP.constu:
        return reader.ulebBig();
      case OP.consts:
        return reader.sleb();
      case OP.fbreg: {
        const offset = reader.sleb();
        return context.frameBase() + offset;
      }
      case OP.bregx: {
        const register = reader.uleb();
        return context.register(register) + reader.sleb();
      }
      case OP.callFrameCfa:
        return context.cfa();
      case OP.pushObjectAddress:
        if (context.objectAddress === undefined) throw new Unavailable('an object is needed');
        return context.objectAddress();
      case OP.entryValue:
      case OP.gnuEntryValue:
        return context.entryValue(reader.take(reader.uleb()));
      case OP.gnuParameterRef:
        return context.parameterValue(this.#unit().start + reader.u32());
      case OP.call2:
        this.#call(this.#unit().start + reader.u16());
        return undefined;
      case OP.call4:
        this.#call(this.#unit().start + reader.u32());
        return undefined;
      case OP.callRef:
        this.#call(reader.sectionOffset(this.#unit().offsetSize));
        return undefined;
      case OP.formTlsAddress:
      case OP.gnuPushTlsAddress:
        throw new Unavailable('thread-local storage');
      case OP.dup:
        return this.#peek(0);
      case OP.drop:
        this.#pop();
        return undefined;
      case OP.over:
        return this.#peek(1);
      case OP.pick:
        return this.#peek(reader.u8());
      case OP.swap: {
        const [top, below] = [this.#pop(), this.#pop()];
        this.#push(top);
        return below;
      }
      case OP.rot: {
        const [first, second, third] = [this.#pop(), this.#pop(), this.#pop()];
        this.#push(first);
        this.#push(third);
        return second;
      }
      case OP.deref:
        return this.#load(this.#pop().bits, 8);
      case OP.derefSize:
        return this.#load(this.#pop().bits, reader.u8());
      case OP.derefType:
      case OP.gnuDerefType: {
        const size = reader.u8();
        const type = this.#baseType(reader.uleb());
        return { bits: this.#load(this.#pop().bits, size), type };
      }
      case OP.regvalType:
      case OP.gnuRegvalType: {
        const register = reader.uleb();
        const type = this.#baseType(reader.uleb());
        return { bits: truncate(context.register(register), type), type };
      }
      case OP.constType:
      case OP.gnuConstType: {
        const type = this.#baseType(reader.uleb());
        return { bits: this.fromBytes(reader.take(reader.u8())), type };
      }
      case OP.convert:
      case OP.gnuConvert:
        return convert(this.#pop(), this.#baseType(reader.uleb()));
      case OP.reinterpret:
      case OP.gnuReinterpret: {
        const type = this.#baseType(reader.uleb());
        return { bits: truncate(this.#pop().bits, type), type };
      }
      case OP.plusUconst: {
        const item = this.#pop();
        return { bits: truncate(item.bits + reader.ulebBig(), item.type), type: item.type };
      }
      case OP.abs:
      case OP.neg:
      case OP.not:
        return unary(operation, this.#pop());
      case OP.skip:
        this.#branch(true);
        return undefined;
      case OP.bra:
        this.#branch(this.#pop().bits !== 0n);
        return undefined;
      case OP.nop:
      case OP.gnuUninit:
        return undefined;
      default:
        return this.#binary(operation);
    }
  }

  #binary(operation: number): Item {
    const reader = this.#reader;
    if (!BINARY.has(operation))
      reader.fail(`unknown operation 0x${operation.toString(16)}`, reader.position - 1);
    const right = this.#pop();
    const left = this.#pop();
    const divides = operation === OP.div || operation === OP.mod;
    if (divides && right.bits === 0n && !isFloat(left.type)) reader.fail('a division by zero');
    return binary(operation, left, right);
  }

  #branch(taken: boolean): void {
    const reader = this.#reader;
    const distance = (reader.u16() << 16) >> 16;
    if (!taken) return;
    const target = reader.position + distance;
    if (target < 0 || target > reader.bytes.length) reader.fail('a branch out of the expression');
    reader.position = target;
  }

  /** DW_OP_call*: the other expression works on the same stack. */
  #call(position: number): void {
    const called = this.context.expressionOf(position);
    if (called === undefined) return;
    if (this.#steps > MAXIMUM_STEPS) this.#reader.fail('an expression does not end');
    const initial = this.#stack.map((item) => item.bits);
    const inner = new Machine(called, this.section, this.unit, this.context, initial);
    inner.#steps = this.#steps + MAXIMUM_STEPS / 20; // calls that call each other end as well
    inner.#run();
    this.#steps = inner.#steps;
    this.#stack.splice(0, this.#stack.length, ...inner.#stack);
  }

  #load(address: bigint, size: number): bigint {
    if (size < 1 || size > 8) this.#reader.fail(`a load of ${size} bytes`);
    return this.fromBytes(this.context.memory(address, size));
  }

  #unit(): Unit {
    return this.unit ?? this.#reader.fail('an operation that needs a unit, in frame information');
  }

  #baseType(offset: number): StackType | undefined {
    if (offset === 0) return undefined;
    const unit = this.#unit();
    const die = unit.die(unit.start + offset);
    const size = die.number(0x0b) ?? 8;
    return { size: Math.min(size, 8), encoding: die.number(0x3e) ?? Encoding.unsigned };
  }

  /** A bare number is of the generic type. */
  #push(result: bigint | Item | undefined): void {
    if (result === undefined) return;
    const item = typeof result === 'bigint' ? { bits: BigInt.asUintN(64, result), type: undefined } : result;
    if (this.#stack.length >= MAXIMUM_STACK) this.#reader.fail('the expression stack overflows');
    this.#stack.push(item);
  }

  #peek(depth: number): Item {
    return this.#stack.at(-1 - depth) ?? this.#reader.fail('the expression stack is empty');
  }

  #pop(): Item {
    return this.#stack.pop() ?? this.#reader.fail('the expression stack is empty');
  }
}

const isFloat = (type: StackType | undefined): boolean => type?.encoding === Encoding.float;

const isSigned = (type: StackType | undefined): boolean =>
  type === undefined || type.encoding === Encoding.signed || type.encoding === Encoding.signedChar;

function truncate(bits: bigint, type: StackType | undefined): bigint {
  return BigInt.asUintN(8 * (type?.size ?? 8), bits);
}

function signedValue(item: Item): bigint {
  return BigInt.asIntN(8 * (item.type?.size ?? 8), item.bits);
}

/** The number an item stands for. Comparisons and divisions of the generic type are signed (DWARF 5, 2.5.1.4). */
function integerOf(item: Item): bigint {
  return isSigned(item.type) ? signedValue(item) : item.bits;
}

function floatOf(item: Item): number {
  if (!isFloat(item.type)) return Number(integerOf(item));
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, item.bits, true);
  return item.type?.size === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true);
}

function fromFloat(value: number, type: StackType | undefined): Item {
  const view = new DataView(new ArrayBuffer(8));
  if (type?.size === 4) view.setFloat32(0, value, true);
  else view.setFloat64(0, value, true);
  return { bits: view.getBigUint64(0, true), type };
}

function convert(item: Item, type: StackType | undefined): Item {
  if (isFloat(type)) return fromFloat(floatOf(item), type);
  if (isFloat(item.type)) {
    const value = Math.trunc(floatOf(item));
    return { bits: truncate(Number.isFinite(value) ? BigInt(value) : 0n, type), type };
  }
  // Widening takes the sign of the type it comes from; the generic type has no more bits to give.
  return { bits: truncate(item.type === undefined ? item.bits : integerOf(item), type), type };
}

function unary(operation: number, item: Item): Item {
  const { type } = item;
  if (isFloat(type)) {
    const value = floatOf(item);
    return fromFloat(operation === OP.abs ? Math.abs(value) : -value, type);
  }
  const value = signedValue(item);
  const result = operation === OP.not ? ~value : operation === OP.neg || value < 0n ? -value : value;
  return { bits: truncate(result, type), type };
}

const COMPARE = new Map<number, (order: number) => boolean>([
  [OP.eq, (order) => order === 0],
  [OP.ne, (order) => order !== 0],
  [OP.lt, (order) => order < 0],
  [OP.le, (order) => order <= 0],
  [OP.gt, (order) => order > 0],
  [OP.ge, (order) => order >= 0],
]);

const INTEGER = new Map<number, (left: Item, right: Item) => bigint>([
  [OP.plus, (left, right) => left.bits + right.bits],
  [OP.minus, (left, right) => left.bits - right.bits],
  [OP.mul, (left, right) => left.bits * right.bits],
  [OP.div, (left, right) => integerOf(left) / integerOf(right)],
  // Of the generic type, the quotient is signed and the remainder is not (as in GDB and LLDB).
  [
    OP.mod,
    (left, right) => (left.type === undefined ? left.bits % right.bits : integerOf(left) % integerOf(right)),
  ],
  [OP.and, (left, right) => left.bits & right.bits],
  [OP.or, (left, right) => left.bits | right.bits],
  [OP.xor, (left, right) => left.bits ^ right.bits],
  [OP.shl, (left, right) => (right.bits > 63n ? 0n : left.bits << right.bits)],
  [OP.shr, (left, right) => (right.bits > 63n ? 0n : left.bits >> right.bits)],
  [OP.shra, (left, right) => signedValue(left) >> (right.bits > 63n ? 63n : right.bits)],
]);

const FLOAT = new Map<number, (left: number, right: number) => number>([
  [OP.plus, (left, right) => left + right],
  [OP.minus, (left, right) => left - right],
  [OP.mul, (left, right) => left * right],
  [OP.div, (left, right) => left / right],
]);

const BINARY = new Set([...COMPARE.keys(), ...INTEGER.keys()]);

function binary(operation: number, left: Item, right: Item): Item {
  const { type } = left;
  const compare = COMPARE.get(operation);
  if (compare !== undefined) {
    const [a, b] = isFloat(type) ? [floatOf(left), floatOf(right)] : [integerOf(left), integerOf(right)];
    return { bits: compare(a < b ? -1 : a > b ? 1 : 0) ? 1n : 0n, type: undefined };
  }
  const float = isFloat(type) ? FLOAT.get(operation) : undefined;
  if (float !== undefined) return fromFloat(float(floatOf(left), floatOf(right)), type);
  return { bits: truncate(INTEGER.get(operation)!(left, right), type), type };
}

function littleEndian(bits: bigint, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let index = 0; index < size; index++) bytes[index] = Number((bits >> BigInt(8 * index)) & 0xffn);
  return bytes;
}
