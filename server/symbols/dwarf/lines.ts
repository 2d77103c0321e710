import type { Reader } from './reader.ts';
import { Form } from './constants.ts';
import { readForm, skipForm, type FormContext } from './forms.ts';
import type { DebugSections } from './sections.ts';

// Line number program opcodes: DWARF 5, 7.22.
const LNS = {
  copy: 1,
  advancePc: 2,
  advanceLine: 3,
  setFile: 4,
  setColumn: 5,
  negateStmt: 6,
  setBasicBlock: 7,
  constAddPc: 8,
  fixedAdvancePc: 9,
  setPrologueEnd: 10,
  setEpilogueBegin: 11,
  setIsa: 12,
} as const;
const LNE = { endSequence: 1, setAddress: 2, defineFile: 3, setDiscriminator: 4 } as const;
const LNCT = { path: 1, directoryIndex: 2 } as const;

/** Bits of `LineRows.flags`. */
export const RowFlag = { statement: 1, prologueEnd: 2, epilogueBegin: 4 } as const;

/** A name in a line header: its offset in .debug_line_str, or the text where it is written elsewhere. */
export type NameReference = number | string;

export interface LineFile {
  readonly name: NameReference;
  readonly directory: number;
}

/** Everything of a line table but its rows. */
export interface LineHeader {
  readonly version: number;
  /** Directory 0 is the compiler's working directory; absent before version 5, where the unit knows it. */
  readonly directories: readonly (NameReference | undefined)[];
  /** By the number that programs and DW_AT_decl_file use: from 0 in version 5, from 1 before. */
  readonly files: readonly (LineFile | undefined)[];
  readonly minimumInstructionLength: number;
  readonly defaultIsStatement: boolean;
  readonly lineBase: number;
  readonly lineRange: number;
  readonly opcodeBase: number;
  readonly opcodeLengths: readonly number[];
  /** Offsets of the program in .debug_line. */
  readonly programStart: number;
  readonly programEnd: number;
}

/** Sequences of rows; those of one sequence are by address. Columns of a table, not objects. */
export interface LineRows {
  readonly sequences: readonly LineSequence[];
  /** Bytes from the start of the row's sequence. */
  readonly delta: Uint32Array;
  readonly file: Uint32Array;
  readonly line: Uint32Array;
  readonly column: Uint32Array;
  readonly flags: Uint8Array;
}

export interface LineSequence {
  readonly start: bigint;
  readonly end: bigint;
  /** Rows `first`..`last`, `last` excluded. */
  readonly first: number;
  readonly last: number;
}

/** Reads the header of the line table at `offset` (DWARF 5, 6.2.4; DWARF 4, 6.2.4). */
export function readLineHeader(sections: DebugSections, offset: number, unit: FormContext): LineHeader {
  const reader = sections.line.readerAt(offset);
  const { length, offsetSize } = reader.unitLength();
  const programEnd = reader.offset + length;
  if (programEnd > sections.line.size) reader.fail(`a line table of ${length} bytes does not fit`, 0);
  const version = reader.u16();
  if (version < 2 || version > 5) reader.fail(`line table version ${version} is not supported`, 0);
  if (version >= 5) {
    const addressSize = reader.u8();
    const segmentSize = reader.u8();
    if (addressSize !== 8 || segmentSize !== 0) reader.fail('a line table with an address size other than 8');
  }
  const headerLength = reader.sectionOffset(offsetSize);
  const programStart = reader.offset + headerLength;
  if (programStart > programEnd) reader.fail('the header of a line table is longer than the table');
  const minimumInstructionLength = reader.u8();
  if (version >= 4) reader.u8(); // maximum_operations_per_instruction: RISC-V is no VLIW machine.
  const defaultIsStatement = reader.u8() !== 0;
  const lineBase = reader.i8();
  const lineRange = reader.u8();
  const opcodeBase = reader.u8();
  if (lineRange === 0 || opcodeBase === 0) reader.fail('a line table with a line range of 0');
  const opcodeLengths = [0, ...Array.from({ length: opcodeBase - 1 }, () => reader.u8())];
  // Strings of the header use its own offset size.
  const context: FormContext = offsetSize === unit.offsetSize ? unit : withOffsetSize(unit, offsetSize);
  const { directories, files } = version >= 5 ? readEntries(reader, context) : readOldEntries(reader);
  return {
    version,
    directories,
    files,
    minimumInstructionLength,
    defaultIsStatement,
    lineBase,
    lineRange,
    opcodeBase,
    opcodeLengths,
    programStart,
    programEnd,
  };
}

function withOffsetSize(unit: FormContext, offsetSize: 4 | 8): FormContext {
  return {
    version: unit.version,
    offsetSize,
    addressSize: unit.addressSize,
    start: unit.start,
    string: (offset) => unit.string(offset),
    lineString: (offset) => unit.lineString(offset),
    indexedString: (index) => unit.indexedString(index),
    indexedAddress: (index) => unit.indexedAddress(index),
  };
}

interface Entries {
  readonly directories: (NameReference | undefined)[];
  readonly files: (LineFile | undefined)[];
}

function readOldEntries(reader: Reader): Entries {
  const directories: (NameReference | undefined)[] = [undefined];
  for (let name = reader.cstring(); name !== ''; name = reader.cstring()) directories.push(name);
  const files: (LineFile | undefined)[] = [undefined];
  for (let name = reader.cstring(); name !== ''; name = reader.cstring()) {
    files.push({ name, directory: reader.uleb() });
    reader.skipLeb();
    reader.skipLeb();
  }
  return { directories, files };
}

function readEntries(reader: Reader, unit: FormContext): Entries {
  const directories = readTable(reader, unit).map((entry) => entry.name);
  const files = readTable(reader, unit);
  return { directories, files };
}

function readTable(reader: Reader, unit: FormContext): LineFile[] {
  const format = Array.from({ length: reader.u8() }, () => ({ type: reader.uleb(), form: reader.uleb() }));
  const count = reader.uleb();
  if (count > reader.remaining) reader.fail(`a table of ${count} file names does not fit`);
  const entries: LineFile[] = [];
  for (let index = 0; index < count; index++) {
    let name: NameReference = '';
    let directory = 0;
    for (const { type, form } of format) {
      if (type === LNCT.path) {
        if (form === Form.lineStrp) name = reader.sectionOffset(unit.offsetSize);
        else {
          const value = readForm(reader, form, unit, undefined);
          if (value.kind !== 'string') reader.fail('a file name that is no string');
          name = value.value;
        }
      } else if (type === LNCT.directoryIndex) {
        const value = readForm(reader, form, unit, undefined);
        if (value.kind !== 'constant') reader.fail('a directory index that is no number');
        directory = Number(value.value);
      } else skipForm(reader, form, unit);
    }
    entries.push({ name, directory });
  }
  return entries;
}

/** Growing columns. */
class RowBuffer {
  #capacity = 1024;
  count = 0;
  delta = new Uint32Array(this.#capacity);
  file = new Uint32Array(this.#capacity);
  line = new Uint32Array(this.#capacity);
  column = new Uint32Array(this.#capacity);
  flags = new Uint8Array(this.#capacity);

  push(delta: number, file: number, line: number, column: number, flags: number): void {
    if (this.count === this.#capacity) this.#grow();
    const at = this.count++;
    this.delta[at] = delta;
    this.file[at] = file;
    this.line[at] = line;
    this.column[at] = column;
    this.flags[at] = flags;
  }

  #grow(): void {
    this.#capacity *= 2;
    const grown = (old: Uint32Array): Uint32Array<ArrayBuffer> => {
      const larger = new Uint32Array(this.#capacity);
      larger.set(old);
      return larger;
    };
    this.delta = grown(this.delta);
    this.file = grown(this.file);
    this.line = grown(this.line);
    this.column = grown(this.column);
    const flags = new Uint8Array(this.#capacity);
    flags.set(this.flags);
    this.flags = flags;
  }

  /** Orders the rows from `first` on by address; compilers do, and then this only looks. */
  sortFrom(first: number): void {
    let sorted = true;
    for (let at = first + 1; at < this.count && sorted; at++) sorted = this.delta[at - 1]! <= this.delta[at]!;
    if (sorted) return;
    const order = Array.from({ length: this.count - first }, (_, index) => first + index);
    order.sort((a, b) => this.delta[a]! - this.delta[b]! || a - b);
    for (const column of [this.delta, this.file, this.line, this.column, this.flags]) {
      column.set(
        order.map((at) => column[at]!),
        first,
      );
    }
  }

  finish(sequences: LineSequence[]): LineRows {
    const { count } = this;
    return {
      sequences,
      delta: this.delta.slice(0, count),
      file: this.file.slice(0, count),
      line: this.line.slice(0, count),
      column: this.column.slice(0, count),
      flags: this.flags.slice(0, count),
    };
  }
}

/** Runs the line number program (DWARF 5, 6.2.5). */
export function runLineProgram(sections: DebugSections, header: LineHeader): LineRows {
  const reader = sections.line.reader(header.programStart, header.programEnd - header.programStart);
  const rows = new RowBuffer();
  const sequences: LineSequence[] = [];
  const { lineBase, lineRange, opcodeBase, minimumInstructionLength: unitLength } = header;
  const initialFlags = header.defaultIsStatement ? RowFlag.statement : 0;

  // The state machine's registers; the address is `base` plus a small number.
  let base = 0n;
  let delta = 0;
  let file = 1;
  let line = 1;
  let column = 0;
  let flags: number = initialFlags;
  let first = 0;

  const emit = (): void => {
    if (delta < 0 || delta > 0xffffffff) reader.fail('a sequence of more than 4 GiB');
    // Line 0 is code of the compiler's own (6.2.2): it counts to the line before, as GDB has it.
    if (line > 0 || rows.count === first) rows.push(delta, file, Math.max(0, line), column, flags);
    flags &= RowFlag.statement;
  };
  const setAddress = (address: bigint): void => {
    if (rows.count === first) {
      base = address;
      delta = 0;
    } else {
      delta = Number(BigInt.asIntN(64, address - base));
    }
  };
  const endSequence = (): void => {
    const end = base + BigInt(Math.max(0, delta));
    if (rows.count > first && end > base && base > 1n) {
      rows.sortFrom(first);
      sequences.push({ start: base, end, first, last: rows.count });
    } else {
      rows.count = first;
    }
    first = rows.count;
    base = 0n;
    delta = 0;
    file = 1;
    line = 1;
    column = 0;
    flags = initialFlags;
  };

  while (!reader.atEnd) {
    const opcode = reader.u8();
    if (opcode >= opcodeBase) {
      const adjusted = opcode - opcodeBase;
      delta += Math.floor(adjusted / lineRange) * unitLength;
      line += lineBase + (adjusted % lineRange);
      emit();
      continue;
    }
    switch (opcode) {
      case 0: {
        const length = reader.uleb();
        const next = reader.position + length;
        if (length === 0 || length > reader.remaining) reader.fail('an extended opcode does not fit');
        const extended = reader.u8();
        if (extended === LNE.endSequence) endSequence();
        else if (extended === LNE.setAddress) setAddress(reader.unsigned(length - 1));
        reader.position = next;
        break;
      }
      case LNS.copy:
        emit();
        break;
      case LNS.advancePc:
        delta += reader.uleb() * unitLength;
        break;
      case LNS.advanceLine:
        line += reader.slebNumber();
        break;
      case LNS.setFile:
        file = reader.uleb();
        break;
      case LNS.setColumn:
        column = reader.uleb();
        break;
      case LNS.negateStmt:
        flags ^= RowFlag.statement;
        break;
      case LNS.setBasicBlock:
        break;
      case LNS.constAddPc:
        delta += Math.floor((255 - opcodeBase) / lineRange) * unitLength;
        break;
      case LNS.fixedAdvancePc:
        delta += reader.u16();
        break;
      case LNS.setPrologueEnd:
        flags |= RowFlag.prologueEnd;
        break;
      case LNS.setEpilogueBegin:
        flags |= RowFlag.epilogueBegin;
        break;
      case LNS.setIsa:
        reader.skipLeb();
        break;
      default:
        for (let count = header.opcodeLengths[opcode] ?? 0; count > 0; count--) reader.skipLeb();
    }
  }
  return rows.finish(sequences.sort((a, b) => (a.start < b.start ? -1 : 1)));
}
