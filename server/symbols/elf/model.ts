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

export interface SymbolAndOffset {
  readonly symbol: ElfSymbol;
  /** Bytes from the symbol's address. */
  readonly offset: bigint;
}
