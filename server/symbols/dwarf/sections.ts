import { DwarfError } from '../errors.ts';
import type { ElfFile } from '../elf/elfFile.ts';
import type { Section } from '../elf/model.ts';
import { decodeString } from '../text.ts';
import { Reader } from './reader.ts';

/** Sections up to this size, and compressed ones, are read at once and kept; larger ones in the parts asked for. */
const WHOLE = 16 << 20;
/** Bytes read around one item of a large section. */
const WINDOW = 256 << 10;

/** One debug section, read as it is needed. Absent sections are empty, so that a reference into one is an error. */
export class DebugSection {
  readonly #elf: ElfFile;
  readonly #section: Section | undefined;
  readonly name: string;
  #whole: Uint8Array | undefined;
  #window: { readonly start: number; readonly bytes: Uint8Array } | undefined;

  constructor(elf: ElfFile, name: string) {
    this.#elf = elf;
    this.name = name;
    const section = elf.section(name);
    this.#section = section?.empty === true ? undefined : section;
  }

  /** Bytes, when inflated. */
  get size(): number {
    return this.#section?.compressed === true ? this.whole.length : (this.#section?.size ?? 0);
  }

  /** All bytes; kept. */
  get whole(): Uint8Array {
    return (this.#whole ??=
      this.#section === undefined ? new Uint8Array(0) : this.#elf.sectionData(this.#section));
  }

  bytes(offset: number, length: number): Uint8Array {
    if (offset < 0 || length < 0 || offset + length > this.size) {
      throw new DwarfError(this.name, offset, `${length} bytes are expected, the section has ${this.size}`);
    }
    if (this.#section === undefined) return new Uint8Array(0);
    if (this.#whole !== undefined || this.#section.compressed || this.#section.size <= WHOLE) {
      return this.whole.subarray(offset, offset + length);
    }
    return this.#elf.readFile(this.#section.offset + offset, length);
  }

  /** A reader of exactly these bytes. */
  reader(offset: number, length: number): Reader {
    return new Reader(this.bytes(offset, length), this.name, offset);
  }

  /** A reader that begins at `offset` and sees the rest of the section, or enough of it for one list. */
  readerAt(offset: number): Reader {
    const size = this.size;
    if (offset < 0 || offset >= size) {
      throw new DwarfError(this.name, offset, `the section has only ${size} bytes`);
    }
    if (this.#section!.compressed || size <= WHOLE) return this.reader(offset, size - offset);
    const held = this.#window;
    const inWindow =
      held !== undefined && offset >= held.start && offset + WINDOW / 4 <= held.start + held.bytes.length;
    const window = inWindow
      ? held
      : { start: offset, bytes: this.bytes(offset, Math.min(WINDOW, size - offset)) };
    this.#window = window;
    return new Reader(window.bytes.subarray(offset - window.start), this.name, offset);
  }

  string(offset: number): string {
    const text = decodeString(this.whole, offset);
    if (text === undefined) throw new DwarfError(this.name, offset, 'a string is expected here');
    return text;
  }
}

/** The debug sections of one file. */
export class DebugSections {
  readonly info: DebugSection;
  readonly types: DebugSection;
  readonly abbrev: DebugSection;
  readonly str: DebugSection;
  readonly lineStr: DebugSection;
  readonly strOffsets: DebugSection;
  readonly addr: DebugSection;
  readonly aranges: DebugSection;
  readonly line: DebugSection;
  readonly ranges: DebugSection;
  readonly rnglists: DebugSection;
  readonly loc: DebugSection;
  readonly loclists: DebugSection;
  readonly frame: DebugSection;
  readonly ehFrame: DebugSection;

  constructor(readonly elf: ElfFile) {
    const open = (name: string): DebugSection => new DebugSection(elf, name);
    this.info = open('.debug_info');
    this.types = open('.debug_types');
    this.abbrev = open('.debug_abbrev');
    this.str = open('.debug_str');
    this.lineStr = open('.debug_line_str');
    this.strOffsets = open('.debug_str_offsets');
    this.addr = open('.debug_addr');
    this.aranges = open('.debug_aranges');
    this.line = open('.debug_line');
    this.ranges = open('.debug_ranges');
    this.rnglists = open('.debug_rnglists');
    this.loc = open('.debug_loc');
    this.loclists = open('.debug_loclists');
    this.frame = open('.debug_frame');
    this.ehFrame = open('.eh_frame');
  }
}
