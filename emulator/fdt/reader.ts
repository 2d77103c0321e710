import {
  FDT_BEGIN_NODE,
  FDT_END,
  FDT_END_NODE,
  FDT_HEADER,
  FDT_HEADER_SIZE,
  FDT_LAST_COMPATIBLE_VERSION,
  FDT_MAGIC,
  FDT_NOP,
  FDT_PROPERTY,
  FDT_RESERVATION_SIZE,
  FDT_VERSION,
} from './format.ts';
import type { FdtNode, FdtReservation, FdtTree } from './tree.ts';

/** Not a device tree blob; the message says where and why. */
export class FdtError extends Error {
  override readonly name = 'FdtError';
}

/** Deeper trees than this are nobody's hardware. */
const MAX_DEPTH = 64;

/** Read a flattened device tree. Throws FdtError for anything malformed. */
export function readFdt(blob: Uint8Array): FdtTree {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  if (blob.length < FDT_HEADER_SIZE || view.getUint32(FDT_HEADER.magic) !== FDT_MAGIC) {
    throw new FdtError('not a device tree blob: it does not start with d00dfeed');
  }
  const version = view.getUint32(FDT_HEADER.version);
  const oldest = view.getUint32(FDT_HEADER.lastCompatibleVersion);
  if (version < FDT_LAST_COMPATIBLE_VERSION || oldest > FDT_VERSION) {
    throw new FdtError(`device tree blob of version ${version}; this program reads ${FDT_VERSION}`);
  }
  const totalSize = view.getUint32(FDT_HEADER.totalSize);
  if (totalSize > blob.length || totalSize < FDT_HEADER_SIZE) {
    throw new FdtError(`device tree blob says it has ${totalSize} bytes, but the file has ${blob.length}`);
  }
  const structureOffset = view.getUint32(FDT_HEADER.structureOffset);
  const structureSize =
    version >= FDT_VERSION ? view.getUint32(FDT_HEADER.structureSize) : totalSize - structureOffset;
  const structure = block(blob, totalSize, 'structure block', structureOffset, structureSize);
  const strings = block(
    blob,
    totalSize,
    'strings block',
    view.getUint32(FDT_HEADER.stringsOffset),
    view.getUint32(FDT_HEADER.stringsSize),
  );
  return {
    root: new StructureReader(structure, strings).tree(),
    reservations: readReservations(view, totalSize),
    bootHart: view.getUint32(FDT_HEADER.bootHart),
  };
}

function block(blob: Uint8Array, totalSize: number, name: string, offset: number, size: number): Uint8Array {
  if (offset < FDT_HEADER_SIZE || size < 0 || offset + size > totalSize) {
    throw new FdtError(`device tree blob: its ${name} (${size} bytes at ${offset}) is outside the blob`);
  }
  return blob.subarray(offset, offset + size);
}

function readReservations(view: DataView, totalSize: number): FdtReservation[] {
  const reservations: FdtReservation[] = [];
  let offset = view.getUint32(FDT_HEADER.reservationsOffset);
  while (true) {
    if (offset + FDT_RESERVATION_SIZE > totalSize) {
      throw new FdtError('device tree blob: its memory reservation block has no end');
    }
    const address = view.getBigUint64(offset);
    const size = view.getBigUint64(offset + 8);
    if (address === 0n && size === 0n) return reservations;
    reservations.push({ address, size });
    offset += FDT_RESERVATION_SIZE;
  }
}

class StructureReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #strings: Uint8Array;
  #offset = 0;

  constructor(structure: Uint8Array, strings: Uint8Array) {
    this.#bytes = structure;
    this.#view = new DataView(structure.buffer, structure.byteOffset, structure.byteLength);
    this.#strings = strings;
  }

  tree(): FdtNode {
    if (this.#token() !== FDT_BEGIN_NODE) this.#fail('the structure does not begin with a node');
    const root = this.#node(0);
    if (this.#token() !== FDT_END) this.#fail('something follows the root node');
    return root;
  }

  /** A node whose FDT_BEGIN_NODE has been read. */
  #node(depth: number): FdtNode {
    if (depth > MAX_DEPTH) this.#fail(`nodes nest more than ${MAX_DEPTH} deep`);
    const name = this.#text(this.#bytes, this.#offset);
    this.#skip(name.length + 1);
    const node: FdtNode = { name, properties: new Map(), children: [] };
    while (true) {
      const token = this.#token();
      if (token === FDT_END_NODE) return node;
      if (token === FDT_BEGIN_NODE) node.children.push(this.#node(depth + 1));
      else if (token === FDT_PROPERTY) this.#property(node);
      else this.#fail(`unknown token ${token}`);
    }
  }

  #property(node: FdtNode): void {
    const size = this.#word();
    const key = this.#text(this.#strings, this.#word());
    if (size > this.#bytes.length - this.#offset) this.#fail(`property '${key}' is cut off`);
    node.properties.set(key, this.#bytes.slice(this.#offset, this.#offset + size));
    this.#skip(size);
  }

  #token(): number {
    let token = this.#word();
    while (token === FDT_NOP) token = this.#word();
    return token;
  }

  #word(): number {
    if (this.#offset + 4 > this.#bytes.length) this.#fail('the structure is cut off');
    const word = this.#view.getUint32(this.#offset);
    this.#offset += 4;
    return word;
  }

  #skip(bytes: number): void {
    this.#offset = (this.#offset + bytes + 3) & ~3;
  }

  #text(bytes: Uint8Array, start: number): string {
    const end = start < bytes.length ? bytes.indexOf(0, start) : -1;
    if (end < 0) this.#fail('a name has no end');
    // The specification allows ASCII only; byte for byte, every name keeps its length.
    let text = '';
    for (const byte of bytes.subarray(start, end)) text += String.fromCharCode(byte);
    return text;
  }

  #fail(why: string): never {
    throw new FdtError(`malformed device tree blob at byte ${this.#offset} of its structure: ${why}`);
  }
}
