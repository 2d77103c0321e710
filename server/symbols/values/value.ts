import type { Variable } from '../code.ts';
import { EvaluationError } from '../errors.ts';
import { isComposite, isScalar, sizeOf, strip, typeName } from '../typeModel.ts';
import type { BitField, Member, Type } from '../types.ts';
import { bytesFrom, bytesFromFloat, extractBits, floatFrom, insertBits, unsignedFrom } from './bits.ts';
import type { EvaluationContext } from './context.ts';
import { isWritable, placeOf, placeWithin, readPlace, writePlace, type Place } from './place.ts';

/** Bytes of an object that are read at once; a larger one is looked at in parts. */
const MAXIMUM_OBJECT = 1 << 20;

/** Something of a type, at a place. Bytes are read when they are asked for, each time anew. */
export class Value {
  constructor(
    readonly type: Type,
    readonly place: Place,
    readonly context: EvaluationContext,
    readonly details: {
      readonly bitField?: BitField | undefined;
      /** A C expression that gives this value again. */
      readonly expression?: string | undefined;
    } = {},
  ) {}

  get expression(): string | undefined {
    return this.details.expression;
  }

  /** Address in memory; undefined for bit fields and what is not in memory. */
  get address(): bigint | undefined {
    return this.place.kind === 'memory' && this.details.bitField === undefined
      ? this.place.address
      : undefined;
  }

  get writable(): boolean {
    const { kind } = strip(this.type);
    return kind !== 'function' && kind !== 'void' && isWritable(this.place, this.context);
  }

  /** Bytes of the value; for a bit field, of its value as a whole number of its type. Throws `EvaluationError`. */
  bytes(): Uint8Array {
    const { bitField } = this.details;
    if (bitField !== undefined) return bytesFrom(this.toBigInt(), sizeOf(this.type));
    const size = sizeOf(this.type);
    if (size > MAXIMUM_OBJECT)
      throw new EvaluationError(`an object of ${size} bytes is too large to read as a whole`);
    return readPlace(this.place, size, this.context);
  }

  /** The number a scalar is: signed if its type is. Addresses are unsigned; floats are cut off. Throws otherwise. */
  toBigInt(): bigint {
    const type = strip(this.type);
    const { bitField } = this.details;
    if (bitField !== undefined) {
      const { shift, width } = bitField;
      const bits = extractBits(
        readPlace(this.place, Math.ceil((shift + width) / 8), this.context),
        shift,
        width,
      );
      return isSignedType(type) ? BigInt.asIntN(width, bits) : bits;
    }
    if (type.kind === 'function' || type.kind === 'array') {
      if (this.address !== undefined) return this.address; // they stand for their address
    } else if (type.kind === 'base' && type.encoding === 'float') {
      const value = Math.trunc(this.toNumber());
      if (!Number.isFinite(value)) throw new EvaluationError('the number is not finite');
      return BigInt(value);
    } else if (isScalar(type)) {
      const bits = unsignedFrom(this.bytes());
      return isSignedType(type) ? BigInt.asIntN(type.size * 8, bits) : bits;
    }
    throw new EvaluationError(`a ${typeName(this.type)} is not a number`);
  }

  /** As a floating-point number. */
  toNumber(): number {
    const type = strip(this.type);
    if (type.kind !== 'base' || type.encoding !== 'float') return Number(this.toBigInt());
    const value = floatFrom(this.bytes());
    if (value === undefined)
      throw new EvaluationError(`a ${typeName(type)} of ${type.size} bytes cannot be shown`);
    return value;
  }

  /** Stores a number into a scalar, cut to its size; throws `EvaluationError`. */
  assign(value: bigint | number): void {
    const type = strip(this.type);
    const { bitField } = this.details;
    if (!isScalar(type)) throw new EvaluationError(`a ${typeName(this.type)} cannot be assigned a number`);
    const isFloat = type.kind === 'base' && type.encoding === 'float';
    if (bitField === undefined) {
      const bytes = isFloat ? bytesFromFloat(Number(value), type.size) : bytesFrom(integer(value), type.size);
      // The calling convention keeps 32-bit values sign-extended in registers, unsigned ones too (RISC-V psABI).
      writePlace(this.place, bytes, this.context, type.size === 4 || isSignedType(type));
      return;
    }
    const { shift, width } = bitField;
    const old = readPlace(this.place, Math.ceil((shift + width) / 8), this.context);
    writePlace(this.place, insertBits(old, shift, width, integer(value)), this.context, false);
  }

  /** Stores the bytes of another object of the same size. */
  assignBytes(bytes: Uint8Array): void {
    if (bytes.length !== sizeOf(this.type)) {
      throw new EvaluationError(`${bytes.length} bytes cannot be stored in a ${typeName(this.type)}`);
    }
    writePlace(this.place, bytes, this.context, false);
  }

  /** A member of a struct or union. */
  member(member: Member): Value {
    const { bitField, type } = member;
    const size = bitField === undefined ? (type.size ?? 0) : Math.ceil((bitField.shift + bitField.width) / 8);
    return new Value(type, placeWithin(this.place, member.offset, size), this.context, {
      bitField,
      expression: this.expression && memberExpression(this.expression, member),
    });
  }

  /** An element of an array. */
  element(index: number): Value {
    const type = strip(this.type);
    if (type.kind !== 'array') throw new EvaluationError(`a ${typeName(this.type)} has no elements`);
    const size = sizeOf(type.element);
    return new Value(type.element, placeWithin(this.place, index * size, size), this.context, {
      expression: this.expression && `${parenthesised(this.expression)}[${index}]`,
    });
  }

  /** What a pointer points to. */
  dereference(): Value {
    const type = strip(this.type);
    if (type.kind === 'array') return this.element(0);
    if (type.kind === 'function') return this;
    if (type.kind !== 'pointer' && type.kind !== 'reference') {
      throw new EvaluationError(`a ${typeName(this.type)} cannot be dereferenced: it is no pointer`);
    }
    const target = strip(type.target);
    if (target.kind === 'void')
      throw new EvaluationError('a void * cannot be dereferenced: cast it to a type');
    const expression = this.expression && dereferenced(this.expression);
    if (this.place.kind === 'implicit-pointer') {
      const { target: variable, offset } = this.place;
      const place = placeWithin(variableValue(variable, this.context).place, offset, type.target.size ?? 0);
      return new Value(type.target, place, this.context, { expression });
    }
    return new Value(type.target, { kind: 'memory', address: this.toBigInt() }, this.context, { expression });
  }

  /** The same place seen as another type, or under another expression. */
  as(type: Type, expression = this.expression): Value {
    return new Value(type, this.place, this.context, { expression });
  }
}

/** The value of a variable; of a local or parameter, in the context's frame. */
export function variableValue(variable: Variable, context: EvaluationContext): Value {
  const location = (context.frame ?? context.symbols)?.locate(variable);
  if (location === undefined) throw new EvaluationError('no symbols are loaded');
  return new Value(variable.type, placeOf(location), context, { expression: variable.name });
}

export function isSignedType(type: Type): boolean {
  const plain = strip(type);
  if (plain.kind === 'enum') return plain.signed;
  return plain.kind === 'base' && (plain.encoding === 'signed' || plain.encoding === 'char');
}

/** `s.m`, or `p->m` for what `*p` has; members of anonymous members are reached directly. */
function memberExpression(object: string, member: Member): string {
  if (member.name === undefined || member.inherited === true) return object;
  if (object.startsWith('*')) return `${object.slice(1)}->${member.name}`;
  return `${parenthesised(object)}.${member.name}`;
}

/** `*p`; of `&v`, just `v`. */
function dereferenced(expression: string): string {
  const variable = expression.slice(1);
  if (expression.startsWith('&') && parenthesised(variable) === variable) return variable;
  return `*${parenthesised(expression)}`;
}

/** An operand that postfix operators can follow. */
export function parenthesised(expression: string): string {
  return /^[\w$.>[\]-]+$/.test(expression) && !expression.startsWith('-') ? expression : `(${expression})`;
}

/** The member of that name, looked for in anonymous members too; with its value. */
export function findMember(value: Value, name: string): Value | undefined {
  return memberWithin(value, name, []);
}

/** `outer` are the types this one is a member of: malformed information can make a type a member of itself. */
function memberWithin(value: Value, name: string, outer: readonly Type[]): Value | undefined {
  const type = strip(value.type);
  if (!isComposite(type) || outer.includes(type)) return undefined;
  for (const member of type.members) {
    if (member.name === name && member.inherited !== true) return value.member(member);
  }
  for (const member of type.members) {
    if (member.name !== undefined && member.inherited !== true) continue;
    const found = memberWithin(value.member(member), name, [...outer, type]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function integer(value: bigint | number): bigint {
  return typeof value === 'bigint' ? value : BigInt(Math.trunc(value));
}
