import type {
  BaseEncoding,
  BitField,
  CompositeType,
  Enumerator,
  FunctionType,
  Member,
  Type,
} from '../types.ts';
import type { SourcePosition } from '../position.ts';
import { strip, VOID } from '../typeModel.ts';
import { At, Encoding, Tag } from './constants.ts';
import type { LineTables } from './lineTables.ts';
import { declarationOf, holderOf, nameOf } from './origins.ts';
import { Reader } from './reader.ts';
import type { Die } from './unit.ts';
import { asError, type ReportProblem, type UnitList } from './units.ts';

/** Finds the DIE that defines a struct, union or enum which another unit only declares. */
export type FindDefinition = (tag: number, name: string) => Die | undefined;

const ENCODINGS = new Map<number, BaseEncoding>([
  [Encoding.boolean, 'boolean'],
  [Encoding.complexFloat, 'complex'],
  [Encoding.float, 'float'],
  [Encoding.signed, 'signed'],
  [Encoding.signedChar, 'char'],
  [Encoding.unsigned, 'unsigned'],
  [Encoding.unsignedChar, 'unsignedChar'],
  [Encoding.utf, 'unsignedChar'],
]);

const QUALIFIERS = new Map<number, 'const' | 'volatile' | 'restrict' | '_Atomic'>([
  [Tag.constType, 'const'],
  [Tag.volatileType, 'volatile'],
  [Tag.restrictType, 'restrict'],
  [Tag.atomicType, '_Atomic'],
]);

const DW_OP_PLUS_UCONST = 0x23;
const POINTER_SIZE = 8;

/** Makes types of DIEs. A type's members and targets are read when they are looked at, so circles are no trouble. */
export class TypeReader {
  readonly #units: UnitList;
  readonly #lines: LineTables;
  readonly #findDefinition: FindDefinition;
  readonly #report: ReportProblem;
  readonly #types = new Map<number, Type>();

  constructor(units: UnitList, lines: LineTables, findDefinition: FindDefinition, report: ReportProblem) {
    this.#units = units;
    this.#lines = lines;
    this.#findDefinition = findDefinition;
    this.#report = report;
  }

  /** The type that DW_AT_type of a DIE, or of one it continues, names; void when there is none. */
  typeOf(die: Die): Type {
    const holder = holderOf(this.#units, die, At.type);
    const target = holder && this.#units.follow(holder, At.type);
    return target === undefined ? VOID : this.at(target.position);
  }

  /** The type at a position of the DIE space; `unknown` if it is malformed. */
  at(position: number): Type {
    let type = this.#types.get(position);
    if (type === undefined) {
      try {
        type = this.#read(this.#units.die(position));
      } catch (problem) {
        type = this.#unknown(problem);
      }
      this.#types.set(position, type);
    }
    return type;
  }

  /** The type of a function that a DW_TAG_subprogram or DW_TAG_subroutine_type describes. */
  functionType(die: Die): FunctionType {
    const { position } = die;
    const parameters = once(() => {
      const list: FunctionType['parameters'][number][] = [];
      let variadic = false;
      for (const child of this.#units.die(position).children()) {
        if (child.tag === Tag.formalParameter)
          list.push({ name: nameOf(this.#units, child), type: this.typeOf(child) });
        else if (child.tag === Tag.unspecifiedParameters) variadic = true;
      }
      return { list, variadic };
    });
    const returns = once(() => this.typeOf(this.#units.die(position)));
    return {
      kind: 'function',
      size: undefined,
      prototyped: holderOf(this.#units, die, At.prototyped)?.flag(At.prototyped) ?? false,
      get returns() {
        return returns();
      },
      get parameters() {
        return parameters().list;
      },
      get variadic() {
        return parameters().variadic;
      },
    };
  }

  #read(die: Die): Type {
    const { tag, position } = die;
    const name = die.string(At.name);
    const target = once(() => this.#guard(() => this.typeOf(this.#units.die(position))));
    const declaration = once(() => this.#declaration(position));
    const qualifier = QUALIFIERS.get(tag);
    if (qualifier !== undefined) {
      return {
        kind: 'qualified',
        qualifier,
        get target() {
          return target();
        },
        get size() {
          return strip(target()).size;
        },
      };
    }
    switch (tag) {
      case Tag.baseType:
        return {
          kind: 'base',
          name: name ?? '?',
          size: die.number(At.byteSize) ?? Math.ceil((die.number(At.bitSize) ?? 0) / 8),
          encoding: ENCODINGS.get(die.number(At.encoding) ?? 0) ?? 'other',
        };
      case Tag.unspecifiedType:
        return { ...VOID, name };
      case Tag.pointerType:
        return {
          kind: 'pointer',
          name,
          size: die.number(At.byteSize) ?? POINTER_SIZE,
          get target() {
            return target();
          },
        };
      case Tag.referenceType:
      case Tag.rvalueReferenceType:
        return {
          kind: 'reference',
          rvalue: tag === Tag.rvalueReferenceType,
          size: die.number(At.byteSize) ?? POINTER_SIZE,
          get target() {
            return target();
          },
        };
      case Tag.typedef:
        return {
          kind: 'typedef',
          name: name ?? '?',
          get declaration() {
            return declaration();
          },
          get target() {
            return target();
          },
          get size() {
            return strip(target()).size;
          },
        };
      case Tag.arrayType:
        return this.#array(die, target);
      case Tag.structureType:
      case Tag.unionType:
      case Tag.classType:
        return this.#composite(die);
      case Tag.enumerationType:
        return this.#enumeration(die);
      case Tag.subroutineType:
      case Tag.subprogram:
        return this.functionType(die);
      default:
        return {
          kind: 'unknown',
          name,
          size: die.number(At.byteSize),
          reason: `DWARF tag 0x${tag.toString(16)}`,
        };
    }
  }

  #composite(die: Die): Type {
    const { position, tag } = die;
    const name = die.string(At.name);
    const declared = die.flag(At.declaration);
    const definition = (): Die | undefined => {
      if (!declared) return this.#units.die(position);
      const bySignature = die.has(At.signature)
        ? this.#units.follow(this.#units.die(position), At.signature)
        : undefined;
      return bySignature ?? (name === undefined ? undefined : this.#findDefinition(tag, name));
    };
    const found = once(() => this.#guardOr(() => summary(definition()), undefined));
    const members = once(() => {
      const from = found()?.position;
      return from === undefined ? [] : this.#guardOr(() => this.#members(this.#units.die(from)), []);
    });
    const declaration = once(() => this.#declaration(position));
    const kind = tag === Tag.unionType ? 'union' : tag === Tag.classType ? 'class' : 'struct';
    const composite: CompositeType = {
      kind,
      name,
      get declaration() {
        return declaration();
      },
      get incomplete() {
        return found() === undefined;
      },
      get size() {
        return found()?.size;
      },
      get members() {
        return members();
      },
    };
    return composite;
  }

  #members(composite: Die): Member[] {
    const members: Member[] = [];
    for (const child of composite.children()) {
      if (child.tag === Tag.member || child.tag === Tag.inheritance) {
        const member = this.#member(child);
        if (member !== undefined) members.push(member);
      } else if (child.tag === Tag.variantPart) {
        members.push(...this.#variants(child));
      }
    }
    return members;
  }

  /** Rust's enums: the members of all variants, overlaid as in a union. */
  #variants(part: Die): Member[] {
    const members: Member[] = [];
    for (const variant of part.children()) {
      if (variant.tag === Tag.member) {
        const member = this.#member(variant);
        if (member !== undefined) members.push(member);
        continue;
      }
      for (const child of variant.children()) {
        const member = child.tag === Tag.member ? this.#member(child) : undefined;
        if (member !== undefined) members.push(member);
      }
    }
    return members;
  }

  #member(die: Die): Member | undefined {
    if (die.flag(At.external) || die.flag(At.declaration)) return undefined; // a C++ static member
    const { position } = die;
    const type = once(() => this.#guard(() => this.typeOf(this.#units.die(position))));
    const { offset, bitField } = this.#place(die, type);
    return {
      name: die.string(At.name),
      offset,
      bitField,
      inherited: die.tag === Tag.inheritance ? true : undefined,
      get type() {
        return type();
      },
    };
  }

  #place(die: Die, type: () => Type): { offset: number; bitField: BitField | undefined } {
    const offset = memberOffset(die);
    const width = die.number(At.bitSize);
    if (width === undefined) return { offset, bitField: undefined };
    let bit = offset * 8;
    const fromStart = die.number(At.dataBitOffset);
    const fromTop = die.number(At.bitOffset);
    if (fromStart !== undefined) bit += fromStart;
    else if (fromTop !== undefined) {
      // DWARF 3, 5.5.4: counted from the most significant bit of a storage unit.
      const storage = die.number(At.byteSize) ?? type().size ?? 0;
      bit += storage * 8 - fromTop - width;
    }
    const start = Math.floor(bit / 8);
    return { offset: start, bitField: { shift: bit - start * 8, width } };
  }

  #enumeration(die: Die): Type {
    const { position } = die;
    const name = die.string(At.name);
    const declared = die.flag(At.declaration);
    const size = die.number(At.byteSize) ?? 4;
    const declaration = once(() => this.#declaration(position));
    const definition = once(() => {
      if (!declared || name === undefined) return position;
      return (
        this.#guardOr(() => this.#findDefinition(Tag.enumerationType, name), undefined)?.position ?? position
      );
    });
    const underlying = once(() => {
      const own = this.#units.die(definition());
      return own.has(At.type) ? strip(this.typeOf(own)) : undefined;
    });
    const enumerators = once(() =>
      this.#guardOr(() => {
        const list: Enumerator[] = [];
        for (const child of this.#units.die(definition()).children()) {
          if (child.tag !== Tag.enumerator) continue;
          list.push({ name: child.string(At.name) ?? '?', value: child.constant(At.constValue) ?? 0n });
        }
        return list;
      }, []),
    );
    return {
      kind: 'enum',
      name,
      get declaration() {
        return declaration();
      },
      get size() {
        return underlying()?.size ?? size;
      },
      get signed() {
        const base = underlying();
        if (base?.kind === 'base') return base.encoding === 'signed' || base.encoding === 'char';
        return enumerators().some(({ value }) => value < 0n);
      },
      get enumerators() {
        return enumerators();
      },
    };
  }

  #array(die: Die, element: () => Type): Type {
    const counts: (number | undefined)[] = [];
    for (const child of die.children()) {
      if (child.tag === Tag.subrangeType) counts.push(countOf(child));
      else if (child.tag === Tag.enumerationType) counts.push([...child.children()].length);
    }
    if (counts.length === 0) counts.push(undefined);
    return arrayFrom(element, counts);
  }

  #declaration(position: number): SourcePosition | undefined {
    return this.#guardOr(() => declarationOf(this.#units, this.#lines, this.#units.die(position)), undefined);
  }

  #guard(read: () => Type): Type {
    try {
      return read();
    } catch (problem) {
      return this.#unknown(problem);
    }
  }

  #guardOr<T>(read: () => T, otherwise: T): T {
    try {
      return read();
    } catch (problem) {
      this.#report(asError(problem));
      return otherwise;
    }
  }

  #unknown(problem: unknown): Type {
    const error = asError(problem);
    this.#report(error);
    return { kind: 'unknown', size: undefined, reason: error.message };
  }
}

/** Dimensions from the outermost; a multi-dimensional array is an array of arrays. */
function arrayFrom(element: () => Type, counts: readonly (number | undefined)[]): Type {
  const [count, ...inner] = counts;
  const item = inner.length === 0 ? element : once(() => arrayFrom(element, inner));
  let measuring = false;
  return {
    kind: 'array',
    count,
    get element() {
      return item();
    },
    get size() {
      // Malformed information can make an array its own element.
      if (measuring || count === undefined) return undefined;
      measuring = true;
      const { size } = item();
      measuring = false;
      return size === undefined ? undefined : size * count;
    },
  };
}

function countOf(subrange: Die): number | undefined {
  const count = subrange.number(At.count);
  if (count !== undefined) return count;
  const upper = subrange.constant(At.upperBound);
  if (upper === undefined) return undefined;
  // `T a[0]` has the upper bound -1, in whatever width the compiler chose.
  const length = BigInt.asIntN(64, upper) - (subrange.constant(At.lowerBound) ?? 0n) + 1n;
  return length < 0n || upper === 0xffffffffn ? 0 : Number(length);
}

/** Bytes from the start of the composite: a constant, or the old form as an expression that adds one. */
function memberOffset(die: Die): number {
  const block = die.block(At.dataMemberLocation);
  if (block === undefined) return die.number(At.dataMemberLocation) ?? 0;
  const reader = new Reader(block, die.unit.header.section.name, die.position);
  return !reader.atEnd && reader.u8() === DW_OP_PLUS_UCONST ? reader.uleb() : 0;
}

/** What is kept of a DIE: not the cursor, which would hold the bytes of its unit. */
function summary(
  die: Die | undefined,
): { readonly position: number; readonly size: number | undefined } | undefined {
  return die && { position: die.position, size: die.number(At.byteSize) };
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
