/**
 * The kernel's exception table: instructions that are allowed to fault, and where the kernel goes on after it.
 * `rodata_test()` and `copy_to_kernel_nofault` store to sealed memory on purpose, and are found here.
 */
import type { SymbolFile } from '../symbols/index.ts';

/** A table's layout: bytes an entry, and how its instruction and fixup addresses are written. */
interface Layout {
  readonly entrySize: number;
  read(view: DataView, offset: number, address: bigint): { instruction: bigint; fixup: bigint };
}

/** Since Linux 5.17: `struct exception_table_entry { int insn, fixup; short type, data; }`, relative to each field. */
const RELATIVE_TYPED: Layout = { entrySize: 12, read: readRelative };
/** `{ int insn, fixup; }`, relative to each field. */
const RELATIVE: Layout = { entrySize: 8, read: readRelative };
/** `{ unsigned long insn, fixup; }`. */
const ABSOLUTE: Layout = {
  entrySize: 16,
  read: (view, offset) => ({
    instruction: view.getBigUint64(offset, true),
    fixup: view.getBigUint64(offset + 8, true),
  }),
};

export class ExceptionTable {
  readonly #fixups: ReadonlyMap<bigint, bigint>;

  private constructor(fixups: ReadonlyMap<bigint, bigint>) {
    this.#fixups = fixups;
  }

  /** The table of an image; empty when it has none that makes sense. */
  static of(symbols: SymbolFile | undefined): ExceptionTable {
    const range = symbols && tableRange(symbols);
    if (symbols === undefined || range === undefined) return new ExceptionTable(new Map());
    const bytes = symbols.elf.read(range.start, Number(range.end - range.start));
    if (bytes === undefined) return new ExceptionTable(new Map());
    const isCode = (address: bigint): boolean => symbols.elf.sectionAt(address)?.executable === true;
    for (const layout of [RELATIVE_TYPED, ABSOLUTE, RELATIVE]) {
      const fixups = readTable(bytes, range.start, layout, isCode);
      if (fixups !== undefined) return new ExceptionTable(fixups);
    }
    return new ExceptionTable(new Map());
  }

  get size(): number {
    return this.#fixups.size;
  }

  /** Where the kernel goes on when the instruction at `pc` faults. */
  fixupOf(pc: bigint): bigint | undefined {
    return this.#fixups.get(pc);
  }
}

function tableRange(symbols: SymbolFile): { start: bigint; end: bigint } | undefined {
  const start = symbols.symbols.addressOf('__start___ex_table');
  const end = symbols.symbols.addressOf('__stop___ex_table');
  if (start !== undefined && end !== undefined) return end > start ? { start, end } : undefined;
  const section = symbols.elf.section('__ex_table');
  if (section === undefined || section.size === 0) return undefined;
  return { start: section.address, end: section.address + BigInt(section.size) };
}

/** Undefined when the bytes are not a table of this layout: an entry's instruction or fixup is no code. */
function readTable(
  bytes: Uint8Array,
  address: bigint,
  layout: Layout,
  isCode: (address: bigint) => boolean,
): Map<bigint, bigint> | undefined {
  if (bytes.length % layout.entrySize !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fixups = new Map<bigint, bigint>();
  for (let offset = 0; offset < bytes.length; offset += layout.entrySize) {
    const { instruction, fixup } = layout.read(view, offset, address + BigInt(offset));
    if (!isCode(instruction) || !isCode(fixup)) return undefined;
    fixups.set(instruction, fixup);
  }
  return fixups;
}

function readRelative(
  view: DataView,
  offset: number,
  address: bigint,
): { instruction: bigint; fixup: bigint } {
  const instruction = address + BigInt(view.getInt32(offset, true));
  const fixup = address + 4n + BigInt(view.getInt32(offset + 4, true));
  return { instruction: BigInt.asUintN(64, instruction), fixup: BigInt.asUintN(64, fixup) };
}
