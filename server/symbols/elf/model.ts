/** What an ELF file says, in the terms of the System V ABI; addresses as linked. */

export interface Segment {
  /** Index in the program header table. */
  readonly index: number;
  /** `p_type`; 1 is PT_LOAD. */
  readonly type: number;
  readonly virtualAddress: bigint;
  readonly physicalAddress: bigint;
  /** Bytes in the file, and where. */
  readonly offset: number;
  readonly fileSize: number;
  /** Bytes in memory; what the file does not give is zero. */
  readonly memorySize: number;
  readonly alignment: bigint;
  readonly readable: boolean;
  readonly writable: boolean;
  readonly executable: boolean;
}

export interface Section {
  readonly index: number;
  readonly name: string;
  /** `sh_name`: where the name begins in the table of section names. */
  readonly nameOffset: number;
  /** `sh_type`. */
  readonly type: number;
  readonly flags: bigint;
  readonly address: bigint;
  /** Where its bytes are in the file, and how many; compressed bytes where `compressed`. */
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly entrySize: number;
  readonly alignment: bigint;
  readonly allocated: boolean;
  readonly writable: boolean;
  readonly executable: boolean;
  /** SHT_NOBITS: occupies memory, but no bytes of the file. */
  readonly empty: boolean;
  readonly compressed: boolean;
}

export type SymbolKind = 'none' | 'object' | 'function' | 'section' | 'file' | 'common' | 'tls' | 'other';

export interface ElfSymbol {
  /** Index in the symbol table. */
  readonly index: number;
  readonly name: string;
  readonly address: bigint;
  /** Bytes; 0 for a label. */
  readonly size: number;
  readonly kind: SymbolKind;
  readonly binding: 'local' | 'global' | 'weak' | 'other';
  /** Undefined for absolute, common and undefined symbols. */
  readonly section: Section | undefined;
  readonly absolute: boolean;
}

/** Symbols with a name, of one file or of several that lie in one address space. */
export interface Symbols {
  /** Number of entries, the null symbols included. */
  readonly count: number;
  /** Every defined symbol, in table order. */
  all(): Iterable<ElfSymbol>;
  /** Every defined symbol whose name begins with `prefix`, in table order. */
  startingWith(prefix: string): Iterable<ElfSymbol>;
  /** Every symbol of that name: global before weak before local. */
  named(name: string): ElfSymbol[];
  /** The first of `named`. */
  find(name: string): ElfSymbol | undefined;
  addressOf(name: string): bigint | undefined;
  /**
   * The function or object that contains `address`; failing that, the label that precedes it in the same section.
   * Of several at one place, one with a size, then a global one, is preferred.
   */
  nearest(address: bigint, kinds?: readonly SymbolKind[]): SymbolAndOffset | undefined;
  /** Functions and objects that share at least one byte with `start`..`end`, by address. */
  within(start: bigint, end: bigint): ElfSymbol[];
  /** Symbols defined in a section, by address. */
  inSection(section: Section): ElfSymbol[];
  /** Name of the source file that a local symbol comes from. */
  fileOf(symbol: ElfSymbol): string | undefined;
}

export interface SymbolAndOffset {
  readonly symbol: ElfSymbol;
  /** Bytes from the symbol's address. */
  readonly offset: bigint;
}
