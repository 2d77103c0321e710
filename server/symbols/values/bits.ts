/** Numbers as the little-endian bytes of the guest. */

/** Up to sixteen bytes as an unsigned integer. */
export function unsignedFrom(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let index = Math.min(bytes.length, 16) - 1; index >= 0; index--)
    value = (value << 8n) | BigInt(bytes[index]!);
  return value;
}

/** The low `size` bytes of an integer of either sign. */
export function bytesFrom(value: bigint, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let rest = value;
  for (let index = 0; index < size; index++) {
    bytes[index] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

/** A float or double; undefined for sizes that JavaScript has no numbers for. */
export function floatFrom(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length === 4) return view.getFloat32(0, true);
  return bytes.length === 8 ? view.getFloat64(0, true) : undefined;
}

export function bytesFromFloat(value: number, size: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  if (size === 4) view.setFloat32(0, value, true);
  else view.setFloat64(0, value, true);
  return new Uint8Array(view.buffer, 0, size);
}

/** `width` bits from bit `shift` on. */
export function extractBits(bytes: Uint8Array, shift: number, width: number): bigint {
  return (unsignedFrom(bytes) >> BigInt(shift)) & ((1n << BigInt(width)) - 1n);
}

/** The same bytes with `width` bits from bit `shift` on replaced. */
export function insertBits(bytes: Uint8Array, shift: number, width: number, value: bigint): Uint8Array {
  const mask = ((1n << BigInt(width)) - 1n) << BigInt(shift);
  return bytesFrom((unsignedFrom(bytes) & ~mask) | ((value << BigInt(shift)) & mask), bytes.length);
}
