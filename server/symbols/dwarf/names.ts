import { encodeText } from '../text.ts';
import { At, Form, Tag } from './constants.ts';
import type { DebugSections } from './sections.ts';
import type { Die, Unit } from './unit.ts';
import { asError, type ReportProblem, type UnitList } from './units.ts';

/** What a name stands for; combined as a set of bits in queries. */
export const NameKind = {
  struct: 1,
  union: 2,
  enum: 4,
  typedef: 8,
  base: 16,
  enumerator: 32,
  function: 64,
  variable: 128,
} as const;

function kindOfTag(tag: number): number {
  switch (tag) {
    case Tag.structureType:
    case Tag.classType:
      return NameKind.struct;
    case Tag.unionType:
      return NameKind.union;
    case Tag.enumerationType:
      return NameKind.enum;
    case Tag.typedef:
      return NameKind.typedef;
    case Tag.baseType:
      return NameKind.base;
    case Tag.subprogram:
      return NameKind.function;
    case Tag.variable:
      return NameKind.variable;
    default:
      return 0;
  }
}

/** Types of one name are taken to be the same in every unit, as C's linkage of headers makes them: one is enough. */
const ONCE =
  NameKind.struct | NameKind.union | NameKind.enum | NameKind.typedef | NameKind.base | NameKind.enumerator;

/** DW_LANG numbers of C and assembly, where everything with a name is at the top of a unit. */
const FLAT_LANGUAGES = new Set([0x01, 0x02, 0x0c, 0x1d, 0x2c, 0x8001]);

/**
 * A name as the bytes of the debug information give it, so that no string is made of it: an offset in .debug_str; the
 * bytes of a name of up to four, which compilers write in place, as a negative number; else its text.
 */
export type NameKey = number | string;

type Visit = (kind: number, key: NameKey, position: number) => void;

/** Wants of an enumeration's constants: told the key of the first, says whether the rest is of interest. */
type WantEnumerators = (first: NameKey) => boolean;

/** Tells `visit` of each name that a unit defines at its top, or in its namespaces. */
export function skimNames(unit: Unit, visit: Visit, wantEnumerators: WantEnumerators = () => true): void {
  const scratch = unit.cursor();
  for (const die of topLevel(unit)) {
    const kind = kindOfTag(die.tag);
    if (kind === 0 || die.has(At.abstractOrigin)) continue;
    if (die.has(At.declaration) && die.flag(At.declaration)) continue;
    const key = keyOf(die) ?? specifiedKey(die, scratch);
    if (key !== undefined) visit(kind, key, die.position);
    if (kind === NameKind.enum && die.hasChildren) {
      const first = keyOf(scratch.moveTo(die.firstChild));
      if (first !== undefined && wantEnumerators(first)) visitEnumerators(die, visit);
    }
  }
}

function visitEnumerators(enumeration: Die, visit: Visit): void {
  for (const child of enumeration.walk(() => false)) {
    const key = child.tag === Tag.enumerator ? keyOf(child) : undefined;
    if (key !== undefined) visit(NameKind.enumerator, key, enumeration.position);
  }
}

/**
 * One cursor that stands on each DIE at the top of a unit, and of its namespaces and classes in languages that have
 * them. Whoever takes it must not move it.
 */
export function topLevel(unit: Unit): Generator<Die> {
  const flat = FLAT_LANGUAGES.has(unit.root.number(At.language) ?? 0);
  return unit.die(unit.header.firstDie).walk((die) => isContainer(die.tag, flat));
}

function isContainer(tag: number, flat: boolean): boolean {
  if (tag === Tag.namespace || tag === Tag.module) return true;
  return (
    !flat &&
    (tag === Tag.structureType ||
      tag === Tag.classType ||
      tag === Tag.unionType ||
      tag === Tag.enumerationType)
  );
}

/** The name of a DIE, without making a string of it where it is in .debug_str. */
function keyOf(die: Die): NameKey | undefined {
  const reader = die.raw(At.name);
  if (reader === undefined) return undefined;
  const { unit } = die;
  switch (die.form(At.name)) {
    case Form.strp:
      return reader.sectionOffset(unit.offsetSize);
    case Form.strx:
      return unit.stringOffset(reader.uleb());
    case Form.strx1:
      return unit.stringOffset(reader.u8());
    case Form.strx2:
      return unit.stringOffset(reader.u16());
    case Form.strx3:
      return unit.stringOffset(reader.u24());
    case Form.strx4:
      return unit.stringOffset(reader.u32());
    case Form.string:
      return shortKey(reader.bytes, reader.position) ?? reader.cstring();
    default:
      return die.string(At.name);
  }
}

/** The key of a NUL-terminated name of up to four bytes. */
function shortKey(bytes: Uint8Array, start: number): number | undefined {
  let packed = 0;
  for (let length = 0; length <= 4; length++) {
    const byte = bytes[start + length];
    if (byte === 0) return -1 - packed;
    if (byte === undefined) return undefined;
    packed = packed * 256 + byte;
  }
  return undefined;
}

/** A definition of what was declared before has its name there (DWARF 5, 2.13.2). */
function specifiedKey(die: Die, scratch: Die): NameKey | undefined {
  const target = die.has(At.specification) ? die.reference(At.specification) : undefined;
  if (target === undefined || target < die.unit.start || target >= die.unit.end) return undefined;
  return keyOf(scratch.moveTo(target));
}

/** The keys that stand for a text: linkers let a string share the end of a longer one. */
export class NameKeys {
  readonly #sections: DebugSections;
  readonly #found = new Map<string, readonly NameKey[]>();

  constructor(sections: DebugSections) {
    this.#sections = sections;
  }

  of(name: string): readonly NameKey[] {
    let keys = this.#found.get(name);
    if (keys === undefined) {
      const bytes = encodeText(`${name}\0`);
      keys = [shortKey(bytes, 0) ?? name, ...occurrences(this.#sections.str.whole, bytes)];
      if (this.#found.size > 1000) this.#found.clear();
      this.#found.set(name, keys);
    }
    return keys;
  }
}

function occurrences(bytes: Uint8Array, wanted: Uint8Array): number[] {
  const found: number[] = [];
  const [first] = wanted;
  for (let at = bytes.indexOf(first!); at >= 0; at = bytes.indexOf(first!, at + 1)) {
    let length = 1;
    while (length < wanted.length && bytes[at + length] === wanted[length]) length++;
    if (length === wanted.length) found.push(at);
  }
  return found;
}

/**
 * Names of the whole program, read unit by unit as far as a question needs. It holds numbers only: the key of a name,
 * the position of its DIE. Types that many units repeat are kept once.
 */
export class NameIndex {
  readonly #units: UnitList;
  readonly #report: ReportProblem;
  readonly #heads = new Map<NameKey, number>();
  #positions = new Float64Array(1 << 12);
  #kinds = new Uint8Array(1 << 12);
  #next = new Int32Array(1 << 12);
  #count = 0;
  #unitsDone = 0;
  /** For each offset in .debug_str, the kinds of `ONCE` that are in the index. */
  #seen: Uint8Array | undefined;

  constructor(units: UnitList, report: ReportProblem) {
    this.#units = units;
    this.#report = report;
  }

  /** Positions of DIEs of those kinds with one of those keys. Reads more units only as long as it is asked for more. */
  *find(keys: readonly NameKey[], kinds: number): Generator<number> {
    let told = 0;
    while (true) {
      const fresh = keys
        .flatMap((key) => this.#entries(key, told))
        .filter((entry) => (this.#kinds[entry]! & kinds) !== 0);
      told = this.#count;
      for (const entry of fresh.sort((a, b) => a - b)) yield this.#positions[entry]!;
      if (told === this.#count && !this.readMore(1)) return;
    }
  }

  /** Reads units of at least `bytes` bytes together. Returns false when all had been read. */
  readMore(bytes: number): boolean {
    const { all } = this.#units;
    if (this.#unitsDone >= all.length) return false;
    for (let read = 0; read < bytes && this.#unitsDone < all.length;) {
      const unit = all[this.#unitsDone++]!;
      read += unit.end - unit.start;
      try {
        this.#read(unit.alone());
      } catch (problem) {
        this.#report(asError(problem));
      }
    }
    return true;
  }

  /** 0 to 1. */
  get progress(): number {
    const { all } = this.#units;
    const total = all.at(-1)?.end ?? 0;
    return this.#unitsDone >= all.length ? 1 : all[this.#unitsDone]!.start / total;
  }

  #read(unit: Unit): void {
    const seen = (this.#seen ??= new Uint8Array(this.#units.sections.str.size + 1));
    const isNew = (kind: number, key: NameKey): boolean => {
      if ((kind & ONCE) === 0) return true;
      if (typeof key === 'number' && key >= 0) return (seen[key]! & kind) === 0;
      return !this.#entries(key, 0).some((entry) => this.#kinds[entry] === kind);
    };
    skimNames(
      unit,
      (kind, key, position) => {
        if (!isNew(kind, key)) return;
        if (typeof key === 'number' && key >= 0) seen[key]! |= kind;
        this.#add(key, kind, position);
      },
      (first) => isNew(NameKind.enumerator, first),
    );
  }

  /** Entries of a key from number `from` on. */
  #entries(key: NameKey, from: number): number[] {
    const found: number[] = [];
    for (let entry = this.#heads.get(key) ?? -1; entry >= from; entry = this.#next[entry]!) found.push(entry);
    return found;
  }

  #add(key: NameKey, kind: number, position: number): void {
    if (this.#count === this.#kinds.length) this.#grow();
    const entry = this.#count++;
    this.#positions[entry] = position;
    this.#kinds[entry] = kind;
    this.#next[entry] = this.#heads.get(key) ?? -1;
    this.#heads.set(key, entry);
  }

  #grow(): void {
    const size = this.#kinds.length * 2;
    const positions = new Float64Array(size);
    positions.set(this.#positions);
    const kinds = new Uint8Array(size);
    kinds.set(this.#kinds);
    const next = new Int32Array(size);
    next.set(this.#next);
    this.#positions = positions;
    this.#kinds = kinds;
    this.#next = next;
  }
}
