import {
  FDT_BEGIN_NODE,
  FDT_END,
  FDT_END_NODE,
  FDT_HEADER,
  FDT_HEADER_SIZE,
  FDT_LAST_COMPATIBLE_VERSION,
  FDT_MAGIC,
  FDT_PROPERTY,
  FDT_RESERVATION_SIZE,
  FDT_VERSION,
} from './format.ts';
import type { FdtNode, FdtTree } from './tree.ts';

/** Flatten a tree (version 17). */
export function writeFdt({ root, reservations, bootHart }: FdtTree): Uint8Array {
  const structure = new Structure();
  structure.node(root);
  structure.token(FDT_END);
  const structureBytes = structure.bytes();
  const stringsBytes = structure.strings();

  const structureOffset = FDT_HEADER_SIZE + (reservations.length + 1) * FDT_RESERVATION_SIZE;
  const stringsOffset = structureOffset + structureBytes.length;
  const blob = new Uint8Array(align(stringsOffset + stringsBytes.length));
  const view = new DataView(blob.buffer);
  view.setUint32(FDT_HEADER.magic, FDT_MAGIC);
  view.setUint32(FDT_HEADER.totalSize, blob.length);
  view.setUint32(FDT_HEADER.structureOffset, structureOffset);
  view.setUint32(FDT_HEADER.stringsOffset, stringsOffset);
  view.setUint32(FDT_HEADER.reservationsOffset, FDT_HEADER_SIZE);
  view.setUint32(FDT_HEADER.version, FDT_VERSION);
  view.setUint32(FDT_HEADER.lastCompatibleVersion, FDT_LAST_COMPATIBLE_VERSION);
  view.setUint32(FDT_HEADER.bootHart, bootHart);
  view.setUint32(FDT_HEADER.stringsSize, stringsBytes.length);
  view.setUint32(FDT_HEADER.structureSize, structureBytes.length);
  reservations.forEach(({ address, size }, index) => {
    view.setBigUint64(FDT_HEADER_SIZE + index * FDT_RESERVATION_SIZE, address);
    view.setBigUint64(FDT_HEADER_SIZE + index * FDT_RESERVATION_SIZE + 8, size);
  });
  blob.set(structureBytes, structureOffset);
  blob.set(stringsBytes, stringsOffset);
  return blob;
}

/** The structure block in the making, and the strings block its properties refer to. */
class Structure {
  readonly #bytes: number[] = [];
  readonly #strings: number[] = [];
  readonly #stringOffsets = new Map<string, number>();

  token(value: number): void {
    this.#bytes.push((value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
  }

  node({ name, properties, children }: FdtNode): void {
    this.token(FDT_BEGIN_NODE);
    this.#raw(new TextEncoder().encode(`${name}\0`));
    for (const [key, value] of properties) {
      this.token(FDT_PROPERTY);
      this.token(value.length);
      this.token(this.#string(key));
      this.#raw(value);
    }
    for (const child of children) this.node(child);
    this.token(FDT_END_NODE);
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  strings(): Uint8Array {
    return Uint8Array.from(this.#strings);
  }

  #raw(bytes: Uint8Array): void {
    for (const byte of bytes) this.#bytes.push(byte);
    while (this.#bytes.length % 4 !== 0) this.#bytes.push(0);
  }

  #string(text: string): number {
    let offset = this.#stringOffsets.get(text);
    if (offset === undefined) {
      offset = this.#strings.length;
      this.#stringOffsets.set(text, offset);
      this.#strings.push(...new TextEncoder().encode(`${text}\0`));
    }
    return offset;
  }
}

function align(size: number): number {
  return (size + 7) & ~7;
}
