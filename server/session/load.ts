/** From a configuration to a machine's ingredients: files read, formats recognised, addresses settled. */
import {
  ConfigurationError,
  type DiskChange,
  flatImage,
  type GuestImage,
  isPackedKernel,
  KERNEL_MAGIC_LENGTH,
  linuxImage,
  type MachineConfig,
  unpackKernel,
} from '../../emulator/index.ts';
import { AddressSpace } from '../sealing/addressSpace.ts';
import {
  byteSourceOf,
  ElfError,
  openSymbolFile,
  type ByteSource,
  type ElfFile,
  type SymbolFile,
} from '../symbols/index.ts';
import { parseSize, type SessionConfiguration } from './configuration.ts';
import { SessionError } from './errors.ts';
import type { OpenOptions } from './events.ts';
import type { OpenFile, SessionHost, WritableFile } from './host.ts';

export interface LoadedGuest {
  readonly machine: MachineConfig;
  /** Of `symbols`, else of the program; undefined for a flat image on its own. */
  readonly symbols: SymbolFile | undefined;
  readonly space: AddressSpace;
  /** What the symbols came from, as the user named it. */
  readonly symbolsPath: string;
  /** Writes what the guest has changed into the disk's file, if the user asked for that. */
  saveDisk(changes: readonly DiskChange[]): void;
  /** Closes the files that symbols are still read from. */
  close(): void;
}

/** A file that was opened, and what kind it is. */
interface Input {
  readonly path: string;
  readonly source: ByteSource;
  readonly isElf: boolean;
}

const PT_LOAD = 1;
const FIRMWARE_ADDRESS = 0x8000_0000n;
const ELF_MAGIC = [0x7f, 0x45, 0x4c, 0x46];

/**
 * @throws SessionError: `file` for what cannot be read, `image` for what is no image, `configuration` for attributes
 * that contradict each other, `cancelled`.
 */
export async function loadGuest(
  configuration: SessionConfiguration,
  host: SessionHost,
  options: OpenOptions,
): Promise<LoadedGuest> {
  const loader = new Loader(host, options);
  try {
    return await loadWith(loader, configuration);
  } catch (error) {
    loader.close();
    throw error;
  }
}

async function loadWith(loader: Loader, configuration: SessionConfiguration): Promise<LoadedGuest> {
  const program = await loader.kernel('program', configuration.program);
  const boot =
    configuration.image === undefined ? program : await loader.kernel('image', configuration.image);
  const named =
    configuration.symbols === undefined ? program : await loader.open('symbols', configuration.symbols);
  const symbols = named.isElf ? inFile(named.path, () => openSymbolFile(named.source)) : undefined;
  if (symbols === undefined && configuration.symbols !== undefined)
    throw new SessionError('image', `${named.path}: not an ELF file, so it has no symbols`);
  const bootElf = boot.isElf ? elfOf(boot, named, symbols) : undefined;
  const image = bootElf === undefined ? flatGuest(boot) : elfGuest(boot.path, bootElf);
  const space = new AddressSpace(symbols?.elf, bootElf === undefined ? loadBias(symbols?.elf, image) : 0n);
  const tohost = symbols?.symbols.addressOf('tohost');
  return {
    symbols,
    space,
    symbolsPath: named.path,
    saveDisk: (changes) => loader.saveDisk(changes),
    close: () => loader.close(),
    machine: {
      image,
      harts: configuration.harts,
      memory: configuration.memory === undefined ? undefined : parseSize('memory', configuration.memory),
      isa: configuration.isa,
      mmu: configuration.mmu as MachineConfig['mmu'],
      firmware: await loader.firmware(configuration.firmware ?? 'auto', image.entry),
      initrd: await loader.bytes('initrd', configuration.initrd),
      dtb: await loader.bytes('dtb', configuration.dtb),
      overlays: await loader.all('dtbOverlays', configuration.dtbOverlays),
      disk:
        configuration.disk === undefined
          ? undefined
          : await loader.disk(configuration.disk, configuration.saveDisk ?? false),
      commandLine: commandLineOf(configuration),
      tohost: tohost === undefined ? undefined : (space.physicalOf(tohost) ?? tohost),
    },
  };
}

class Loader {
  readonly #host: SessionHost;
  readonly #options: OpenOptions;
  readonly #opened: OpenFile[] = [];
  /** The disk's file, if it may be written to. */
  #disk: WritableFile | undefined;

  constructor(host: SessionHost, options: OpenOptions) {
    this.#host = host;
    this.#options = options;
  }

  close(): void {
    for (const file of this.#opened.splice(0)) file.close?.();
  }

  async open(attribute: string, path: string): Promise<Input> {
    if (this.#options.signal?.aborted === true) throw new SessionError('cancelled', 'opening was cancelled');
    this.#options.onProgress?.({ text: `Reading ${path}` });
    return inputOf(path, await this.#read(attribute, path));
  }

  /** A packed one is unpacked. */
  async kernel(attribute: string, path: string): Promise<Input> {
    const input = await this.open(attribute, path);
    const { source } = input;
    if (!isPackedKernel(source.read(0, Math.min(source.size, KERNEL_MAGIC_LENGTH)))) return input;
    this.#options.onProgress?.({ text: `Unpacking ${path}` });
    return inputOf(path, byteSourceOf(inFile(path, () => unpackKernel(source.read(0, source.size)))));
  }

  /** Read while the guest runs; only if `saves`, `saveDisk` writes to it. */
  async disk(path: string, saves: boolean): Promise<ByteSource> {
    if (!saves) return (await this.open('disk', path)).source;
    try {
      if (this.#host.openWritableFile === undefined) throw new Error('this host cannot write files');
      const file = await this.#host.openWritableFile(path);
      this.#opened.push(file);
      this.#disk = file;
      return file;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new SessionError('file', `"saveDisk": cannot write to ${path}: ${why}`, { cause: error });
    }
  }

  saveDisk(changes: readonly DiskChange[]): void {
    for (const { offset, bytes } of changes) this.#disk?.write(offset, bytes);
  }

  async bytes(attribute: string, path: string | undefined): Promise<Uint8Array | undefined> {
    if (path === undefined) return undefined;
    const { source } = await this.open(attribute, path);
    return source.read(0, source.size);
  }

  async all(attribute: string, paths: readonly string[] = []): Promise<Uint8Array[]> {
    const files: Uint8Array[] = [];
    for (const path of paths) {
      const { source } = await this.open(attribute, path);
      files.push(source.read(0, source.size));
    }
    return files;
  }

  /** `auto`: a program that begins where firmware lies is the firmware itself, anything else gets the built-in one. */
  async firmware(setting: string, entry: bigint): Promise<MachineConfig['firmware']> {
    if (setting === 'auto') return entry === FIRMWARE_ADDRESS ? 'none' : 'builtin';
    if (setting === 'builtin' || setting === 'none') return setting;
    const file = await this.open('firmware', setting);
    if (file.isElf)
      return elfGuest(
        file.path,
        inFile(file.path, () => openSymbolFile(file.source).elf),
      );
    return flatImage(file.source.read(0, file.source.size), FIRMWARE_ADDRESS, 'firmware');
  }

  async #read(attribute: string, path: string): Promise<ByteSource> {
    try {
      const file = await this.#host.openFile(path);
      this.#opened.push(file);
      return file;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new SessionError('file', `"${attribute}": cannot read ${path}: ${why}`, { cause: error });
    }
  }
}

function inputOf(path: string, source: ByteSource): Input {
  const magic = source.read(0, Math.min(source.size, ELF_MAGIC.length));
  return { path, source, isElf: ELF_MAGIC.every((byte, index) => magic[index] === byte) };
}

function elfOf(boot: Input, named: Input, symbols: SymbolFile | undefined): ElfFile {
  if (boot.source === named.source && symbols !== undefined) return symbols.elf;
  return inFile(boot.path, () => openSymbolFile(boot.source).elf);
}

/** Segments at their physical addresses; an entry point that is virtual becomes physical. */
function elfGuest(path: string, elf: ElfFile): GuestImage {
  const loads = elf.segments.filter((segment) => segment.type === PT_LOAD && segment.memorySize > 0);
  if (loads.length === 0)
    throw new SessionError('image', `${path}: has no segment to load (no PT_LOAD program header)`);
  const virtual = loads.find(
    ({ virtualAddress, memorySize }) =>
      virtualAddress <= elf.entry && elf.entry < virtualAddress + BigInt(memorySize),
  );
  const entry =
    virtual === undefined ? elf.entry : virtual.physicalAddress + (elf.entry - virtual.virtualAddress);
  const segments = loads.map((segment) => ({
    address: segment.physicalAddress,
    bytes: inFile(path, () => elf.segmentData(segment)),
    memorySize: BigInt(segment.memorySize),
    name: `segment ${segment.index}`,
  }));
  return { segments, entry };
}

/** A flat Linux Image goes where its header says. */
function flatGuest({ path, source }: Input): GuestImage {
  return inFile(path, () => linuxImage(source.read(0, source.size)));
}

/** A flat image lies at its own address; its vmlinux counts from its lowest `p_paddr`. */
function loadBias(elf: ElfFile | undefined, image: GuestImage): bigint {
  const starts = (elf?.segments ?? [])
    .filter((segment) => segment.type === PT_LOAD)
    .map((segment) => segment.physicalAddress);
  const first = starts.reduce<bigint | undefined>(
    (low, start) => (low === undefined || start < low ? start : low),
    undefined,
  );
  return first === undefined ? 0n : image.entry - first;
}

/** A guest that honours `rodata=off` is told of it. */
function commandLineOf({ commandLine, rodata }: SessionConfiguration): string {
  const words = commandLine ?? '';
  return rodata === 'off' && !/(^|\s)rodata=/.test(words) ? `${words} rodata=off`.trim() : words;
}

/** Puts the file's name before what is wrong with it. */
function inFile<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof ElfError || error instanceof ConfigurationError)
      throw new SessionError('image', `${path}: ${error.message}`, { cause: error });
    throw error;
  }
}
