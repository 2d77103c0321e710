import { isComposite, strip, typeName } from '../typeModel.ts';
import type { ArrayType, BaseType, CompositeType, EnumType, Type } from '../types.ts';
import { unsignedFrom } from './bits.ts';
import { Value } from './value.ts';

export interface FormatOptions {
  /** Integers in hexadecimal. */
  readonly hex?: boolean | undefined;
  /** Characters of the whole text, about; what does not fit is `…`. Default: no limit but that of memory. */
  readonly maxLength?: number | undefined;
  /** Levels of structs within structs; deeper ones are `{…}`. Default 4. */
  readonly maxDepth?: number | undefined;
  /** Characters of a string. Default 200. */
  readonly maxString?: number | undefined;
}

const DEFAULT_DEPTH = 4;
const DEFAULT_STRING = 200;
const MAXIMUM_LENGTH = 1 << 20;
/** Elements of an array that are looked at. */
const MAXIMUM_ELEMENTS = 4096;
/** Equal elements in a row that are counted instead of repeated. */
const REPEATED = 10;

/** The value as C would write it. What cannot be read says so in angle brackets; it never throws for that. */
export function formatValue(value: Value, options: FormatOptions = {}): string {
  return new Formatter(options).format(value, 0);
}

class Formatter {
  readonly #options: FormatOptions;
  #left: number;

  constructor(options: FormatOptions) {
    this.#options = options;
    this.#left = Math.min(options.maxLength ?? MAXIMUM_LENGTH, MAXIMUM_LENGTH);
  }

  format(value: Value, depth: number): string {
    if (this.#left <= 0) return '…';
    const text = this.#attempt(value, depth);
    const type = strip(value.type);
    if (!isComposite(type) && type.kind !== 'array') this.#left -= text.length;
    return text;
  }

  #attempt(value: Value, depth: number): string {
    try {
      return this.#text(value, depth);
    } catch (problem) {
      return `<${problem instanceof Error ? problem.message : String(problem)}>`;
    }
  }

  #text(value: Value, depth: number): string {
    const type = strip(value.type);
    switch (type.kind) {
      case 'void':
        return 'void';
      case 'base':
        return this.#base(value, type);
      case 'enum':
        return enumText(type, value.toBigInt());
      case 'pointer':
        return this.#pointer(value, type.target);
      case 'reference':
        return `@${this.#address(value.toBigInt(), value)}`;
      case 'array':
        return this.#array(value, type, depth);
      case 'struct':
      case 'union':
      case 'class':
        return this.#composite(value, type, depth);
      case 'function':
        return `{${typeName(type)}} ${this.#address(value.toBigInt(), value)}`;
      default:
        return `<${type.kind === 'unknown' ? type.reason : 'unknown type'}>`;
    }
  }

  #base(value: Value, type: BaseType): string {
    switch (type.encoding) {
      case 'float':
        return floatText(value.toNumber(), value.type.size ?? 8);
      case 'boolean': {
        const bits = value.toBigInt();
        return bits === 0n ? 'false' : bits === 1n ? 'true' : bits.toString();
      }
      case 'char':
      case 'unsignedChar': {
        const code = value.toBigInt();
        const number = this.#integer(code, value, type.size);
        return isCharacter(value.type) ? `${number} '${escaped(Number(code) & 0xff, "'")}'` : number;
      }
      case 'complex':
        return `<complex ${type.name}>`;
      default:
        return type.size > 8
          ? `0x${unsignedFrom(value.bytes()).toString(16)}`
          : this.#integer(value.toBigInt(), value, type.size);
    }
  }

  #integer(number: bigint, value: Value, size: number): string {
    if (this.#options.hex !== true) return number.toString();
    const width = value.details.bitField?.width ?? size * 8;
    return `0x${BigInt.asUintN(width, number).toString(16)}`;
  }

  #pointer(value: Value, target: Type): string {
    if (value.place.kind === 'implicit-pointer') {
      const { target: variable, offset } = value.place;
      return `<optimised out, was &${variable.name}${offset === 0 ? '' : `+${offset}`}>`;
    }
    const address = value.toBigInt();
    const text = this.#address(address, value);
    if (address === 0n || !isCharacter(target)) return text;
    const string = this.#cstring(address, value);
    return string === undefined ? text : `${text} ${string}`;
  }

  /** `0x80201000 <cpu_caps+8>` */
  #address(address: bigint, value: Value): string {
    const text = `0x${address.toString(16)}`;
    const found = value.context.symbols?.symbols.nearest(address, ['function', 'object']);
    if (found === undefined) return text;
    return `${text} <${found.symbol.name}${found.offset === 0n ? '' : `+${found.offset}`}>`;
  }

  /** The string at an address, in quotes; undefined when memory cannot be read. */
  #cstring(address: bigint, value: Value): string | undefined {
    const limit = this.#stringLimit;
    const codes: number[] = [];
    while (codes.length <= limit) {
      const at = address + BigInt(codes.length);
      // To the end of the page at most, so that the next one need not be readable.
      const chunk = Math.min(64, 4096 - Number(at & 4095n));
      const bytes = value.context.memory.read(at, chunk);
      if (bytes === undefined) return codes.length === 0 ? undefined : `"${codes.map(quoted).join('')}"…`;
      const end = bytes.indexOf(0);
      codes.push(...(end < 0 ? bytes : bytes.subarray(0, end)));
      if (end >= 0) break;
    }
    return quotedString(codes, limit);
  }

  get #stringLimit(): number {
    return Math.max(1, Math.min(this.#options.maxString ?? DEFAULT_STRING, this.#left));
  }

  #array(value: Value, type: ArrayType, depth: number): string {
    const count = type.count ?? 0;
    if (isCharacter(type.element) && count > 0) return this.#characters(value, count);
    if (depth >= this.#maximumDepth) return '{…}';
    const parts: string[] = [];
    let index = 0;
    for (; index < Math.min(count, MAXIMUM_ELEMENTS) && this.#left > 0;) {
      const item = value.element(index);
      const length = this.#runLength(value, item, index, count);
      const text = this.format(item, depth + 1);
      if (length >= REPEATED) {
        parts.push(`${text} <repeats ${length} times>`);
        index += length;
      } else {
        parts.push(text);
        index++;
      }
      this.#left -= 2;
    }
    if (index < count) parts.push('…');
    return `{${parts.join(', ')}}`;
  }

  /** How many elements from `index` on have the same bytes. */
  #runLength(array: Value, item: Value, index: number, count: number): number {
    let bytes: Uint8Array;
    try {
      bytes = item.bytes();
    } catch {
      return 1;
    }
    let length = 1;
    for (; index + length < count && length < MAXIMUM_ELEMENTS; length++) {
      const other = array.element(index + length).bytes();
      if (!bytes.every((byte, at) => byte === other[at])) break;
    }
    return length;
  }

  /** An array of characters is shown as the string in it; NULs that fill its end are left out. */
  #characters(value: Value, count: number): string {
    const limit = this.#stringLimit;
    const read = Math.min(count, limit + 1);
    const bytes = [
      ...new Value(
        { ...(strip(value.type) as ArrayType), count: read, size: read },
        value.place,
        value.context,
      ).bytes(),
    ];
    const whole = read === count;
    while (whole && bytes.length > 0 && bytes.at(-1) === 0) bytes.pop();
    const text = quotedString(bytes, limit);
    this.#left -= text.length;
    return text;
  }

  #composite(value: Value, type: CompositeType, depth: number): string {
    if (type.incomplete) return '<incomplete type>';
    if (depth >= this.#maximumDepth) return '{…}';
    const parts: string[] = [];
    for (const member of type.members) {
      if (this.#left <= 0) {
        parts.push('…');
        break;
      }
      const name = member.name === undefined ? '' : `${member.name} = `;
      this.#left -= name.length + 2;
      parts.push(`${name}${this.format(value.member(member), depth + 1)}`);
    }
    return `{${parts.join(', ')}}`;
  }

  get #maximumDepth(): number {
    return this.#options.maxDepth ?? DEFAULT_DEPTH;
  }
}

/** A constant by name; flags as `A | B`; else the number. */
function enumText(type: EnumType, value: bigint): string {
  const exact = type.enumerators.find((item) => item.value === value);
  if (exact !== undefined) return exact.name;
  const flags = type.enumerators.filter((item) => item.value > 0n && (item.value & (item.value - 1n)) === 0n);
  const set = flags.filter((item) => (value & item.value) !== 0n);
  const rest = set.reduce((left, item) => left & ~item.value, value);
  const isFlags = flags.length === type.enumerators.filter((item) => item.value !== 0n).length;
  if (!isFlags || set.length === 0 || value < 0n) return value.toString();
  return [...set.map(({ name }) => name), ...(rest === 0n ? [] : [`0x${rest.toString(16)}`])].join(' | ');
}

/** The shortest decimal that is this number among those of its size in bytes: a float 0.1 is no 0.10000000149. */
export function floatText(value: number, size: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0';
  if (size !== 4) return String(value);
  const candidates = Array.from({ length: 9 }, (_, index) => Number(value.toPrecision(index + 1)));
  return String(candidates.find((shorter) => Math.fround(shorter) === value) ?? value);
}

/** `char` in one of its three kinds; a `u8` is a number, though the same behind its typedef. */
function isCharacter(type: Type): boolean {
  let plain = type;
  for (let depth = 0; plain.kind === 'qualified' && depth < 8; depth++) plain = plain.target;
  return plain.kind === 'base' && plain.size === 1 && plain.name.includes('char');
}

function quotedString(codes: readonly number[], limit: number): string {
  const text = codes.slice(0, limit).map(quoted).join('');
  return `"${text}"${codes.length > limit ? '…' : ''}`;
}

function quoted(code: number): string {
  return escaped(code, '"');
}

const ESCAPES = new Map([
  [0, '\\0'],
  [7, '\\a'],
  [8, '\\b'],
  [9, '\\t'],
  [10, '\\n'],
  [11, '\\v'],
  [12, '\\f'],
  [13, '\\r'],
  [27, '\\e'],
  [92, '\\\\'],
]);

function escaped(code: number, quote: string): string {
  const escape = ESCAPES.get(code);
  if (escape !== undefined) return escape;
  const character = String.fromCharCode(code);
  if (character === quote) return `\\${quote}`;
  return code >= 0x20 && code < 0x7f ? character : `\\${code.toString(8).padStart(3, '0')}`;
}
