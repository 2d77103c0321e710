import { byteSourceOf, type ByteSource } from './bytes.ts';
import { ElfFile } from './elf/elfFile.ts';
import { linkModule } from './elf/linkModule.ts';
import { openSymbolFile } from './openSymbolFile.ts';
import type { SymbolFile } from './symbolFile.ts';

export const BUILD_ID = '.note.gnu.build-id';

/** A kernel module's file before it is known where the kernel puts it. */
export interface ModuleObject {
  /** Its `.note.gnu.build-id`, which is loaded too: two files with the same one are from the same build. */
  readonly buildId: Uint8Array | undefined;
  /**
   * The module's symbols at the addresses where its sections have come to lie; sections without one are left out.
   * @throws ElfError when the file is malformed.
   */
  at(addresses: ReadonlyMap<string, bigint>): SymbolFile;
}

/** @throws ElfError if the file is not a RISC-V relocatable object. */
export function openModule(source: ByteSource): ModuleObject {
  const object = ElfFile.openObject(source);
  const buildId = object.section(BUILD_ID);
  return {
    buildId: buildId && object.sectionData(buildId),
    at: (addresses) => openSymbolFile(byteSourceOf(linkModule(object, addresses))),
  };
}
