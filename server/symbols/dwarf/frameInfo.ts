import type { AddressRange } from '../code.ts';
import { AddressTable } from './addressTable.ts';
import { Reader } from './reader.ts';
import type { DebugSection, DebugSections } from './sections.ts';
import { asError, type ReportProblem } from './units.ts';

// Call frame instructions: DWARF 5, 7.24; GNU's from 0x2d.
const CFA = {
  advanceLoc: 0x40,
  offset: 0x80,
  restore: 0xc0,
  nop: 0x00,
  setLoc: 0x01,
  advanceLoc1: 0x02,
  advanceLoc2: 0x03,
  advanceLoc4: 0x04,
  offsetExtended: 0x05,
  restoreExtended: 0x06,
  undefined: 0x07,
  sameValue: 0x08,
  register: 0x09,
  rememberState: 0x0a,
  restoreState: 0x0b,
  defCfa: 0x0c,
  defCfaRegister: 0x0d,
  defCfaOffset: 0x0e,
  defCfaExpression: 0x0f,
  expression: 0x10,
  offsetExtendedSf: 0x11,
  defCfaSf: 0x12,
  defCfaOffsetSf: 0x13,
  valOffset: 0x14,
  valOffsetSf: 0x15,
  valExpression: 0x16,
  gnuArgsSize: 0x2e,
  gnuNegativeOffsetExtended: 0x2f,
} as const;

// Pointer encodings of .eh_frame: Linux Standard Base, "DWARF Exception Header Encoding".
const PE_OMIT = 0xff;
const PE_PCREL = 0x10;
const PE_DATAREL = 0x30;
const PE_INDIRECT = 0x80;

const MAXIMUM_REMEMBERED = 64;

/** How to find a caller's register (DWARF 5, 6.4.1). */
export type RegisterRule =
  | { readonly kind: 'undefined' }
  | { readonly kind: 'same' }
  /** Saved at CFA + offset. */
  | { readonly kind: 'offset'; readonly offset: bigint }
  /** Is CFA + offset. */
  | { readonly kind: 'value-offset'; readonly offset: bigint }
  | { readonly kind: 'register'; readonly register: number }
  | { readonly kind: 'expression'; readonly expression: Uint8Array }
  | { readonly kind: 'value-expression'; readonly expression: Uint8Array };

export type CfaRule =
  | { readonly kind: 'register'; readonly register: number; readonly offset: bigint }
  | { readonly kind: 'expression'; readonly expression: Uint8Array };

/** The rules in force at one pc. */
export interface UnwindRow {
  readonly cfa: CfaRule | undefined;
  readonly registers: ReadonlyMap<number, RegisterRule>;
  readonly returnAddress: number;
  /** The frame of a signal or trap handler: its pc is an interrupted instruction, not a return address. */
  readonly signal: boolean;
  /** Section the rules come from, for messages. */
  readonly section: string;
}

/** A common information entry. */
interface Cie {
  readonly codeAlignment: number;
  readonly dataAlignment: bigint;
  readonly returnAddress: number;
  readonly signal: boolean;
  readonly hasAugmentationData: boolean;
  readonly pointerEncoding: number;
  readonly segmentSize: number;
  readonly instructions: Uint8Array;
  readonly instructionsOffset: number;
}

/** .debug_frame or .eh_frame: which rules restore a caller's registers. */
class FrameTable {
  readonly #section: DebugSection;
  /** Address of .eh_frame, which its pointers are relative to; undefined for .debug_frame. */
  readonly #ehAddress: bigint | undefined;
  readonly #report: ReportProblem;
  readonly #cies = new Map<number, Cie>();
  #entries: AddressTable | undefined;

  constructor(section: DebugSection, ehAddress: bigint | undefined, report: ReportProblem) {
    this.#section = section;
    this.#ehAddress = ehAddress;
    this.#report = report;
  }

  /** The code around `pc` that one entry describes. */
  rangeAt(pc: bigint): AddressRange | undefined {
    return this.#table.find(pc);
  }

  rowAt(pc: bigint): UnwindRow | undefined {
    const found = this.#table.find(pc);
    if (found === undefined) return undefined;
    const entry = this.#readEntry(found.payload);
    if (entry?.kind !== 'fde') return undefined;
    const { cie, reader, start } = entry;
    const program = new RowProgram(cie, this.#section.name, start, (from) =>
      this.#pointer(from, cie.pointerEncoding),
    );
    program.run(new Reader(cie.instructions, this.#section.name, cie.instructionsOffset), undefined);
    program.setInitial();
    program.run(reader, pc);
    return program.row();
  }

  /** What stands in place of the offset of its CIE in a CIE itself. */
  get #cieId(): number {
    return this.#ehAddress === undefined ? -1 : 0;
  }

  get #table(): AddressTable {
    return (this.#entries ??= this.#readAll());
  }

  #readAll(): AddressTable {
    const ranges: { start: bigint; end: bigint; payload: number }[] = [];
    for (let offset = 0; offset < this.#section.size;) {
      let next: number | undefined;
      try {
        next = this.#entryEnd(offset);
        const entry = next === undefined ? undefined : this.#readEntry(offset);
        if (entry?.kind === 'fde' && entry.start > 1n && entry.end > entry.start && entry.end <= 1n << 64n) {
          ranges.push({ start: entry.start, end: entry.end, payload: offset });
        }
      } catch (problem) {
        this.#report(asError(problem));
      }
      if (next === undefined) break;
      offset = next;
    }
    return new AddressTable(ranges);
  }

  /** Offset after the entry at `offset`; undefined for the terminator of .eh_frame. */
  #entryEnd(offset: number): number | undefined {
    const reader = this.#section.reader(offset, Math.min(12, this.#section.size - offset));
    const { length } = reader.unitLength();
    if (length === 0) return this.#ehAddress === undefined ? offset + reader.position : undefined;
    const end = offset + reader.position + length;
    if (end > this.#section.size) reader.fail(`an entry of ${length} bytes does not fit`, 0);
    return end;
  }

  #readEntry(
    offset: number,
  ): { kind: 'cie' } | { kind: 'fde'; cie: Cie; start: bigint; end: bigint; reader: Reader } | undefined {
    const end = this.#entryEnd(offset);
    if (end === undefined) return undefined;
    const reader = new Reader(this.#section.bytes(offset, end - offset), this.#section.name, offset);
    const { length, offsetSize } = reader.unitLength();
    if (length === 0) return undefined;
    const idOffset = reader.offset;
    const id = entryId(reader, offsetSize);
    if (id === this.#cieId) return { kind: 'cie' };
    const cie = this.#cieAt(this.#ehAddress === undefined ? id : idOffset - id);
    if (cie.segmentSize > 0) reader.skip(cie.segmentSize);
    const start = this.#pointer(reader, cie.pointerEncoding);
    const size = this.#pointer(reader, cie.pointerEncoding & 0x0f);
    if (cie.hasAugmentationData) reader.skip(reader.uleb());
    return { kind: 'fde', cie, start, end: start + size, reader };
  }

  #cieAt(offset: number): Cie {
    let cie = this.#cies.get(offset);
    if (cie === undefined) this.#cies.set(offset, (cie = this.#readCie(offset)));
    return cie;
  }

  #readCie(offset: number): Cie {
    const end = this.#entryEnd(offset);
    const reader = new Reader(
      this.#section.bytes(offset, (end ?? offset) - offset),
      this.#section.name,
      offset,
    );
    const { offsetSize } = reader.unitLength();
    if (entryId(reader, offsetSize) !== this.#cieId) reader.fail('a CIE is expected here', 0);
    const version = reader.u8();
    if (version !== 1 && version !== 3 && version !== 4)
      reader.fail(`CIE version ${version} is not supported`);
    const augmentation = reader.cstring();
    let segmentSize = 0;
    if (version >= 4) {
      if (reader.u8() !== 8) reader.fail('a CIE with an address size other than 8');
      segmentSize = reader.u8();
    }
    const codeAlignment = reader.uleb();
    const dataAlignment = reader.sleb();
    const returnAddress = version === 1 ? reader.u8() : reader.uleb();
    let pointerEncoding = 0;
    let signal = false;
    if (augmentation.startsWith('z')) {
      const length = reader.uleb();
      const after = reader.position + length;
      for (const letter of augmentation.slice(1)) {
        if (letter === 'R') pointerEncoding = reader.u8();
        else if (letter === 'L') reader.u8();
        else if (letter === 'P') this.#pointer(reader, reader.u8() & ~PE_INDIRECT);
        else if (letter === 'S') signal = true;
        else if (letter !== 'B' && letter !== 'G') break;
      }
      reader.position = after;
    } else if (augmentation === 'S') {
      // What the GNU assembler writes into .debug_frame for .cfi_signal_frame: a letter without data.
      signal = true;
    } else if (augmentation !== '') {
      reader.fail(`CIE augmentation "${augmentation}" is not supported`);
    }
    const instructionsOffset = reader.offset;
    return {
      codeAlignment,
      dataAlignment,
      returnAddress,
      signal,
      hasAugmentationData: augmentation.startsWith('z'),
      pointerEncoding,
      segmentSize,
      instructions: reader.take(Math.max(0, reader.remaining)),
      instructionsOffset,
    };
  }

  #pointer(reader: Reader, encoding: number): bigint {
    if (encoding === PE_OMIT) return 0n;
    if ((encoding & PE_INDIRECT) !== 0) reader.fail('an indirect pointer in frame information');
    const here = (this.#ehAddress ?? 0n) + BigInt(reader.offset);
    const value = encodedValue(reader, encoding & 0x0f);
    const relative = encoding & 0x70;
    const base = relative === PE_PCREL ? here : relative === PE_DATAREL ? (this.#ehAddress ?? 0n) : 0n;
    return BigInt.asUintN(64, base + value);
  }
}

/** The second word of an entry; -1 where all bits are set. */
function entryId(reader: Reader, offsetSize: 4 | 8): number {
  const value = reader.unsigned(offsetSize);
  return value === (1n << BigInt(8 * offsetSize)) - 1n ? -1 : Number(value);
}

function encodedValue(reader: Reader, format: number): bigint {
  switch (format) {
    case 0x00:
    case 0x04:
      return reader.u64();
    case 0x01:
      return reader.ulebBig();
    case 0x02:
      return BigInt(reader.u16());
    case 0x03:
      return BigInt(reader.u32());
    case 0x09:
      return reader.sleb();
    case 0x0a:
      return BigInt.asIntN(16, BigInt(reader.u16()));
    case 0x0b:
      return BigInt.asIntN(32, BigInt(reader.u32()));
    case 0x0c:
      return BigInt.asIntN(64, reader.u64());
    default:
      return reader.fail(`pointer encoding 0x${format.toString(16)} is not supported`);
  }
}

/** Runs call frame instructions up to a pc (DWARF 5, 6.4.2). */
class RowProgram {
  readonly #cie: Cie;
  readonly #section: string;
  readonly #address: (reader: Reader) => bigint;
  #location: bigint;
  #cfa: CfaRule | undefined;
  #registers = new Map<number, RegisterRule>();
  #initial = new Map<number, RegisterRule>();
  readonly #remembered: { cfa: CfaRule | undefined; registers: Map<number, RegisterRule> }[] = [];

  constructor(cie: Cie, section: string, start: bigint, address: (reader: Reader) => bigint) {
    this.#cie = cie;
    this.#section = section;
    this.#location = start;
    this.#address = address;
  }

  /** What DW_CFA_restore goes back to. */
  setInitial(): void {
    this.#initial = new Map(this.#registers);
  }

  row(): UnwindRow {
    return {
      cfa: this.#cfa,
      registers: this.#registers,
      returnAddress: this.#cie.returnAddress,
      signal: this.#cie.signal,
      section: this.#section,
    };
  }

  /** Stops before the row that begins after `pc`; runs to the end without one. */
  run(reader: Reader, pc: bigint | undefined): void {
    const advance = (location: bigint): boolean => {
      if (pc !== undefined && location > pc) return false;
      this.#location = location;
      return true;
    };
    const { codeAlignment } = this.#cie;
    while (!reader.atEnd) {
      const opcode = reader.u8();
      const low = opcode & 0x3f;
      let delta: number | undefined;
      switch (opcode & 0xc0) {
        case CFA.advanceLoc:
          delta = low;
          break;
        case CFA.offset:
          this.#setOffset(low, reader.ulebBig());
          continue;
        case CFA.restore:
          this.#restore(low);
          continue;
        default:
          if (opcode === CFA.advanceLoc1) delta = reader.u8();
          else if (opcode === CFA.advanceLoc2) delta = reader.u16();
          else if (opcode === CFA.advanceLoc4) delta = reader.u32();
          else if (opcode === CFA.setLoc) {
            if (!advance(this.#address(reader))) return;
            continue;
          }
      }
      if (delta === undefined) this.#execute(opcode, reader);
      else if (!advance(this.#location + BigInt(delta) * BigInt(codeAlignment))) return;
    }
  }

  #execute(opcode: number, reader: Reader): void {
    const factored = (value: bigint): bigint => value * this.#cie.dataAlignment;
    switch (opcode) {
      case CFA.nop:
        return;
      case CFA.offsetExtended: {
        this.#setOffset(reader.uleb(), reader.ulebBig());
        return;
      }
      case CFA.offsetExtendedSf: {
        this.#setOffset(reader.uleb(), reader.sleb());
        return;
      }
      case CFA.gnuNegativeOffsetExtended: {
        this.#setOffset(reader.uleb(), -reader.ulebBig());
        return;
      }
      case CFA.restoreExtended: {
        this.#restore(reader.uleb());
        return;
      }
      case CFA.undefined: {
        this.#set(reader.uleb(), { kind: 'undefined' });
        return;
      }
      case CFA.sameValue: {
        this.#set(reader.uleb(), { kind: 'same' });
        return;
      }
      case CFA.register: {
        const register = reader.uleb();
        this.#set(register, { kind: 'register', register: reader.uleb() });
        return;
      }
      case CFA.valOffset: {
        const register = reader.uleb();
        this.#set(register, { kind: 'value-offset', offset: factored(reader.ulebBig()) });
        return;
      }
      case CFA.valOffsetSf: {
        const register = reader.uleb();
        this.#set(register, { kind: 'value-offset', offset: factored(reader.sleb()) });
        return;
      }
      case CFA.expression: {
        const register = reader.uleb();
        this.#set(register, { kind: 'expression', expression: reader.take(reader.uleb()) });
        return;
      }
      case CFA.valExpression: {
        const register = reader.uleb();
        this.#set(register, { kind: 'value-expression', expression: reader.take(reader.uleb()) });
        return;
      }
      case CFA.defCfa: {
        const register = reader.uleb();
        this.#cfa = { kind: 'register', register, offset: reader.ulebBig() };
        return;
      }
      case CFA.defCfaSf: {
        const register = reader.uleb();
        this.#cfa = { kind: 'register', register, offset: factored(reader.sleb()) };
        return;
      }
      case CFA.defCfaRegister:
        this.#cfa = { kind: 'register', register: reader.uleb(), offset: this.#cfaOffset(reader) };
        return;
      case CFA.defCfaOffset:
        this.#cfa = { kind: 'register', register: this.#cfaRegister(reader), offset: reader.ulebBig() };
        return;
      case CFA.defCfaOffsetSf:
        this.#cfa = {
          kind: 'register',
          register: this.#cfaRegister(reader),
          offset: factored(reader.sleb()),
        };
        return;
      case CFA.defCfaExpression:
        this.#cfa = { kind: 'expression', expression: reader.take(reader.uleb()) };
        return;
      case CFA.rememberState:
        if (this.#remembered.length >= MAXIMUM_REMEMBERED) reader.fail('too many remembered states');
        this.#remembered.push({ cfa: this.#cfa, registers: new Map(this.#registers) });
        return;
      case CFA.restoreState: {
        const state = this.#remembered.pop() ?? reader.fail('no state to restore');
        this.#cfa = state.cfa;
        this.#registers = state.registers;
        return;
      }
      case CFA.gnuArgsSize: {
        reader.skipLeb();
        return;
      }
      default:
        reader.fail(`unknown call frame instruction 0x${opcode.toString(16)}`, reader.position - 1);
    }
  }

  #set(register: number, rule: RegisterRule): void {
    this.#registers.set(register, rule);
  }

  #setOffset(register: number, factored: bigint): void {
    this.#set(register, { kind: 'offset', offset: factored * this.#cie.dataAlignment });
  }

  #restore(register: number): void {
    const rule = this.#initial.get(register);
    if (rule === undefined) this.#registers.delete(register);
    else this.#registers.set(register, rule);
  }

  #cfaRegister(reader: Reader): number {
    return this.#cfa?.kind === 'register'
      ? this.#cfa.register
      : reader.fail('no register to count the CFA from');
  }

  /** The GNU assembler's CIEs for RISC-V begin with a register alone: nothing is added to it then. */
  #cfaOffset(reader: Reader): bigint {
    if (this.#cfa === undefined) return 0n;
    return this.#cfa.kind === 'register'
      ? this.#cfa.offset
      : reader.fail('no register to count the CFA from');
  }
}

/** Call frame information of a file: .debug_frame, then .eh_frame. */
export class FrameInfo {
  readonly #tables: readonly FrameTable[];

  constructor(sections: DebugSections, report: ReportProblem) {
    const ehSection = sections.elf.section('.eh_frame');
    this.#tables = [
      new FrameTable(sections.frame, undefined, report),
      ...(ehSection === undefined ? [] : [new FrameTable(sections.ehFrame, ehSection.address, report)]),
    ];
  }

  rangeAt(pc: bigint): AddressRange | undefined {
    for (const table of this.#tables) {
      const range = table.rangeAt(pc);
      if (range !== undefined) return { start: range.start, end: range.end };
    }
    return undefined;
  }

  /** The rules at a pc; undefined where none are given. Throws `DwarfError` where they are malformed. */
  rowAt(pc: bigint): UnwindRow | undefined {
    for (const table of this.#tables) {
      const row = table.rowAt(pc);
      if (row !== undefined) return row;
    }
    return undefined;
  }
}
