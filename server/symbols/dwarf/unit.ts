import {
  AbbreviationTable,
  singleAbbreviation,
  type Abbreviation,
  type Abbreviations,
} from './abbreviations.ts';
import { At, Form, UnitType } from './constants.ts';
import { readForm, skipForm, type AttributeValue, type FormContext } from './forms.ts';
import { Reader } from './reader.ts';
import type { DebugSection, DebugSections } from './sections.ts';

/** Bytes read to see a unit's first DIE without the rest of it. */
const ROOT_WINDOW = 1024;

/** Where one unit lies. */
export interface UnitHeader {
  readonly section: DebugSection;
  /** Position of the header in the DIE space: its offset in .debug_info; units of .debug_types follow behind. */
  readonly start: number;
  /** What to subtract from a position to get the offset in `section`. */
  readonly sectionStart: number;
  /** Position after the unit. */
  readonly end: number;
  /** Position of the first DIE. */
  readonly firstDie: number;
  readonly version: number;
  readonly unitType: number;
  readonly offsetSize: 4 | 8;
  readonly addressSize: number;
  readonly abbreviationOffset: number;
  /** Type units: their signature, and the position of the type. */
  readonly signature: bigint | undefined;
  readonly typeDie: number | undefined;
}

/** Reads the header of the unit at `start` (DWARF 5, 7.5.1; DWARF 4, 7.5.1). */
export function readUnitHeader(section: DebugSection, start: number, sectionStart: number): UnitHeader {
  const offset = start - sectionStart;
  const reader = section.reader(offset, Math.min(48, section.size - offset));
  const { length, offsetSize } = reader.unitLength();
  const end = start + reader.position + length;
  if (end - sectionStart > section.size || length < 7)
    reader.fail(`a unit of ${length} bytes does not fit`, 0);
  const version = reader.u16();
  if (version < 2 || version > 5) reader.fail(`DWARF version ${version} is not supported`, 0);
  let unitType: number = section.name === '.debug_types' ? UnitType.type : UnitType.compile;
  let addressSize: number;
  let abbreviationOffset: number;
  if (version >= 5) {
    unitType = reader.u8();
    addressSize = reader.u8();
    abbreviationOffset = reader.sectionOffset(offsetSize);
  } else {
    abbreviationOffset = reader.sectionOffset(offsetSize);
    addressSize = reader.u8();
  }
  if (addressSize !== 8) reader.fail(`addresses of ${addressSize} bytes in a 64-bit image`, 0);
  let signature: bigint | undefined;
  let typeDie: number | undefined;
  if (unitType === UnitType.type || unitType === UnitType.splitType) {
    signature = reader.u64();
    typeDie = start + reader.sectionOffset(offsetSize);
  } else if (unitType === UnitType.skeleton || unitType === UnitType.splitCompile) {
    reader.skip(8);
  }
  const firstDie = start + reader.position;
  return {
    section,
    start,
    sectionStart,
    end,
    firstDie,
    version,
    unitType,
    offsetSize,
    addressSize,
    abbreviationOffset,
    signature,
    typeDie,
  };
}

/** The bytes and abbreviations of a unit while it is in use. */
export interface UnitData {
  /** From the unit's start to its end. */
  readonly bytes: Uint8Array;
  readonly abbreviations: Abbreviations;
}

export function loadUnitData(header: UnitHeader, sections: DebugSections): UnitData {
  return {
    bytes: header.section.bytes(header.start - header.sectionStart, header.end - header.start),
    abbreviations: new AbbreviationTable(sections.abbrev, header.abbreviationOffset, header),
  };
}

/** A compilation, partial or type unit. Holds no bytes: they come from a bounded cache and go again. */
export class Unit implements FormContext {
  readonly start: number;
  readonly end: number;
  readonly version: number;
  readonly offsetSize: 4 | 8;
  readonly addressSize: number;
  #root: Die | undefined;
  #bases: UnitBases | undefined;

  constructor(
    readonly header: UnitHeader,
    readonly sections: DebugSections,
    private readonly load: (unit: Unit) => UnitData,
  ) {
    this.start = header.start;
    this.end = header.end;
    this.version = header.version;
    this.offsetSize = header.offsetSize;
    this.addressSize = header.addressSize;
  }

  /** The unit's own DIE, read without the rest of the unit. */
  get root(): Die {
    return (this.#root ??= this.#readRoot());
  }

  #readRoot(): Die {
    const { section, start, sectionStart, end, firstDie, abbreviationOffset } = this.header;
    const read = (length: number): Die => {
      const bytes = section.bytes(start - sectionStart, Math.min(length, end - start));
      const code = new Reader(bytes.subarray(firstDie - start), section.name, firstDie - sectionStart).uleb();
      const abbreviations = singleAbbreviation(this.sections.abbrev, abbreviationOffset, this.header, code);
      return new Die(this, { bytes, abbreviations }).moveTo(firstDie);
    };
    try {
      return read(ROOT_WINDOW);
    } catch {
      // Attributes longer than the window; the whole unit decides whether it is malformed.
      return read(end - start);
    }
  }

  /** A cursor on the DIE at a position. */
  die(position: number): Die {
    return this.cursor().moveTo(position);
  }

  /** A cursor that stands nowhere yet. */
  cursor(): Die {
    return new Die(this, this.load(this));
  }

  /** The same unit with bytes of its own, for reading all of it once: they are not kept when it is done with. */
  alone(): Unit {
    const data = loadUnitData(this.header, this.sections);
    const unit = new Unit(this.header, this.sections, () => data);
    unit.#root = this.#root;
    unit.#bases = this.#bases;
    return unit;
  }

  string(offset: number): string {
    return this.sections.str.string(offset);
  }

  lineString(offset: number): string {
    return this.sections.lineStr.string(offset);
  }

  indexedString(index: number): string {
    return this.string(this.stringOffset(index));
  }

  /** Offset in .debug_str of a string that DW_FORM_strx names. */
  stringOffset(index: number): number {
    const size = this.offsetSize;
    const at = this.bases.strOffsets + index * size;
    return this.sections.strOffsets.reader(at, size).sectionOffset(size);
  }

  indexedAddress(index: number): bigint {
    return this.sections.addr.reader(this.bases.addr + index * this.addressSize, this.addressSize).u64();
  }

  /** Where this unit's parts of the shared tables begin. */
  get bases(): UnitBases {
    if (this.#bases === undefined) {
      // The root's own attributes may need a base: set what is standard before they are read.
      const header = this.offsetSize === 4 ? 8 : 16;
      this.#bases = { strOffsets: header, addr: header, rnglists: 0, loclists: 0, lowPc: 0n };
      const root = this.root;
      const offset = (name: number, standard: number): number => root.offset(name) ?? standard;
      this.#bases.strOffsets = offset(At.strOffsetsBase, header);
      this.#bases.addr = offset(At.addrBase, header);
      this.#bases.rnglists = offset(At.rnglistsBase, header + 4);
      this.#bases.loclists = offset(At.loclistsBase, header + 4);
      this.#bases.lowPc = root.address(At.lowPc) ?? 0n;
    }
    return this.#bases;
  }
}

interface UnitBases {
  strOffsets: number;
  addr: number;
  rnglists: number;
  loclists: number;
  lowPc: bigint;
}

const NO_POSITIONS = new Int32Array(0);

/**
 * A cursor on one debugging information entry. Moving it finds where each attribute lies; values are decoded when asked
 * for, so that skimming a unit makes no objects.
 */
export class Die {
  readonly unit: Unit;
  readonly #data: UnitData;
  readonly #reader: Reader;
  #abbreviation: Abbreviation | undefined;
  /** Where the attributes begin, and where those lie whose place is not known from the forms before them. */
  #start = 0;
  #positions = NO_POSITIONS;
  #position = 0;
  #after = 0;

  constructor(unit: Unit, data: UnitData) {
    this.unit = unit;
    this.#data = data;
    this.#reader = new Reader(data.bytes, unit.header.section.name, unit.start - unit.header.sectionStart);
  }

  /** Position in the DIE space: unique in the file, and what references name. */
  get position(): number {
    return this.#position;
  }

  /** 0 for the null entry that ends a list of siblings. */
  get tag(): number {
    return this.#abbreviation?.tag ?? 0;
  }

  get hasChildren(): boolean {
    return this.#abbreviation?.hasChildren ?? false;
  }

  fail(problem: string): never {
    return this.#reader.fail(problem, this.#position - this.unit.start);
  }

  /** Reads the DIE at a position of this unit. */
  moveTo(position: number): this {
    const reader = this.#reader;
    if (position < this.unit.header.firstDie || position >= this.unit.end) {
      reader.fail(`a DIE outside its unit is referred to: 0x${position.toString(16)}`, 0);
    }
    reader.position = position - this.unit.start;
    this.#position = position;
    const code = reader.uleb();
    if (code === 0) {
      this.#abbreviation = undefined;
    } else {
      const abbreviation = this.#data.abbreviations.get(code);
      if (abbreviation === undefined) this.fail(`abbreviation ${code} is not declared`);
      this.#abbreviation = abbreviation;
      this.#start = reader.position;
      const { forms, offsets } = abbreviation;
      const fixed = offsets.length - 1;
      reader.skip(offsets[fixed]!);
      if (forms.length > this.#positions.length) this.#positions = new Int32Array(forms.length);
      for (let index = fixed; index < forms.length; index++) {
        this.#positions[index] = reader.position;
        skipForm(reader, forms[index]!, this.unit);
      }
    }
    this.#after = this.unit.start + reader.position;
    return this;
  }

  #moveOn(position: number): boolean {
    if (position >= this.unit.end) return false;
    this.moveTo(position);
    return true;
  }

  /** Position of the first child of a DIE that has any. */
  get firstChild(): number {
    return this.#after;
  }

  /** Compilers give the place of the next sibling as four bytes, which need no object to be read. */
  #sibling(): number | undefined {
    const index = this.#find(At.sibling);
    if (index < 0) return undefined;
    if (this.#abbreviation!.forms[index] === Form.ref4) return this.unit.start + this.#stand(index).u32();
    return this.reference(At.sibling);
  }

  #skipChildren(): void {
    const sibling = this.#sibling();
    if (sibling !== undefined) {
      if (sibling <= this.#position || sibling > this.unit.end)
        this.fail('DW_AT_sibling does not lead forward');
      this.#after = Math.max(sibling, this.#after);
      return;
    }
    for (let depth = 1; depth > 0;) {
      if (!this.#moveOn(this.#after)) return;
      if (this.#abbreviation === undefined) depth--;
      else if (this.#abbreviation.hasChildren) {
        const next = this.#sibling();
        if (next !== undefined && next > this.#after && next <= this.unit.end) this.#after = next;
        else depth++;
      }
    }
    this.#abbreviation = undefined;
  }

  /** A new cursor for each child. */
  *children(): Generator<Die> {
    for (const child of this.walk(() => false)) yield child.copy();
  }

  /**
   * One cursor that moves over the DIEs below this one, in their order, and into those that `enter` says. Whoever takes
   * it must not move it.
   */
  *walk(enter: (die: Die) => boolean): Generator<Die> {
    if (!this.hasChildren) return;
    const cursor = this.copy();
    let more = cursor.#moveOn(cursor.#after);
    for (let depth = 1; more;) {
      if (cursor.#abbreviation === undefined) {
        if (--depth === 0) return;
      } else {
        yield cursor;
        if (!cursor.#abbreviation.hasChildren) {
          // Its attributes end where the next DIE begins.
        } else if (enter(cursor)) depth++;
        else cursor.#skipChildren();
      }
      more = cursor.#moveOn(cursor.#after);
    }
  }

  copy(): Die {
    return new Die(this.unit, this.#data).moveTo(this.#position);
  }

  has(name: number): boolean {
    return this.#find(name) >= 0;
  }

  /** The form of an attribute, 0 if the DIE does not have it. */
  form(name: number): number {
    const index = this.#find(name);
    return index < 0 ? 0 : this.#abbreviation!.forms[index]!;
  }

  /** A reader that stands on the encoded value of an attribute. */
  raw(name: number): Reader | undefined {
    const index = this.#find(name);
    return index < 0 ? undefined : this.#stand(index);
  }

  attribute(name: number): AttributeValue | undefined {
    const index = this.#find(name);
    if (index < 0) return undefined;
    const abbreviation = this.#abbreviation!;
    return readForm(
      this.#stand(index),
      abbreviation.forms[index]!,
      this.unit,
      abbreviation.constants?.get(index),
    );
  }

  /** Which attribute of the abbreviation has a name; -1 if none. */
  #find(name: number): number {
    const abbreviation = this.#abbreviation;
    if (abbreviation === undefined || ((abbreviation.nameBits >>> (name & 31)) & 1) === 0) return -1;
    return abbreviation.names.indexOf(name);
  }

  #stand(index: number): Reader {
    const { offsets } = this.#abbreviation!;
    const isFixed = index < offsets.length - 1;
    this.#reader.position = isFixed ? this.#start + offsets[index]! : this.#positions[index]!;
    return this.#reader;
  }

  string(name: number): string | undefined {
    const value = this.attribute(name);
    return value?.kind === 'string' ? value.value : undefined;
  }

  flag(name: number): boolean {
    const value = this.attribute(name);
    return value?.kind === 'flag' && value.value;
  }

  /** A constant as it was written: sign-extended only where the form says so. */
  constant(name: number): bigint | undefined {
    const value = this.attribute(name);
    return value?.kind === 'constant' ? value.value : undefined;
  }

  /** A constant that is a count, size, line or other small number. */
  number(name: number): number | undefined {
    const value = this.constant(name);
    return value === undefined ? undefined : Number(value);
  }

  address(name: number): bigint | undefined {
    const value = this.attribute(name);
    return value?.kind === 'address' ? value.value : undefined;
  }

  /** Position of the DIE that an attribute refers to; undefined for a type signature. */
  reference(name: number): number | undefined {
    const value = this.attribute(name);
    return value?.kind === 'reference' ? value.target : undefined;
  }

  /** Offset in another section; DWARF 2 and 3 used constants for it. */
  offset(name: number): number | undefined {
    const value = this.attribute(name);
    if (value?.kind === 'offset') return value.value;
    return value?.kind === 'constant' && this.unit.version < 4 ? Number(value.value) : undefined;
  }

  block(name: number): Uint8Array | undefined {
    const value = this.attribute(name);
    return value?.kind === 'block' ? value.bytes : undefined;
  }
}
