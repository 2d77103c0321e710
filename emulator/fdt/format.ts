/** The flattened form: header, tokens, versions (Devicetree Specification 0.4, chapter 5). All numbers big-endian. */

export const FDT_MAGIC = 0xd00dfeed;
export const FDT_VERSION = 17;
export const FDT_LAST_COMPATIBLE_VERSION = 16;
export const FDT_HEADER_SIZE = 40;
export const FDT_RESERVATION_SIZE = 16;

/** Offsets of the header's fields. */
export const FDT_HEADER = {
  magic: 0,
  totalSize: 4,
  structureOffset: 8,
  stringsOffset: 12,
  reservationsOffset: 16,
  version: 20,
  lastCompatibleVersion: 24,
  bootHart: 28,
  stringsSize: 32,
  structureSize: 36,
} as const;

export const FDT_BEGIN_NODE = 1;
export const FDT_END_NODE = 2;
export const FDT_PROPERTY = 3;
export const FDT_NOP = 4;
export const FDT_END = 9;
