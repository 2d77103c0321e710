/**
 * Page-table entries as two halves in plain numbers, for those who read whole tables: a page or frame number has 45
 * bits at most (privileged spec, "Sv39: Addressing and Memory Protection", "Svnapot", "Svpbmt"). A hart without
 * Svnapot or Svpbmt takes their bits for reserved, too; its guest leaves them alone.
 */
const [VALID, READ, WRITE, EXECUTE] = [1, 2, 4, 8];
/** D, A and U are reserved in entries that lead to tables. */
const RESERVED_IN_POINTERS = 0xd0;
const HIGH_FRAME_MASK = 0x3f_ffff;
/** Of the upper half: bits 60–54; 62 and 61, the memory type (Svpbmt); 63, one of 16 entries that belong together (Svnapot). */
const HIGH_RESERVED = 0x1fc0_0000;
const HIGH_EXTENSIONS = 0xe000_0000;
const RESERVED_TYPE = 3;

/** The first frame that the entry at this place maps; undefined unless it is a leaf that a hart accepts. */
export function leafFrame(low: number, high: number, level: number, index: number): number | undefined {
  if (!isAcceptable(low, high) || (low & (READ | EXECUTE)) === 0) return undefined;
  const frame = frameOf(low, high);
  if (((high >>> 29) & 3) === RESERVED_TYPE || frame % 512 ** level !== 0) return undefined;
  if (high >>> 31 === 0) return frame;
  // Svnapot: 64 KiB of 16 entries, each of which maps its own 4 KiB, and all say 8 in the low bits of the frame.
  return level === 0 && frame % 16 === 8 ? frame - 8 + (index % 16) : undefined;
}

/** The table that the entry leads to; undefined unless it is a pointer that a hart accepts. */
export function tableFrame(low: number, high: number, level: number): number | undefined {
  if (!isAcceptable(low, high) || (low & (READ | EXECUTE)) !== 0) return undefined;
  const reserved = (low & RESERVED_IN_POINTERS) !== 0 || (high & HIGH_EXTENSIONS) !== 0;
  return level === 0 || reserved ? undefined : frameOf(low, high);
}

function isAcceptable(low: number, high: number): boolean {
  return (low & VALID) !== 0 && (low & (READ | WRITE)) !== WRITE && (high & HIGH_RESERVED) === 0;
}

function frameOf(low: number, high: number): number {
  return (high & HIGH_FRAME_MASK) * 2 ** 22 + (low >>> 10);
}
