/** The build id: what tells one build of an image from another (gABI "Note Section"; ld's --build-id). */
import type { ElfFile } from './elfFile.ts';

const NT_GNU_BUILD_ID = 3;
const HEADER = 12;

/** Hexadecimal digits; undefined for an image without one. */
export function buildIdOf(elf: ElfFile): string | undefined {
  const section = elf.sections.find(({ name }) => name === '.note.gnu.build-id');
  if (section === undefined) return undefined;
  const bytes = elf.sectionData(section);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.byteLength < HEADER || view.getUint32(8, true) !== NT_GNU_BUILD_ID) return undefined;
  const from = HEADER + Math.ceil(view.getUint32(0, true) / 4) * 4;
  const id = bytes.subarray(from, from + view.getUint32(4, true));
  return id.length === 0 ? undefined : Array.from(id, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
