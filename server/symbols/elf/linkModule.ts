/**
 * Links a kernel module for reading: the sections get the addresses at which a kernel has put them, symbols and debug
 * information are relocated to those. The result is an ELF image like any other. Code is left as it is in the file:
 * what runs is in the guest's memory.
 */
import { ElfError } from '../errors.ts';
import type { ElfFile } from './elfFile.ts';
import type { Section } from './model.ts';
import { Relocator, type Relocation } from './relocation.ts';

// Names are those of the System V ABI, chapter "Object Files".
const ET_EXEC = 2;
const PT_LOAD = 1;
const SHT_NULL = 0;
const SHT_SYMTAB = 2;
const SHT_RELA = 4;
const SHT_NOBITS = 8;
const SHF_ALLOC = 2n;
const SHF_COMPRESSED = 0x800n;
const SHN_UNDEF = 0;
const SHN_LORESERVE = 0xff00;

const HEADER_SIZE = 64;
const SEGMENT_HEADER_SIZE = 56;
const SECTION_HEADER_SIZE = 64;
const SYMBOL_SIZE = 24;
const RELA_SIZE = 24;
const ALIGNMENT = 16;

/**
 * @param addresses Where each allocated section lies, by name; sections without one are not in memory.
 * @returns The bytes of an executable ELF image, one segment for each section in memory.
 * @throws ElfError when the module is malformed.
 */
export function linkModule(object: ElfFile, addresses: ReadonlyMap<string, bigint>): Uint8Array {
  const placed = object.sections.map((section) => place(section, addresses));
  const contents = placed.map(({ section }) => object.sectionData(section).slice());
  const symbolTable = placed.find(({ section }) => section.type === SHT_SYMTAB);
  const symbols = symbolTable && contents[symbolTable.section.index]!;
  if (symbols !== undefined) moveSymbols(symbols, placed);
  for (const { section } of placed) {
    const target = placed[section.info];
    if (section.type !== SHT_RELA || target === undefined || symbols === undefined) continue;
    const relocator = new Relocator(contents[section.info]!, target.address ?? 0n);
    for (const relocation of relocationsOf(contents[section.index]!, symbols)) relocator.apply(relocation);
  }
  return write(object, placed, contents);
}

interface Placed {
  readonly section: Section;
  /** Undefined for what is not in memory. */
  readonly address: bigint | undefined;
}

function place(section: Section, addresses: ReadonlyMap<string, bigint>): Placed {
  const inMemory = section.allocated && section.size > 0;
  return { section, address: inMemory ? addresses.get(section.name) : undefined };
}

/** A module's symbols count from their sections; those of sections that are not in memory are made undefined. */
function moveSymbols(symbols: Uint8Array, placed: readonly Placed[]): void {
  const view = viewOf(symbols);
  for (let at = SYMBOL_SIZE; at + SYMBOL_SIZE <= symbols.length; at += SYMBOL_SIZE) {
    const index = view.getUint16(at + 6, true);
    if (index === SHN_UNDEF || index >= SHN_LORESERVE) continue;
    const { section, address } = placed[index] ?? {};
    if (address !== undefined)
      view.setBigUint64(at + 8, BigInt.asUintN(64, view.getBigUint64(at + 8, true) + address), true);
    else if (section?.allocated !== false) view.setUint16(at + 6, SHN_UNDEF, true);
  }
}

function* relocationsOf(entries: Uint8Array, symbols: Uint8Array): Generator<Relocation> {
  const view = viewOf(entries);
  const symbolView = viewOf(symbols);
  for (let at = 0; at + RELA_SIZE <= entries.length; at += RELA_SIZE) {
    const symbol = view.getUint32(at + 12, true) * SYMBOL_SIZE;
    if (symbol + SYMBOL_SIZE > symbols.length)
      throw new ElfError('bad-symbols', 'A relocation of the module names a symbol that it does not have.');
    yield {
      offset: Number(view.getBigUint64(at, true)),
      type: view.getUint32(at + 8, true),
      value: symbolView.getBigUint64(symbol + 8, true) + view.getBigInt64(at + 16, true),
    };
  }
}

function write(object: ElfFile, placed: readonly Placed[], contents: readonly Uint8Array[]): Uint8Array {
  const segments = placed.filter(({ address }) => address !== undefined);
  let end = HEADER_SIZE + segments.length * SEGMENT_HEADER_SIZE;
  const offsets = contents.map((bytes, index) => {
    const isKept = placed[index]!.section.type !== SHT_RELA;
    const offset = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
    if (isKept) end = offset + bytes.length;
    return isKept ? offset : 0;
  });
  const table = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
  const image = new Uint8Array(table + placed.length * SECTION_HEADER_SIZE);
  const view = viewOf(image);
  image.set(object.readFile(0, HEADER_SIZE));
  view.setUint16(16, ET_EXEC, true);
  view.setBigUint64(32, BigInt(HEADER_SIZE), true);
  view.setBigUint64(40, BigInt(table), true);
  view.setUint16(54, SEGMENT_HEADER_SIZE, true);
  view.setUint16(56, segments.length, true);
  segments.forEach(({ section, address }, index) => {
    const at = HEADER_SIZE + index * SEGMENT_HEADER_SIZE;
    const flags = 4 | (section.writable ? 2 : 0) | (section.executable ? 1 : 0);
    view.setUint32(at, PT_LOAD, true);
    view.setUint32(at + 4, flags, true);
    view.setBigUint64(at + 8, BigInt(offsets[section.index]!), true);
    view.setBigUint64(at + 16, address!, true);
    view.setBigUint64(at + 24, address!, true);
    view.setBigUint64(at + 32, BigInt(contents[section.index]!.length), true);
    view.setBigUint64(at + 40, BigInt(section.size), true);
    view.setBigUint64(at + 48, section.alignment, true);
  });
  placed.forEach(({ section, address }, index) => {
    const bytes = contents[index]!;
    image.set(section.type === SHT_RELA ? [] : bytes, offsets[index]);
    const at = table + index * SECTION_HEADER_SIZE;
    writeSectionHeader(view, at, section, address, offsets[index]!, bytes.length);
  });
  return image;
}

/** As the object has it, but with its address, uncompressed, and without what the link has used up. */
function writeSectionHeader(
  view: DataView,
  at: number,
  section: Section,
  address: bigint | undefined,
  offset: number,
  length: number,
): void {
  if (section.type === SHT_RELA || section.index === 0) {
    view.setUint32(at + 4, SHT_NULL, true);
    return;
  }
  const flags = section.flags & ~SHF_COMPRESSED & (address === undefined ? ~SHF_ALLOC : ~0n);
  view.setUint32(at, section.nameOffset, true);
  view.setUint32(at + 4, section.type, true);
  view.setBigUint64(at + 8, BigInt.asUintN(64, flags), true);
  view.setBigUint64(at + 16, address ?? 0n, true);
  view.setBigUint64(at + 24, BigInt(offset), true);
  view.setBigUint64(at + 32, BigInt(section.type === SHT_NOBITS ? section.size : length), true);
  view.setUint32(at + 40, section.link, true);
  view.setUint32(at + 44, section.info, true);
  view.setBigUint64(at + 48, section.alignment, true);
  view.setBigUint64(at + 56, BigInt(section.entrySize), true);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
