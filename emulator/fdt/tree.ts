/** A device tree in memory (Devicetree Specification 0.4), and the encodings of its properties. */

export interface FdtNode {
  /** With its unit address, as in `cpu@0`; empty for the root. */
  readonly name: string;
  readonly properties: Map<string, Uint8Array>;
  readonly children: FdtNode[];
}

export interface FdtReservation {
  readonly address: bigint;
  readonly size: bigint;
}

export interface FdtTree {
  readonly root: FdtNode;
  readonly reservations: readonly FdtReservation[];
  readonly bootHart: number;
}

/** 32-bit numbers; strings, each NUL-terminated; raw bytes; an empty property. */
export type FdtValue = number | readonly number[] | string | readonly string[] | Uint8Array | true;

export function node(
  name: string,
  properties: Readonly<Record<string, FdtValue>>,
  children: readonly FdtNode[] = [],
): FdtNode {
  const entries = Object.entries(properties).map(([key, value]): [string, Uint8Array] => [
    key,
    encode(value),
  ]);
  return { name, properties: new Map(entries), children: [...children] };
}

export function encode(value: FdtValue): Uint8Array {
  if (value === true) return new Uint8Array(0);
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'number') return cells([value]);
  if (typeof value === 'string') return strings([value]);
  return isNumbers(value) ? cells(value) : strings(value);
}

/** A 64-bit number as two cells. */
export function pair(value: bigint): [number, number] {
  return [Number(BigInt.asUintN(32, value >> 32n)), Number(BigInt.asUintN(32, value))];
}

/** The child of that name, made if there is none. */
export function childOf(parent: FdtNode, name: string): FdtNode {
  let child = parent.children.find((candidate) => candidate.name === name);
  if (child === undefined) {
    child = node(name, {});
    parent.children.push(child);
  }
  return child;
}

function cells(numbers: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(numbers.length * 4);
  const view = new DataView(bytes.buffer);
  numbers.forEach((number, index) => view.setUint32(index * 4, number));
  return bytes;
}

function strings(texts: readonly string[]): Uint8Array {
  return new TextEncoder().encode(texts.map((text) => `${text}\0`).join(''));
}

function isNumbers(value: readonly (number | string)[]): value is readonly number[] {
  return typeof value[0] === 'number';
}
