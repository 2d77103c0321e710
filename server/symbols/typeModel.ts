/** Operations on types: C's way to name them, members at an offset, sizes. */
import { EvaluationError } from './errors.ts';
import type {
  ArrayType,
  CompositeType,
  EnumType,
  Member,
  PointerType,
  QualifiedType,
  Type,
  BaseType,
  VoidType,
} from './types.ts';

export const VOID: VoidType = { kind: 'void', size: undefined };

/** Deeper nesting of derived types than any program has; malformed information can be circular. */
const MAXIMUM_DEPTH = 64;

/** The type without typedefs and qualifiers around it. */
export function strip(type: Type): Type {
  let stripped = type;
  for (let depth = 0; stripped.kind === 'typedef' || stripped.kind === 'qualified'; depth++) {
    if (depth > MAXIMUM_DEPTH) return { kind: 'unknown', size: undefined, reason: 'a typedef of itself' };
    stripped = stripped.target;
  }
  return stripped;
}

export function isComposite(type: Type): type is CompositeType {
  return type.kind === 'struct' || type.kind === 'union' || type.kind === 'class';
}

/** Types whose values are one number. */
export function isScalar(type: Type): type is BaseType | EnumType | PointerType {
  return (
    (type.kind === 'base' && type.encoding !== 'complex') ||
    type.kind === 'enum' ||
    type.kind === 'pointer' ||
    type.kind === 'reference'
  );
}

/** Size in bytes; throws `EvaluationError` for a type that has none. */
export function sizeOf(type: Type): number {
  const { size } = type;
  if (size === undefined) throw new EvaluationError(`${typeName(type)} is incomplete: its size is not known`);
  return size;
}

export function pointerTo(target: Type): PointerType {
  return { kind: 'pointer', size: 8, target };
}

export function arrayOf(element: Type, count: number): ArrayType {
  return {
    kind: 'array',
    element,
    count,
    size: element.size === undefined ? undefined : element.size * count,
  };
}

/**
 * The type as C writes it, around `declarator`: `struct cpu_caps *`, `int (*)(void)`, `u64[4]`; with the declarator
 * `handler`, `int (*handler)(void)`.
 */
export function typeName(type: Type, declarator = ''): string {
  return nameAround(type, declarator, []);
}

/** `outer` are the types this one is part of: malformed information can make a type part of itself. */
function nameAround(type: Type, declarator: string, outer: readonly Type[]): string {
  if (outer.includes(type) || outer.length > MAXIMUM_DEPTH) return withDeclarator('…', declarator);
  const within = (inner: Type, around: string): string => nameAround(inner, around, [...outer, type]);
  switch (type.kind) {
    case 'void':
      return withDeclarator(type.name ?? 'void', declarator);
    case 'base':
    case 'typedef':
      return withDeclarator(type.name, declarator);
    case 'struct':
    case 'union':
    case 'class':
    case 'enum':
      return withDeclarator(`${type.kind} ${type.name ?? '{...}'}`, declarator);
    case 'pointer':
      return within(type.target, derived('*', type.target, declarator));
    case 'reference':
      return within(type.target, derived(type.rvalue ? '&&' : '&', type.target, declarator));
    case 'array':
      return within(type.element, `${declarator}[${type.count ?? ''}]`);
    case 'function': {
      const parameters = type.parameters.map((parameter) => within(parameter.type, ''));
      if (type.variadic) parameters.push('...');
      const list = parameters.length > 0 ? parameters.join(', ') : type.prototyped ? 'void' : '';
      return within(type.returns, `${declarator}(${list})`);
    }
    case 'qualified':
      return qualifiedName(type, declarator, within);
    case 'unknown':
      return withDeclarator(type.name ?? `<${type.reason}>`, declarator);
  }
}

/** In the order that they are written in. */
const QUALIFIERS = ['const', 'volatile', 'restrict', '_Atomic'] as const;

/** Qualifiers of a pointer stand after its star, of an array before its elements, any others before the type. */
function qualifiedName(
  type: QualifiedType,
  declarator: string,
  within: (inner: Type, declarator: string) => string,
): string {
  const qualifiers = new Set<QualifiedType['qualifier']>();
  let target: Type = type;
  for (let length = 0; target.kind === 'qualified' && length <= MAXIMUM_DEPTH; length++) {
    qualifiers.add(target.qualifier);
    target = target.target;
  }
  const words = QUALIFIERS.filter((qualifier) => qualifiers.has(qualifier)).join(' ');
  if (target.kind === 'pointer')
    return within(target, declarator === '' ? ` ${words}` : ` ${words} ${declarator}`);
  const name = within(target, declarator);
  return target.kind === 'array' && name.startsWith(`${words} `) ? name : `${words} ${name}`;
}

function derived(mark: string, target: Type, declarator: string): string {
  const text = `${mark}${declarator}`;
  return target.kind === 'array' || target.kind === 'function' ? `(${text})` : text;
}

function withDeclarator(name: string, declarator: string): string {
  return declarator === '' || declarator.startsWith('[') ? `${name}${declarator}` : `${name} ${declarator}`;
}

export interface MemberPath {
  /** What to append to the object's name: `.features[2].bits`; empty for the object itself. */
  readonly path: string;
  /** Type of what the path names. */
  readonly type: Type;
  /** Bytes from its start to the offset asked for. */
  readonly rest: number;
}

/**
 * The innermost member or element that holds `size` bytes at `offset` of an object. Of a union's members, the first
 * that leads down to a scalar of just that place and size, else the first that holds it.
 */
export function memberPath(type: Type, offset: number, size = 1): MemberPath {
  return pathInto(type, offset, size, []);
}

function pathInto(type: Type, offset: number, size: number, outer: readonly Type[]): MemberPath {
  const here: MemberPath = { path: '', type, rest: offset };
  const plain = strip(type);
  if (outer.includes(plain) || outer.length > MAXIMUM_DEPTH) return here;
  if (plain.kind === 'array') {
    const step = plain.element.size;
    if (step === undefined || step === 0) return here;
    const index = Math.floor(offset / step);
    if (offset - index * step + size > step || (plain.count !== undefined && index >= plain.count))
      return here;
    const inner = pathInto(plain.element, offset - index * step, size, [...outer, plain]);
    return { ...inner, path: `[${index}]${inner.path}` };
  }
  if (!isComposite(plain)) return here;
  let best: MemberPath | undefined;
  for (const member of plain.members) {
    const start = member.offset;
    const end = memberEnd(member);
    if (offset < start || offset + size > end) continue;
    const inner = pathInto(member.type, offset - start, size, [...outer, plain]);
    const path =
      member.name === undefined || member.inherited === true ? inner.path : `.${member.name}${inner.path}`;
    const found = { ...inner, path };
    const exact = inner.rest === 0 && inner.type.size === size;
    if (exact) return found;
    best ??= found;
  }
  return best ?? here;
}

/** Byte offset after a member; a flexible array reaches without end. */
function memberEnd(member: Member): number {
  if (member.bitField !== undefined) {
    return member.offset + Math.ceil((member.bitField.shift + member.bitField.width) / 8);
  }
  const { size } = member.type;
  if (size === undefined || (size === 0 && strip(member.type).kind === 'array'))
    return Number.POSITIVE_INFINITY;
  return member.offset + size;
}

/** The definition of a type with its members, as C would declare it. */
export function declareType(type: Type): string {
  const plain = type.kind === 'qualified' ? strip(type) : type;
  if (plain.kind === 'typedef') return `typedef ${typeName(plain.target, plain.name)};`;
  if (plain.kind === 'enum') {
    const items = plain.enumerators.map(({ name, value }) => `    ${name} = ${value.toString()},\n`).join('');
    return `${typeName(plain)} {\n${items}};`;
  }
  if (!isComposite(plain)) return `${typeName(type)};`;
  if (plain.incomplete) return `${typeName(plain)};`;
  return `${headOf(plain)} {\n${bodyOf(plain, [])}};`;
}

function headOf(type: CompositeType): string {
  return type.name === undefined ? type.kind : `${type.kind} ${type.name}`;
}

function bodyOf(type: CompositeType, outer: readonly Type[]): string {
  const indent = '    '.repeat(outer.length + 1);
  return type.members
    .map((member) => {
      const width = member.bitField === undefined ? '' : ` : ${member.bitField.width}`;
      const { type: inner } = member;
      const isInPlace = isComposite(inner) && inner.name === undefined;
      if (isInPlace && inner !== type && !outer.includes(inner) && outer.length < MAXIMUM_DEPTH) {
        const name = member.name === undefined ? '' : ` ${member.name}`;
        return `${indent}${headOf(inner)} {\n${bodyOf(inner, [...outer, type])}${indent}}${name};\n`;
      }
      return `${indent}${typeName(inner, member.name ?? '')}${width};\n`;
    })
    .join('');
}
