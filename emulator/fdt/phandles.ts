/** phandles: the numbers by which nodes refer to each other (Devicetree Specification 0.4, 2.3.3). */
import { FdtError } from './reader.ts';
import type { FdtNode } from './tree.ts';

/** The property's name, and the one that old blobs use. */
export const PHANDLES = ['phandle', 'linux,phandle'];
/** Bytes of a cell. */
export const CELL = 4;

export function* nodesOf(node: FdtNode): Generator<FdtNode> {
  yield node;
  for (const below of node.children) yield* nodesOf(below);
}

export function highestPhandle(root: FdtNode): number {
  let highest = 0;
  for (const node of nodesOf(root)) highest = Math.max(highest, phandleOf(node) ?? 0);
  return highest;
}

export function phandleOf({ properties }: FdtNode): number | undefined {
  for (const name of PHANDLES) {
    const value = properties.get(name);
    if (value !== undefined) return cell(value, 0, name);
  }
  return undefined;
}

/** The 32-bit number at a byte of a property; `where` names it should it not be there. */
export function cell(bytes: Uint8Array, offset: number, where: string): number {
  if (offset % CELL !== 0 || offset + CELL > bytes.length)
    throw new FdtError(`'${where}' has no cell at byte ${offset}`);
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(offset);
}

export function setCell(bytes: Uint8Array, offset: number, value: number, where: string): void {
  cell(bytes, offset, where);
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(offset, value);
}
