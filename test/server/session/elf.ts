/** Small ELF images made by hand, for guests that no compiler would make and files that are wrong in one place. */

export interface TestSegment {
  readonly address: bigint;
  readonly bytes: Uint8Array;
  readonly memorySize?: number;
}

const HEADER = 64;
const PROGRAM_HEADER = 56;
const EM_RISCV = 243;

/** A static little-endian ELF64 executable without sections or symbols. */
export function makeElf(
  segments: readonly TestSegment[],
  entry = segments[0]?.address ?? 0n,
  machine = EM_RISCV,
): Uint8Array {
  const start = HEADER + segments.length * PROGRAM_HEADER;
  const file = new Uint8Array(start + segments.reduce((sum, { bytes }) => sum + bytes.length, 0));
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, machine, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, entry, true);
  view.setBigUint64(32, BigInt(HEADER), true);
  view.setUint16(52, HEADER, true);
  view.setUint16(54, PROGRAM_HEADER, true);
  view.setUint16(56, segments.length, true);
  let offset = start;
  segments.forEach(({ address, bytes, memorySize }, index) => {
    const at = HEADER + index * PROGRAM_HEADER;
    view.setUint32(at, 1, true);
    view.setUint32(at + 4, 7, true);
    view.setBigUint64(at + 8, BigInt(offset), true);
    view.setBigUint64(at + 16, address, true);
    view.setBigUint64(at + 24, address, true);
    view.setBigUint64(at + 32, BigInt(bytes.length), true);
    view.setBigUint64(at + 40, BigInt(memorySize ?? bytes.length), true);
    view.setBigUint64(at + 48, 1n, true);
    file.set(bytes, offset);
    offset += bytes.length;
  });
  return file;
}

/** Instructions as 32-bit words. */
export function code(...words: number[]): Uint8Array {
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  words.forEach((word, index) => view.setUint32(index * 4, word, true));
  return bytes;
}
