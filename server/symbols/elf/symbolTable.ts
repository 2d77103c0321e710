import { ElfError } from '../errors.ts';
import { decodeString, encodeText } from '../text.ts';
import { addressOrder, AddressSearch } from '../addressSearch.ts';
import type { ElfFile } from './elfFile.ts';
import type { ElfSymbol, Section, SymbolAndOffset, SymbolKind, Symbols } from './model.ts';

const ENTRY_SIZE = 24;
const SHT_STRTAB = 3;
const SHN_UNDEF = 0;
const SHN_LORESERVE = 0xff00;
const SHN_ABS = 0xfff1;
const SHN_XINDEX = 0xffff;
const STT_FILE = 4;
const STB_LOCAL = 0;

const KINDS: readonly SymbolKind[] = ['none', 'object', 'function', 'section', 'file', 'common', 'tls'];
const BINDINGS: readonly ElfSymbol['binding'][] = ['local', 'global', 'weak'];

/**
 * Mapping symbols (RISC-V psABI: `$x…`, `$d…`) and the assembler's local labels describe encodings and temporaries, not
 * things with a name, and are left out of every answer.
 */
function isNoise(names: Uint8Array, start: number): boolean {
  const first = names[start];
  if (first === 0x24 /* $ */) return names[start + 1] === 0x78 || names[start + 1] === 0x64;
  return first === 0x2e /* . */ && names[start + 1] === 0x4c; /* L */
}

/**
 * `.symtab` of an image. Both indices (by name, by address) are built on first use, over the raw bytes: a kernel has
 * hundreds of thousands of symbols, of which a session asks for a handful.
 */
export class SymbolTable implements Symbols {
  readonly #elf: ElfFile;
  readonly #section: Section | undefined;
  #loaded: Contents | undefined;
  #nameIndex: NameIndex | undefined;
  #addressIndex: AddressIndex | undefined;

  /** Checks the headers of the table; its contents are read when the first symbol is asked for. */
  constructor(elf: ElfFile) {
    this.#elf = elf;
    const section = elf.section('.symtab') ?? elf.section('.dynsym');
    this.#section = section;
    if (section === undefined) return;
    if (elf.sections[section.link]?.type !== SHT_STRTAB) {
      throw new ElfError(
        'bad-symbols',
        `Section ${section.name} links to section ${section.link}, no string table.`,
      );
    }
    if (section.entrySize !== ENTRY_SIZE) {
      throw new ElfError(
        'bad-symbols',
        `Section ${section.name} has entries of ${section.entrySize} bytes, not 24.`,
      );
    }
  }

  get #contents(): Contents {
    return (this.#loaded ??= readContents(this.#elf, this.#section));
  }

  /** Number of entries, the null symbol included. */
  get count(): number {
    return Math.floor(this.#contents.entries.byteLength / ENTRY_SIZE);
  }

  /** Every defined symbol, in table order. */
  *all(): Generator<ElfSymbol> {
    for (let index = 1; index < this.count; index++) {
      if (this.#isListed(index)) yield this.#symbol(index);
    }
  }

  /** Every defined symbol whose name begins with `prefix`, in table order. */
  *startingWith(prefix: string): Generator<ElfSymbol> {
    const wanted = encodeText(prefix);
    for (let index = 1; index < this.count; index++) {
      const name = this.#nameOffset(index);
      if (wanted.every((byte, at) => this.#contents.names[name + at] === byte) && this.#isListed(index))
        yield this.#symbol(index);
    }
  }

  /** Every symbol of that name: global before weak before local. */
  named(name: string): ElfSymbol[] {
    this.#nameIndex ??= new NameIndex(this.#contents.names, this.count, (index) =>
      this.#isListed(index) ? this.#nameOffset(index) : undefined,
    );
    const rank = { global: 0, weak: 1, local: 2, other: 3 };
    return this.#nameIndex
      .find(name)
      .map((index) => this.#symbol(index))
      .sort((a, b) => rank[a.binding] - rank[b.binding] || a.index - b.index);
  }

  /** The first of `named`. */
  find(name: string): ElfSymbol | undefined {
    return this.named(name)[0];
  }

  addressOf(name: string): bigint | undefined {
    return this.find(name)?.address;
  }

  /**
   * The function or object that contains `address`; failing that, the label that precedes it in the same section.
   * Of several at one place, one with a size, then a global one, is preferred.
   */
  nearest(address: bigint, kinds?: readonly SymbolKind[]): SymbolAndOffset | undefined {
    const index = this.#byAddress;
    const section = this.#elf.sectionAt(address);
    let label: ElfSymbol | undefined;
    for (let at = index.lastAtOrBefore(address); at >= 0; at--) {
      const symbol = this.#symbol(index.symbolAt(at));
      if (kinds !== undefined && !kinds.includes(symbol.kind)) continue;
      const offset = address - symbol.address;
      if (offset < BigInt(symbol.size)) return { symbol, offset };
      if (symbol.size === 0 && symbol.section !== undefined && symbol.section === section) label ??= symbol;
      const nothingReaches = index.reach(at) <= address;
      if (nothingReaches && (label !== undefined || symbol.size > 0)) break;
    }
    return label && { symbol: label, offset: address - label.address };
  }

  /** Functions and objects that share at least one byte with `start`..`end`, by address. */
  within(start: bigint, end: bigint): ElfSymbol[] {
    const index = this.#byAddress;
    const found: ElfSymbol[] = [];
    for (let at = index.lastBefore(end); at >= 0 && index.reach(at) > start; at--) {
      const symbol = this.#symbol(index.symbolAt(at));
      if (symbol.size > 0 && symbol.address + BigInt(symbol.size) > start) found.push(symbol);
    }
    return found.reverse();
  }

  /** Up to `count` symbols before and as many after an address, nearest first. */
  *around(address: bigint, count: number): Generator<ElfSymbol> {
    const index = this.#byAddress;
    const middle = index.lastAtOrBefore(address);
    for (let distance = 0; distance < count; distance++) {
      if (middle - distance >= 0) yield this.#symbol(index.symbolAt(middle - distance));
      if (middle + 1 + distance < index.count) yield this.#symbol(index.symbolAt(middle + 1 + distance));
    }
  }

  /** Symbols defined in a section, by address. */
  inSection(section: Section): ElfSymbol[] {
    const index = this.#byAddress;
    const found: ElfSymbol[] = [];
    for (let at = 0; at < index.count; at++) {
      const symbol = index.symbolAt(at);
      if (this.#sectionIndex(symbol) === section.index) found.push(this.#symbol(symbol));
    }
    return found;
  }

  /**
   * Name of the source file that a local symbol comes from: the STT_FILE entry before it. Linkers keep local symbols
   * in groups, each after its file's entry (ABI, "Symbol Table").
   */
  fileOf(symbol: ElfSymbol): string | undefined {
    if (symbol.binding !== 'local') return undefined;
    for (let index = symbol.index; index > 0; index--) {
      const info = this.#info(index);
      if (info >> 4 !== STB_LOCAL) return undefined;
      if ((info & 15) === STT_FILE) return decodeString(this.#contents.names, this.#nameOffset(index));
    }
    return undefined;
  }

  get #byAddress(): AddressIndex {
    if (this.#addressIndex === undefined) {
      const chosen: number[] = [];
      for (let index = 1; index < this.count; index++) {
        if (this.#isListed(index) && this.#shndx(index) !== SHN_ABS) chosen.push(index);
      }
      this.#addressIndex = new AddressIndex(Uint32Array.from(chosen), this.#contents.entries);
    }
    return this.#addressIndex;
  }

  #isListed(index: number): boolean {
    const kind = this.#info(index) & 15;
    const section = this.#shndx(index);
    if (section === SHN_UNDEF || kind === 3 /* STT_SECTION */ || kind === STT_FILE) return false;
    const name = this.#nameOffset(index);
    return name !== 0 && name < this.#contents.names.length && !isNoise(this.#contents.names, name);
  }

  #symbol(index: number): ElfSymbol {
    const at = index * ENTRY_SIZE;
    const info = this.#info(index);
    return {
      index,
      name: decodeString(this.#contents.names, this.#nameOffset(index)) ?? '',
      address: this.#contents.entries.getBigUint64(at + 8, true),
      size: Number(this.#contents.entries.getBigUint64(at + 16, true)),
      kind: KINDS[info & 15] ?? 'other',
      binding: BINDINGS[info >> 4] ?? 'other',
      section: this.#elf.sections[this.#sectionIndex(index)],
      absolute: this.#shndx(index) === SHN_ABS,
    };
  }

  #nameOffset(index: number): number {
    return this.#contents.entries.getUint32(index * ENTRY_SIZE, true);
  }

  #info(index: number): number {
    return this.#contents.entries.getUint8(index * ENTRY_SIZE + 4);
  }

  #shndx(index: number): number {
    return this.#contents.entries.getUint16(index * ENTRY_SIZE + 6, true);
  }

  /** Index of the section that a symbol is defined in, -1 for absolute and common ones. */
  #sectionIndex(index: number): number {
    const section = this.#shndx(index);
    if (section < SHN_LORESERVE) return section;
    const extended = this.#contents.extendedIndices;
    if (section !== SHN_XINDEX || extended === undefined || index * 4 + 4 > extended.byteLength) return -1;
    return extended.getUint32(index * 4, true);
  }
}

interface Contents {
  readonly entries: DataView;
  readonly names: Uint8Array;
  /** SHT_SYMTAB_SHNDX: section indices that do not fit an entry. */
  readonly extendedIndices: DataView | undefined;
}

function readContents(elf: ElfFile, section: Section | undefined): Contents {
  const empty = new Uint8Array(0);
  if (section === undefined) return { entries: viewOf(empty), names: empty, extendedIndices: undefined };
  const extended = elf.sections.find(
    (other) => other.name === '.symtab_shndx' && other.link === section.index,
  );
  return {
    entries: viewOf(elf.sectionData(section)),
    names: elf.sectionData(elf.sections[section.link]!),
    extendedIndices: extended && viewOf(elf.sectionData(extended)),
  };
}

/** Symbols by address; of those at one address, the best to name it comes last. */
class AddressIndex {
  readonly #symbols: Uint32Array;
  readonly #search: AddressSearch;
  /** For each position, the highest end of it and all before: where a search backwards may give up. */
  readonly #reach: BigUint64Array;

  constructor(symbols: Uint32Array, entries: DataView) {
    const low = new Uint32Array(symbols.length);
    const high = new Uint32Array(symbols.length);
    for (let at = 0; at < symbols.length; at++) {
      const entry = symbols[at]! * ENTRY_SIZE;
      low[at] = entries.getUint32(entry + 8, true);
      high[at] = entries.getUint32(entry + 12, true);
    }
    const quality = (at: number): number => {
      const entry = symbols[at]! * ENTRY_SIZE;
      const sized = entries.getUint32(entry + 16, true) !== 0 ? 2 : 0;
      return sized + (entries.getUint8(entry + 4) >> 4 === STB_LOCAL ? 0 : 1);
    };
    const order = addressOrder(high, low, (a, b) => quality(a) - quality(b) || b - a);
    this.#symbols = order.map((at) => symbols[at]!);
    this.#search = new AddressSearch(
      order.map((at) => high[at]!),
      order.map((at) => low[at]!),
    );
    this.#reach = new BigUint64Array(order.length);
    let reach = 0n;
    this.#symbols.forEach((symbol, at) => {
      const entry = symbol * ENTRY_SIZE;
      const end = entries.getBigUint64(entry + 8, true) + entries.getBigUint64(entry + 16, true);
      if (end > reach) reach = end;
      this.#reach[at] = reach;
    });
  }

  get count(): number {
    return this.#symbols.length;
  }

  symbolAt(position: number): number {
    return this.#symbols[position]!;
  }

  reach(position: number): bigint {
    return this.#reach[position]!;
  }

  lastAtOrBefore(address: bigint): number {
    return this.#search.lastAtOrBefore(address);
  }

  lastBefore(address: bigint): number {
    return address === 0n ? -1 : this.#search.lastAtOrBefore(address - 1n);
  }
}

/** An open hash table from the bytes of a name to symbol indices, so that no string is made before one is wanted. */
class NameIndex {
  readonly #strings: Uint8Array;
  readonly #buckets: Uint32Array;
  readonly #next: Uint32Array;
  readonly #offsetOf: (index: number) => number | undefined;

  constructor(strings: Uint8Array, count: number, offsetOf: (index: number) => number | undefined) {
    this.#strings = strings;
    this.#offsetOf = offsetOf;
    this.#buckets = new Uint32Array(1 << Math.max(4, 32 - Math.clz32(count)));
    this.#next = new Uint32Array(count);
    for (let index = count - 1; index > 0; index--) {
      const offset = offsetOf(index);
      if (offset === undefined) continue;
      const bucket = this.#bucket(strings, offset);
      this.#next[index] = this.#buckets[bucket]!;
      this.#buckets[bucket] = index;
    }
  }

  find(name: string): number[] {
    const wanted = encodeText(`${name}\0`);
    const found: number[] = [];
    for (let index = this.#buckets[this.#bucket(wanted, 0)]!; index !== 0; index = this.#next[index]!) {
      const offset = this.#offsetOf(index) ?? 0;
      if (wanted.every((byte, at) => this.#strings[offset + at] === byte)) found.push(index);
    }
    return found;
  }

  /** FNV-1a of the NUL-terminated bytes at `start`, reduced to a bucket. */
  #bucket(bytes: Uint8Array, start: number): number {
    let hash = 0x811c9dc5;
    for (let at = start; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (byte === 0) break;
      hash = Math.imul(hash ^ byte, 0x01000193);
    }
    return (hash ^ (hash >>> 15)) & (this.#buckets.length - 1);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
