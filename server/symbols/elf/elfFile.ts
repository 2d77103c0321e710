import { unzlibSync } from 'fflate';
import type { ByteSource } from '../bytes.ts';
import { ElfError, type ElfErrorKind } from '../errors.ts';
import { decodeString } from '../text.ts';
import type { Section, Segment } from './model.ts';

// Names are those of the System V ABI, chapter "Object Files".
const EM_RISCV = 243;
const ET_REL = 1;
const ET_EXEC = 2;
const ET_DYN = 3;
const PT_LOAD = 1;
const SHT_STRTAB = 3;
const SHT_NOBITS = 8;
const SHF_WRITE = 1n;
const SHF_ALLOC = 2n;
const SHF_EXECINSTR = 4n;
const SHF_COMPRESSED = 0x800n;
const ELFCOMPRESS_ZLIB = 1;
const SHN_XINDEX = 0xffff;
const PN_XNUM = 0xffff;

const HEADER_SIZE = 64;
const SEGMENT_HEADER_SIZE = 56;
const SECTION_HEADER_SIZE = 64;
const COMPRESSION_HEADER_SIZE = 24;
/** More than any linker makes; a larger count is a damaged header, not a big program. */
const MAXIMUM_SECTIONS = 1 << 20;
/** A decompressed section larger than this is refused: the header that says so is damaged, or means harm. */
const MAXIMUM_INFLATED = 1 << 30;

const MACHINES = new Map([
  [3, 'x86 (32-bit)'],
  [8, 'MIPS'],
  [20, 'PowerPC'],
  [21, 'PowerPC 64'],
  [22, 'S/390'],
  [40, 'Arm (32-bit)'],
  [62, 'x86-64'],
  [183, 'AArch64'],
  [258, 'LoongArch'],
]);

const FILE_TYPES: Readonly<Record<number, string>> = { 0: 'no type', 4: 'a core dump' };

/** Headers of a 64-bit little-endian RISC-V ELF file, and access to what they describe. */
export class ElfFile {
  readonly #source: ByteSource;
  readonly #sectionsByName = new Map<string, Section>();
  readonly entry: bigint;
  readonly type: 'executable' | 'shared' | 'relocatable';
  /** `e_flags`: EF_RISCV_RVC and the floating-point ABI. */
  readonly flags: number;
  readonly segments: readonly Segment[];
  readonly sections: readonly Section[];

  /** Reads and checks the headers of an image; throws `ElfError`. */
  static open(source: ByteSource): ElfFile {
    const elf = new ElfFile(source);
    if (elf.type !== 'relocatable') return elf;
    throw wrongType('a relocatable object', 'give a linked image (executable or shared object)');
  }

  /** Reads and checks the headers of an object that is not linked, such as a kernel module; throws `ElfError`. */
  static openObject(source: ByteSource): ElfFile {
    const elf = new ElfFile(source);
    if (elf.type === 'relocatable') return elf;
    throw wrongType(elf.type === 'shared' ? 'a shared object' : 'executable', 'give a kernel module (.ko)');
  }

  private constructor(source: ByteSource) {
    this.#source = source;
    const magic = source.size >= 4 ? source.read(0, 4) : [];
    if (![0x7f, 0x45, 0x4c, 0x46].every((byte, index) => magic[index] === byte)) {
      throw new ElfError('not-elf', 'Not an ELF file: it does not begin with \\x7fELF.');
    }
    const header = this.#view(0, HEADER_SIZE, 'the ELF header');
    const elfClass = header.getUint8(4);
    if (elfClass !== 2) {
      throw new ElfError('not-64-bit', 'A 32-bit ELF file; build the image for riscv64.');
    }
    if (header.getUint8(5) !== 1) {
      throw new ElfError('big-endian', 'A big-endian ELF file; RISC-V images are little-endian.');
    }
    const machine = header.getUint16(18, true);
    if (machine !== EM_RISCV) {
      const name = MACHINES.get(machine) ?? `machine number ${machine}`;
      throw new ElfError('wrong-machine', `An ELF file for ${name}; this debugger runs RISC-V images.`);
    }
    const type = header.getUint16(16, true);
    if (type !== ET_REL && type !== ET_EXEC && type !== ET_DYN)
      throw wrongType(
        FILE_TYPES[type] ?? `type ${type}`,
        'give a linked image (executable or shared object)',
      );
    this.type = type === ET_EXEC ? 'executable' : type === ET_DYN ? 'shared' : 'relocatable';
    this.entry = header.getBigUint64(24, true);
    this.flags = header.getUint32(48, true);

    const sectionOffset = fileNumber(header.getBigUint64(40, true), 'e_shoff');
    let sectionCount = header.getUint16(60, true);
    let nameIndex = header.getUint16(62, true);
    let segmentCount = header.getUint16(56, true);
    if (sectionOffset !== 0) {
      expectEntrySize(header.getUint16(58, true), SECTION_HEADER_SIZE, 'section');
      // Counts that do not fit the header are in section 0 (ABI, "Section Header Table").
      const first = this.#view(sectionOffset, SECTION_HEADER_SIZE, 'the section header table');
      if (sectionCount === 0) sectionCount = fileNumber(first.getBigUint64(32, true), 'section count');
      if (nameIndex === SHN_XINDEX) nameIndex = first.getUint32(40, true);
      if (segmentCount === PN_XNUM) segmentCount = first.getUint32(44, true);
    }
    this.segments = this.#readSegments(
      fileNumber(header.getBigUint64(32, true), 'e_phoff'),
      segmentCount,
      header,
    );
    this.sections = sectionOffset === 0 ? [] : this.#readSections(sectionOffset, sectionCount, nameIndex);
    for (const section of this.sections) {
      if (!this.#sectionsByName.has(section.name)) this.#sectionsByName.set(section.name, section);
    }
  }

  /** Size of the file in bytes. */
  get fileSize(): number {
    return this.#source.size;
  }

  section(name: string): Section | undefined {
    return this.#sectionsByName.get(name);
  }

  /** The allocated section that contains `address`. */
  sectionAt(address: bigint): Section | undefined {
    return this.sections.find(
      (section) =>
        section.allocated && address >= section.address && address - section.address < BigInt(section.size),
    );
  }

  /** The segment that is loaded at `address`. */
  segmentAt(address: bigint): Segment | undefined {
    return this.segments.find(
      (segment) =>
        segment.type === PT_LOAD &&
        address >= segment.virtualAddress &&
        address - segment.virtualAddress < BigInt(segment.memorySize),
    );
  }

  /** All bytes of a section, inflated if it is compressed; empty for SHT_NOBITS. */
  sectionData(section: Section): Uint8Array {
    if (section.empty) return new Uint8Array(0);
    const raw = this.readFile(section.offset, section.size);
    return section.compressed ? inflate(raw, section) : raw;
  }

  /** The `fileSize` bytes that a segment has in the file. */
  segmentData(segment: Segment): Uint8Array {
    return this.readFile(segment.offset, segment.fileSize);
  }

  /** Bytes of the file itself. */
  readFile(offset: number, length: number): Uint8Array {
    const bytes = length === 0 ? new Uint8Array(0) : this.#source.read(offset, length);
    if (bytes.length !== length) {
      throw new ElfError(
        'truncated',
        `The file gave ${bytes.length} of ${length} bytes at offset ${offset}.`,
      );
    }
    return bytes;
  }

  /** Initial contents of memory as the segments give them; undefined when the range is not inside one segment. */
  read(address: bigint, length: number): Uint8Array | undefined {
    const segment = this.segmentAt(address);
    if (segment === undefined) return undefined;
    const start = Number(address - segment.virtualAddress);
    if (start + length > segment.memorySize) return undefined;
    const stored = Math.max(0, Math.min(length, segment.fileSize - start));
    const bytes = this.readFile(segment.offset + start, stored);
    if (stored === length) return bytes;
    const padded = new Uint8Array(length);
    padded.set(bytes);
    return padded;
  }

  #view(offset: number, length: number, what: string): DataView {
    if (offset + length > this.#source.size) {
      throw new ElfError(
        'truncated',
        `The ELF file is truncated: ${what} ends at byte ${offset + length}, the file at ${this.#source.size}.`,
      );
    }
    const bytes = this.readFile(offset, length);
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #readSegments(tableOffset: number, count: number, header: DataView): Segment[] {
    if (count === 0) return [];
    expectEntrySize(header.getUint16(54, true), SEGMENT_HEADER_SIZE, 'program');
    const table = this.#view(tableOffset, count * SEGMENT_HEADER_SIZE, 'the program header table');
    const segments: Segment[] = [];
    for (let index = 0; index < count; index++) {
      const at = index * SEGMENT_HEADER_SIZE;
      const flags = table.getUint32(at + 4, true);
      const segment: Segment = {
        index,
        type: table.getUint32(at, true),
        offset: fileNumber(table.getBigUint64(at + 8, true), `the offset of segment ${index}`),
        virtualAddress: table.getBigUint64(at + 16, true),
        physicalAddress: table.getBigUint64(at + 24, true),
        fileSize: fileNumber(table.getBigUint64(at + 32, true), `the file size of segment ${index}`),
        memorySize: fileNumber(
          table.getBigUint64(at + 40, true),
          `the memory size of segment ${index}`,
          'bad-segment',
        ),
        alignment: table.getBigUint64(at + 48, true),
        readable: (flags & 4) !== 0,
        writable: (flags & 2) !== 0,
        executable: (flags & 1) !== 0,
      };
      if (segment.type === PT_LOAD) this.#checkSegment(segment);
      segments.push(segment);
    }
    checkOverlaps(segments.filter((segment) => segment.type === PT_LOAD && segment.memorySize > 0));
    return segments;
  }

  #checkSegment(segment: Segment): void {
    const name = `Segment ${segment.index} (at ${hex(segment.virtualAddress)})`;
    if (segment.offset + segment.fileSize > this.#source.size) {
      throw new ElfError(
        'truncated',
        `${name} ends at byte ${segment.offset + segment.fileSize} of the file, which has ${this.#source.size}.`,
      );
    }
    if (segment.fileSize > segment.memorySize) {
      throw new ElfError('bad-segment', `${name} has more bytes in the file than in memory.`);
    }
    for (const address of [segment.virtualAddress, segment.physicalAddress]) {
      if (address + BigInt(segment.memorySize) > 1n << 64n) {
        throw new ElfError('bad-segment', `${name} runs over the end of the address space.`);
      }
    }
  }

  #readSections(tableOffset: number, count: number, nameIndex: number): Section[] {
    if (count > MAXIMUM_SECTIONS) {
      throw new ElfError('bad-section', `The ELF header claims ${count} sections; the file is damaged.`);
    }
    const table = this.#view(tableOffset, count * SECTION_HEADER_SIZE, 'the section header table');
    if (nameIndex >= count && nameIndex !== 0) {
      throw new ElfError(
        'bad-section',
        `The section name table is section ${nameIndex}, but there are only ${count}.`,
      );
    }
    const headerAt = (index: number, names: Uint8Array): Section =>
      readSectionHeader(table, index, names, count, this.#source.size);
    const nameSection = nameIndex === 0 ? undefined : headerAt(nameIndex, new Uint8Array(0));
    if (nameSection !== undefined && nameSection.type !== SHT_STRTAB) {
      throw new ElfError(
        'bad-section',
        `Section ${nameIndex} should hold section names but is no string table.`,
      );
    }
    const names = nameSection === undefined ? new Uint8Array(0) : this.sectionData(nameSection);
    return Array.from({ length: count }, (_, index) => headerAt(index, names));
  }
}

function wrongType(name: string, advice: string): ElfError {
  return new ElfError('wrong-type', `The ELF file is ${name}; ${advice}.`);
}

function readSectionHeader(
  table: DataView,
  index: number,
  names: Uint8Array,
  count: number,
  fileSize: number,
): Section {
  const at = index * SECTION_HEADER_SIZE;
  const type = table.getUint32(at + 4, true);
  const flags = table.getBigUint64(at + 8, true);
  const name = index === 0 ? '' : (decodeString(names, table.getUint32(at, true)) ?? '');
  const what = `section ${index}${name === '' ? '' : ` (${name})`}`;
  const section: Section = {
    index,
    name,
    nameOffset: table.getUint32(at, true),
    type,
    flags,
    address: table.getBigUint64(at + 16, true),
    offset: fileNumber(table.getBigUint64(at + 24, true), `the offset of ${what}`),
    size: index === 0 ? 0 : fileNumber(table.getBigUint64(at + 32, true), `the size of ${what}`),
    link: index === 0 ? 0 : table.getUint32(at + 40, true),
    info: table.getUint32(at + 44, true),
    entrySize: fileNumber(table.getBigUint64(at + 56, true), `the entry size of ${what}`),
    alignment: table.getBigUint64(at + 48, true),
    allocated: (flags & SHF_ALLOC) !== 0n,
    writable: (flags & SHF_WRITE) !== 0n,
    executable: (flags & SHF_EXECINSTR) !== 0n,
    empty: type === SHT_NOBITS || type === 0,
    compressed: (flags & SHF_COMPRESSED) !== 0n,
  };
  if (!section.empty && section.offset + section.size > fileSize) {
    throw new ElfError(
      'truncated',
      `The ELF file is truncated: ${what} ends at byte ${section.offset + section.size}, the file at ${fileSize}.`,
    );
  }
  if (section.link >= count && section.link !== 0) {
    throw new ElfError(
      'bad-section',
      `In ${what}, sh_link names section ${section.link}; there are only ${count}.`,
    );
  }
  return section;
}

function checkOverlaps(segments: readonly Segment[]): void {
  for (const [kind, addressOf] of [
    ['virtual', (segment: Segment): bigint => segment.virtualAddress],
    ['physical', (segment: Segment): bigint => segment.physicalAddress],
  ] as const) {
    const sorted = [...segments].sort((a, b) => (addressOf(a) < addressOf(b) ? -1 : 1));
    for (const [index, segment] of sorted.entries()) {
      const next = sorted[index + 1];
      if (next === undefined || addressOf(segment) + BigInt(segment.memorySize) <= addressOf(next)) continue;
      throw new ElfError(
        'overlapping-segments',
        `Segments ${segment.index} and ${next.index} overlap at ${kind} address ${hex(addressOf(next))}.`,
      );
    }
  }
}

function inflate(raw: Uint8Array, section: Section): Uint8Array {
  if (raw.length < COMPRESSION_HEADER_SIZE) {
    throw new ElfError('truncated', `Section ${section.name} is too short for its compression header.`);
  }
  const header = new DataView(raw.buffer, raw.byteOffset, COMPRESSION_HEADER_SIZE);
  const method = header.getUint32(0, true);
  if (method !== ELFCOMPRESS_ZLIB) {
    const name = method === 2 ? 'zstd' : `method ${method}`;
    throw new ElfError(
      'unsupported-compression',
      `Section ${section.name} is compressed with ${name}; decompress it with objcopy --decompress-debug-sections.`,
    );
  }
  const size = fileNumber(header.getBigUint64(8, true), `the inflated size of ${section.name}`);
  if (size > MAXIMUM_INFLATED) {
    throw new ElfError(
      'bad-section',
      `Section ${section.name} claims ${size} bytes when inflated; it is damaged.`,
    );
  }
  try {
    const bytes = unzlibSync(raw.subarray(COMPRESSION_HEADER_SIZE), { out: new Uint8Array(size) });
    if (bytes.length === size) return bytes;
  } catch {
    // One message for every way in which the stream can be damaged.
  }
  throw new ElfError(
    'bad-section',
    `Section ${section.name} cannot be inflated: its compressed data are damaged.`,
  );
}

/** A file offset or size; anything beyond 2^53 cannot be in a file. */
function fileNumber(value: bigint, what: string, kind: ElfErrorKind = 'truncated'): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new ElfError(kind, `In the ELF file, ${what} is ${hex(value)}, which no file can have.`);
  }
  return Number(value);
}

function expectEntrySize(actual: number, expected: number, table: string): void {
  if (actual !== expected) {
    throw new ElfError(
      'bad-section',
      `The ELF header gives ${table} headers ${actual} bytes each instead of ${expected}.`,
    );
  }
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
