/**
 * Which files of a folder are kernel images: what F5 offers when there is no launch.json. Reads directories and ELF
 * headers, never more, and stops at a fixed amount of work, so that a folder as large as Linux is no problem.
 */
import { open, readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { ElfFile } from '../server/symbols/elf/elfFile.ts';
import { ElfError } from '../server/symbols/errors.ts';
import { openFileSource } from '../server/symbols/fileByteSource.node.ts';

export interface Kernel {
  /** Absolute path. */
  readonly path: string;
  readonly entry: bigint;
  readonly hasDebugInfo: boolean;
  /** Milliseconds since the epoch. */
  readonly modified: number;
}

export interface Search {
  /** Newest first: what was just built is what one wants to debug. */
  readonly kernels: readonly Kernel[];
  /** False if the folder was too large to be looked through as a whole. */
  readonly complete: boolean;
}

/** Directory entries looked at in one search: about a second's work. */
const MAXIMUM_ENTRIES = 50_000;

/** Linked images have no extension, or one of these; objects, archives and sources are not even opened. */
const IMAGE_EXTENSIONS = new Set(['', '.elf', '.out', '.img', '.kernel', '.axf', '.debug', '.dbg']);

/**
 * Images of a kernel lie at or above the board's RAM, at 0x80000000, or in the upper half of the address space.
 * Programs for user space lie far below.
 */
const LOWEST_KERNEL_ADDRESS = 0x8000_0000n;

/** Looks through `folder`, nearest directories first. Unreadable directories and files are passed over. */
export async function findKernels(folder: string, maximumEntries = MAXIMUM_ENTRIES): Promise<Search> {
  const kernels: Kernel[] = [];
  const seen = new Set<string>();
  const directories = [folder];
  let left = maximumEntries;
  for (let directory = directories.shift(); directory !== undefined; directory = directories.shift()) {
    const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (left-- === 0) return { kernels: newestFirst(kernels), complete: false };
      // Version control and tools' dependencies: full of files, never of the kernel that is being worked on.
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
      const path = join(directory, entry.name);
      if (entry.isDirectory()) {
        directories.push(path);
      } else if (entry.isFile() && IMAGE_EXTENSIONS.has(extname(entry.name).toLowerCase())) {
        const found = await kernelAt(path).catch(() => undefined);
        if (found === undefined || seen.has(found.identity)) continue;
        seen.add(found.identity);
        kernels.push(found.kernel);
      }
    }
  }
  return { kernels: newestFirst(kernels), complete: true };
}

/** Throws `ElfError` if the file is not a RISC-V ELF image. */
function readImage(path: string): ElfFile {
  const source = openFileSource(path);
  try {
    return ElfFile.open(source);
  } finally {
    source.close();
  }
}

async function kernelAt(path: string): Promise<{ kernel: Kernel; identity: string } | undefined> {
  if (!(await beginsLikeElf(path))) return undefined;
  let elf: ElfFile;
  try {
    elf = readImage(path);
  } catch (error) {
    if (error instanceof ElfError) return undefined;
    throw error;
  }
  if (elf.entry < LOWEST_KERNEL_ADDRESS) return undefined;
  const { mtimeMs, dev, ino } = await stat(path);
  const hasDebugInfo = elf.section('.debug_info') !== undefined;
  // Build tools leave hard links to one image in several places.
  return { kernel: { path, entry: elf.entry, hasDebugInfo, modified: mtimeMs }, identity: `${dev}:${ino}` };
}

async function beginsLikeElf(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return bytesRead === 4 && buffer.readUInt32BE(0) === 0x7f454c46;
  } finally {
    await file.close();
  }
}

function newestFirst(kernels: readonly Kernel[]): readonly Kernel[] {
  return [...kernels].sort((a, b) => b.modified - a.modified);
}
