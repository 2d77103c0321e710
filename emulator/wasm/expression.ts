import type { ByteWriter } from './bytes.ts';

export type ValueType = 'i32' | 'i64';

/** A WebAssembly expression without side effects of its own, emitted anew wherever it is used. */
export interface Expression<T extends ValueType = ValueType> {
  readonly type: T;
  emit(code: ByteWriter): void;
}
export type I32 = Expression<'i32'>;
export type I64 = Expression<'i64'>;

/** Type bytes of the binary format (core spec §5.3.1). */
export const TYPE_BYTE = { i32: 0x7f, i64: 0x7e } as const;

function node<T extends ValueType>(type: T, emit: (code: ByteWriter) => void): Expression<T> {
  return { type, emit };
}

/** Every operator below is its operands followed by one opcode byte (core spec §5.4.7). */
function operator<T extends ValueType>(type: T, opcode: number, ...operands: Expression[]): Expression<T> {
  return node(type, (code) => {
    for (const operand of operands) operand.emit(code);
    code.byte(opcode);
  });
}

function memory<T extends ValueType>(type: T, opcode: number, address: I32, offset: number): Expression<T> {
  return node(type, (code) => {
    address.emit(code);
    code.byte(opcode);
    code.u32(0); // alignment hint: none, guests misalign
    code.u32(offset);
  });
}

export const i32 = {
  const: (value: number): I32 =>
    node('i32', (code) => {
      code.byte(0x41);
      code.s32(value);
    }),
  eqz: (a: I32): I32 => operator('i32', 0x45, a),
  eq: (a: I32, b: I32): I32 => operator('i32', 0x46, a, b),
  add: (a: I32, b: I32): I32 => operator('i32', 0x6a, a, b),
  sub: (a: I32, b: I32): I32 => operator('i32', 0x6b, a, b),
  gtU: (a: I32, b: I32): I32 => operator('i32', 0x4b, a, b),
  and: (a: I32, b: I32): I32 => operator('i32', 0x71, a, b),
  clz: (a: I32): I32 => operator('i32', 0x67, a),
  ctz: (a: I32): I32 => operator('i32', 0x68, a),
  popcnt: (a: I32): I32 => operator('i32', 0x69, a),
  rotl: (a: I32, b: I32): I32 => operator('i32', 0x77, a, b),
  rotr: (a: I32, b: I32): I32 => operator('i32', 0x78, a, b),
  shl: (a: I32, b: I32): I32 => operator('i32', 0x74, a, b),
  shrS: (a: I32, b: I32): I32 => operator('i32', 0x75, a, b),
  shrU: (a: I32, b: I32): I32 => operator('i32', 0x76, a, b),
  divS: (a: I32, b: I32): I32 => operator('i32', 0x6d, a, b),
  divU: (a: I32, b: I32): I32 => operator('i32', 0x6e, a, b),
  remS: (a: I32, b: I32): I32 => operator('i32', 0x6f, a, b),
  remU: (a: I32, b: I32): I32 => operator('i32', 0x70, a, b),
  wrap: (a: I64): I32 => operator('i32', 0xa7, a),
  load: (address: I32, offset = 0): I32 => memory('i32', 0x28, address, offset),
  load8U: (address: I32, offset = 0): I32 => memory('i32', 0x2d, address, offset),
  load16U: (address: I32, offset = 0): I32 => memory('i32', 0x2f, address, offset),
};

export const i64 = {
  const: (value: bigint): I64 =>
    node('i64', (code) => {
      code.byte(0x42);
      code.s64(value);
    }),
  eqz: (a: I64): I32 => operator('i32', 0x50, a),
  eq: (a: I64, b: I64): I32 => operator('i32', 0x51, a, b),
  ne: (a: I64, b: I64): I32 => operator('i32', 0x52, a, b),
  ltS: (a: I64, b: I64): I32 => operator('i32', 0x53, a, b),
  ltU: (a: I64, b: I64): I32 => operator('i32', 0x54, a, b),
  geS: (a: I64, b: I64): I32 => operator('i32', 0x59, a, b),
  geU: (a: I64, b: I64): I32 => operator('i32', 0x5a, a, b),
  clz: (a: I64): I64 => operator('i64', 0x79, a),
  ctz: (a: I64): I64 => operator('i64', 0x7a, a),
  popcnt: (a: I64): I64 => operator('i64', 0x7b, a),
  add: (a: I64, b: I64): I64 => operator('i64', 0x7c, a, b),
  sub: (a: I64, b: I64): I64 => operator('i64', 0x7d, a, b),
  mul: (a: I64, b: I64): I64 => operator('i64', 0x7e, a, b),
  divS: (a: I64, b: I64): I64 => operator('i64', 0x7f, a, b),
  divU: (a: I64, b: I64): I64 => operator('i64', 0x80, a, b),
  remS: (a: I64, b: I64): I64 => operator('i64', 0x81, a, b),
  remU: (a: I64, b: I64): I64 => operator('i64', 0x82, a, b),
  and: (a: I64, b: I64): I64 => operator('i64', 0x83, a, b),
  or: (a: I64, b: I64): I64 => operator('i64', 0x84, a, b),
  xor: (a: I64, b: I64): I64 => operator('i64', 0x85, a, b),
  shl: (a: I64, b: I64): I64 => operator('i64', 0x86, a, b),
  shrS: (a: I64, b: I64): I64 => operator('i64', 0x87, a, b),
  shrU: (a: I64, b: I64): I64 => operator('i64', 0x88, a, b),
  rotl: (a: I64, b: I64): I64 => operator('i64', 0x89, a, b),
  rotr: (a: I64, b: I64): I64 => operator('i64', 0x8a, a, b),
  extendU: (a: I32): I64 => operator('i64', 0xad, a),
  extendS: (a: I32): I64 => operator('i64', 0xac, a),
  extend8S: (a: I64): I64 => operator('i64', 0xc2, a),
  extend16S: (a: I64): I64 => operator('i64', 0xc3, a),
  /** Sign-extends the low 32 bits. */
  extend32S: (a: I64): I64 => operator('i64', 0xc4, a),
  load: (address: I32, offset = 0): I64 => memory('i64', 0x29, address, offset),
  /** Loads `size` bytes, sign- or zero-extended. */
  loadSized: (address: I32, size: Size, signed: boolean): I64 =>
    memory('i64', (signed ? LOAD_SIGNED : LOAD_UNSIGNED)[size], address, 0),
};

export type Size = 1 | 2 | 4 | 8;
const LOAD_SIGNED = { 1: 0x30, 2: 0x32, 4: 0x34, 8: 0x29 } as const;
const LOAD_UNSIGNED = { 1: 0x31, 2: 0x33, 4: 0x35, 8: 0x29 } as const;
const STORE = { 1: 0x3c, 2: 0x3d, 4: 0x3e, 8: 0x37 } as const;

/** `test ? yes : no`, evaluating only the chosen side. */
export function choose<T extends ValueType>(test: I32, yes: Expression<T>, no: Expression<T>): Expression<T> {
  return node(yes.type, (code) => {
    test.emit(code);
    code.byte(0x04);
    code.byte(TYPE_BYTE[yes.type]);
    yes.emit(code);
    code.byte(0x05);
    no.emit(code);
    code.byte(0x0b);
  });
}

export function localGet<T extends ValueType>(type: T, index: number): Expression<T> {
  return node(type, (code) => {
    code.byte(0x20);
    code.u32(index);
  });
}

/** A call whose result is the value; the one expression that may have side effects, so use it once. */
export function call<T extends ValueType>(type: T, index: number, args: Expression[]): Expression<T> {
  return node(type, (code) => {
    for (const argument of args) argument.emit(code);
    code.byte(0x10);
    code.u32(index);
  });
}

/** Statements: what an expression tree cannot say, emitted in program order. */
export const statement = {
  localSet(code: ByteWriter, index: number, value: Expression): void {
    value.emit(code);
    code.byte(0x21);
    code.u32(index);
  },
  store32(code: ByteWriter, address: I32, offset: number, value: I32): void {
    address.emit(code);
    value.emit(code);
    code.byte(0x36);
    code.u32(0);
    code.u32(offset);
  },
  store64(code: ByteWriter, address: I32, offset: number, value: I64, size: Size = 8): void {
    address.emit(code);
    value.emit(code);
    code.byte(STORE[size]);
    code.u32(0);
    code.u32(offset);
  },
  call(code: ByteWriter, index: number, args: Expression[]): void {
    for (const argument of args) argument.emit(code);
    code.byte(0x10);
    code.u32(index);
  },
  if(code: ByteWriter, test: I32, then: () => void, otherwise?: () => void): void {
    test.emit(code);
    code.byte(0x04);
    code.byte(0x40);
    then();
    if (otherwise) {
      code.byte(0x05);
      otherwise();
    }
    code.byte(0x0b);
  },
  return(code: ByteWriter): void {
    code.byte(0x0f);
  },
  open(code: ByteWriter, kind: 'block' | 'loop'): void {
    code.byte(kind === 'loop' ? 0x03 : 0x02);
    code.byte(0x40);
  },
  end(code: ByteWriter): void {
    code.byte(0x0b);
  },
  /** @param depth how many blocks out: 0 is the innermost */
  branch(code: ByteWriter, depth: number): void {
    code.byte(0x0c);
    code.u32(depth);
  },
  /** The last depth also serves every index out of range. */
  branchTable(code: ByteWriter, depths: readonly number[], index: I32): void {
    index.emit(code);
    code.byte(0x0e);
    code.u32(depths.length - 1);
    for (const depth of depths) code.u32(depth);
  },
  unreachable(code: ByteWriter): void {
    code.byte(0x00);
  },
};
