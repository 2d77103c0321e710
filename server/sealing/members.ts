/** Which members of an object a store would set, and to what: the bits of a bit field and no others. */
import { strip, typeName, type Type } from '../symbols/index.ts';
import type { MemberChange } from './refusedStore.ts';
import { scalarText } from './scalar.ts';

/** The bytes of an object around a store: as they are, and as they would be. Offsets count from the object's start. */
export interface StoredBytes {
  readonly offset: number;
  readonly size: number;
  /** Bytes of the object before and after the store; undefined where memory cannot be read. */
  read(
    offset: number,
    length: number,
  ): { readonly before: Uint8Array; readonly after: Uint8Array } | undefined;
  /** `name+0x10` for an address, for pointers. */
  nameOf(address: bigint): string | undefined;
}

const MAX_MEMBERS = 32;

/**
 * The scalars that the store touches, in order of address; if it changes any, only those it changes.
 * A union's members are all listed: the debug information does not say which is meant.
 */
export function memberChanges(type: Type, name: string, store: StoredBytes): MemberChange[] {
  const touched: MemberChange[] = [];
  collect(type, name, 0, undefined, store, touched);
  const changed = touched.filter((member) => member.oldValue !== member.newValue);
  return changed.length > 0 ? changed : touched;
}

function collect(
  type: Type,
  path: string,
  offset: number,
  bitField: { readonly shift: number; readonly width: number } | undefined,
  store: StoredBytes,
  found: MemberChange[],
): void {
  if (found.length >= MAX_MEMBERS) return;
  const inner = strip(type);
  switch (inner.kind) {
    case 'struct':
    case 'class':
    case 'union':
      for (const member of inner.members) {
        const start = offset + member.offset;
        if (!touches(start, member.type.size ?? 0, member.bitField, store)) continue;
        const memberPath = member.name === undefined ? path : `${path}.${member.name}`;
        collect(member.type, memberPath, start, member.bitField, store, found);
      }
      return;
    case 'array': {
      const size = inner.element.size ?? 0;
      if (size === 0) return;
      const first = Math.max(0, Math.floor((store.offset - offset) / size));
      const last = Math.min(inner.count ?? Infinity, Math.ceil((store.offset + store.size - offset) / size));
      for (let index = first; index < last && found.length < MAX_MEMBERS; index++)
        collect(inner.element, `${path}[${index}]`, offset + index * size, undefined, store, found);
      return;
    }
    default: {
      const change = scalarChange(type, path, offset, bitField, store);
      if (change !== undefined) found.push(change);
    }
  }
}

function scalarChange(
  type: Type,
  path: string,
  offset: number,
  bitField: { readonly shift: number; readonly width: number } | undefined,
  store: StoredBytes,
): MemberChange | undefined {
  const length = bitField === undefined ? (type.size ?? 0) : Math.ceil((bitField.shift + bitField.width) / 8);
  if (length === 0 || length > 16) return undefined;
  const bytes = store.read(offset, length);
  if (bytes === undefined) return undefined;
  const bits = bitField ?? { shift: 0, width: length * 8 };
  const oldValue = extract(bytes.before, bits);
  const newValue = extract(bytes.after, bits);
  return {
    path,
    type: typeName(type),
    bits: bitField?.width,
    oldValue,
    newValue,
    oldText: scalarText(type, oldValue, bits.width, (address) => store.nameOf(address)),
    newText: scalarText(type, newValue, bits.width, (address) => store.nameOf(address)),
  };
}

/** A bit field is touched when one of its bits lies in a byte that is stored. */
function touches(
  start: number,
  size: number,
  bitField: { readonly shift: number; readonly width: number } | undefined,
  store: StoredBytes,
): boolean {
  const length = bitField === undefined ? size : Math.ceil((bitField.shift + bitField.width) / 8);
  return start < store.offset + store.size && store.offset < start + length;
}

function extract(bytes: Uint8Array, bits: { readonly shift: number; readonly width: number }): bigint {
  return BigInt.asUintN(bits.width, littleEndian(bytes) >> BigInt(bits.shift));
}

/** Unsigned value of little-endian bytes. */
export function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let index = bytes.length - 1; index >= 0; index--) value = (value << 8n) | BigInt(bytes[index] ?? 0);
  return value;
}

/** `size` little-endian bytes of a value. */
export function toLittleEndian(value: bigint, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => Number((value >> BigInt(index * 8)) & 0xffn));
}
