/**
 * The types of a program as C sees them. Every type is one member of the union `Type`; what it refers to (members,
 * targets, elements) is read from the debug information when it is first asked for.
 */
import type { SourcePosition } from './position.ts';

export type Type =
  | VoidType
  | BaseType
  | PointerType
  | ReferenceType
  | ArrayType
  | CompositeType
  | EnumType
  | TypedefType
  | QualifiedType
  | FunctionType
  | UnknownType;

interface TypeCommon {
  /** Name without a keyword: `cpu_caps`, `u64`, `int`. Absent for anonymous and derived types. */
  readonly name?: string | undefined;
  /** Size in bytes; undefined for incomplete types, functions, flexible and variable arrays. */
  readonly size: number | undefined;
  readonly declaration?: SourcePosition | undefined;
}

export interface VoidType extends TypeCommon {
  readonly kind: 'void';
  readonly size: undefined;
}

export type BaseEncoding =
  'signed' | 'unsigned' | 'char' | 'unsignedChar' | 'boolean' | 'float' | 'complex' | 'other';

export interface BaseType extends TypeCommon {
  readonly kind: 'base';
  readonly name: string;
  readonly size: number;
  /** `char` and `unsignedChar` print as characters, whatever the sign of C's `char` is here. */
  readonly encoding: BaseEncoding;
}

export interface PointerType extends TypeCommon {
  readonly kind: 'pointer';
  readonly size: number;
  readonly target: Type;
}

export interface ReferenceType extends TypeCommon {
  readonly kind: 'reference';
  readonly size: number;
  readonly target: Type;
  /** C++ `&&`. */
  readonly rvalue: boolean;
}

/** One dimension; `u8[3][4]` is an array of 3 whose element is an array of 4. */
export interface ArrayType extends TypeCommon {
  readonly kind: 'array';
  readonly element: Type;
  /** Number of elements; undefined for a flexible or variable-length array. */
  readonly count: number | undefined;
}

export interface CompositeType extends TypeCommon {
  readonly kind: 'struct' | 'union' | 'class';
  /** In declaration order. Empty when `incomplete`. */
  readonly members: readonly Member[];
  /** Only declared, and no unit of the program defines it. */
  readonly incomplete: boolean;
}

export interface Member {
  /** Absent for an anonymous struct or union member, whose members are found through it. */
  readonly name: string | undefined;
  readonly type: Type;
  /** Bytes from the start of the composite; for a bit field, of the byte that holds its lowest bit. */
  readonly offset: number;
  readonly bitField?: BitField | undefined;
  /** A C++ base class or Rust variant part rather than a member that was written down. */
  readonly inherited?: boolean | undefined;
}

export interface BitField {
  /** Bits from the least significant bit of the byte at the member's offset (0–7). */
  readonly shift: number;
  /** Width in bits. */
  readonly width: number;
}

export interface EnumType extends TypeCommon {
  readonly kind: 'enum';
  readonly size: number;
  readonly signed: boolean;
  readonly enumerators: readonly Enumerator[];
}

export interface Enumerator {
  readonly name: string;
  readonly value: bigint;
}

export interface TypedefType extends TypeCommon {
  readonly kind: 'typedef';
  readonly name: string;
  readonly target: Type;
}

export interface QualifiedType extends TypeCommon {
  readonly kind: 'qualified';
  readonly qualifier: 'const' | 'volatile' | 'restrict' | '_Atomic';
  readonly target: Type;
}

export interface FunctionType extends TypeCommon {
  readonly kind: 'function';
  readonly size: undefined;
  readonly returns: Type;
  readonly parameters: readonly { readonly name: string | undefined; readonly type: Type }[];
  readonly variadic: boolean;
  /** False for C's `int f()`. */
  readonly prototyped: boolean;
}

/** A type this reader cannot show: its debug information is malformed, or of a language it does not know. */
export interface UnknownType extends TypeCommon {
  readonly kind: 'unknown';
  readonly reason: string;
}
