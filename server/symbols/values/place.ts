import type { Variable } from '../code.ts';
import { EvaluationError } from '../errors.ts';
import type { Location, RegisterHome, StackFrame } from '../frames.ts';
import { isFloatRegister, registerName } from '../registers.ts';
import { bytesFrom, insertBits, unsignedFrom } from './bits.ts';
import type { EvaluationContext, NamedRegister } from './context.ts';

/** Where the bytes of a value are. */
export type Place =
  | { readonly kind: 'memory'; readonly address: bigint }
  /** In a register of the context's frame, `offset` bytes from its low end. */
  | { readonly kind: 'register'; readonly register: number; readonly offset: number }
  /** In a register that the host knows by name. */
  | { readonly kind: 'named-register'; readonly name: string; readonly offset: number }
  /** Nowhere: computed, or a constant of the debug information. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'pieces'; readonly pieces: readonly PlacePiece[] }
  /** A pointer that does not exist, to a variable that may be known. */
  | { readonly kind: 'implicit-pointer'; readonly target: Variable; readonly offset: number }
  | { readonly kind: 'lost'; readonly reason: string };

interface PlacePiece {
  readonly bits: number;
  readonly shift: number;
  readonly place: Place;
}

const REGISTER_SIZE = 8;

export function placeOf(location: Location): Place {
  switch (location.kind) {
    case 'memory':
    case 'implicit-pointer':
      return location;
    case 'register':
      return { ...location, offset: 0 };
    case 'value':
      return { kind: 'bytes', bytes: location.bytes };
    case 'optimised-out':
      return { kind: 'lost', reason: location.reason };
    case 'pieces':
      return {
        kind: 'pieces',
        pieces: location.pieces.map((piece) => ({ ...piece, place: placeOf(piece.location) })),
      };
  }
}

/** `size` bytes from byte `offset` of a place on. */
export function placeWithin(place: Place, offset: number, size: number): Place {
  switch (place.kind) {
    case 'memory':
      return { kind: 'memory', address: BigInt.asUintN(64, place.address + BigInt(offset)) };
    case 'register':
    case 'named-register':
      return { ...place, offset: place.offset + offset };
    case 'bytes':
      return { kind: 'bytes', bytes: place.bytes.subarray(offset, offset + size) };
    case 'pieces':
      return piecesWithin(place.pieces, offset * 8, size * 8);
    case 'implicit-pointer':
    case 'lost':
      return place;
  }
}

function piecesWithin(pieces: readonly PlacePiece[], firstBit: number, bits: number): Place {
  const found: PlacePiece[] = [];
  let start = 0;
  for (const piece of pieces) {
    const from = Math.max(firstBit, start);
    const to = Math.min(firstBit + bits, start + piece.bits);
    if (from < to) found.push({ bits: to - from, shift: piece.shift + from - start, place: piece.place });
    start += piece.bits;
  }
  const [only] = found;
  if (only?.bits === bits && only.shift % 8 === 0) return placeWithin(only.place, only.shift / 8, bits / 8);
  return { kind: 'pieces', pieces: found };
}

/** Throws `EvaluationError` where the bytes cannot be had. */
export function readPlace(place: Place, size: number, context: EvaluationContext): Uint8Array {
  switch (place.kind) {
    case 'memory': {
      const bytes = context.memory.read(place.address, size);
      if (bytes === undefined)
        throw new EvaluationError(`cannot read memory at 0x${place.address.toString(16)}`);
      return bytes;
    }
    case 'register': {
      const value = frameOf(context).registers.read(place.register);
      if (value === undefined) throw new EvaluationError(`${registerName(place.register)} was not saved`);
      return bytesFrom(value, REGISTER_SIZE).slice(place.offset, place.offset + size);
    }
    case 'named-register': {
      const register = namedRegister(place.name, context);
      return bytesFrom(register.value, register.size).slice(place.offset, place.offset + size);
    }
    case 'bytes':
      return padded(place.bytes, size);
    case 'pieces':
      return readPieces(place.pieces, size, context);
    case 'implicit-pointer':
      throw new EvaluationError('the pointer was optimised out');
    case 'lost':
      throw new EvaluationError(place.reason);
  }
}

function readPieces(pieces: readonly PlacePiece[], size: number, context: EvaluationContext): Uint8Array {
  let value = 0n;
  let position = 0;
  for (const { bits, shift, place } of pieces) {
    const bytes = readPlace(place, Math.ceil((shift + bits) / 8), context);
    let chunk = 0n;
    for (let index = bytes.length - 1; index >= 0; index--) chunk = (chunk << 8n) | BigInt(bytes[index]!);
    value |= ((chunk >> BigInt(shift)) & ((1n << BigInt(bits)) - 1n)) << BigInt(position);
    position += bits;
  }
  return bytesFrom(value, size);
}

export function isWritable(place: Place, context: EvaluationContext): boolean {
  switch (place.kind) {
    case 'memory':
      return true;
    case 'register':
      return isWritableHome(context.frame?.registers.home(place.register), context);
    case 'named-register':
      return context.register?.(place.name)?.write !== undefined;
    case 'pieces':
      return place.pieces.every((piece) => isWritable(piece.place, context));
    default:
      return false;
  }
}

function isWritableHome(home: RegisterHome | undefined, context: EvaluationContext): boolean {
  return home?.kind === 'memory' || (home?.kind === 'register' && context.writeRegister !== undefined);
}

/**
 * Writes bytes to a place; throws `EvaluationError` where that cannot be done. `signExtend` says how to fill the rest
 * of a register, as the calling convention wants it.
 */
export function writePlace(
  place: Place,
  bytes: Uint8Array,
  context: EvaluationContext,
  signExtend: boolean,
): void {
  switch (place.kind) {
    case 'memory': {
      context.memory.write(place.address, bytes);
      return;
    }
    case 'register': {
      writeFrameRegister(place.register, place.offset, bytes, context, signExtend);
      return;
    }
    case 'named-register': {
      const register = namedRegister(place.name, context);
      if (register.write === undefined) throw new EvaluationError(`$${place.name} cannot be written`);
      const old = bytesFrom(register.value, register.size);
      old.set(bytes.subarray(0, register.size - place.offset), place.offset);
      register.write(unsignedFrom(old));
      return;
    }
    case 'pieces': {
      writePieces(place.pieces, bytes, context);
      return;
    }
    case 'bytes':
      throw new EvaluationError('this is a value, not a variable: there is no place to write to');
    case 'implicit-pointer':
      throw new EvaluationError('the pointer was optimised out');
    case 'lost':
      throw new EvaluationError(place.reason);
  }
}

function writePieces(pieces: readonly PlacePiece[], bytes: Uint8Array, context: EvaluationContext): void {
  const value = unsignedFrom(bytes);
  let position = 0;
  for (const { bits, shift, place } of pieces) {
    const old = readPlace(place, Math.ceil((shift + bits) / 8), context);
    const chunk = (value >> BigInt(position)) & ((1n << BigInt(bits)) - 1n);
    writePlace(place, insertBits(old, shift, bits, chunk), context, false);
    position += bits;
  }
}

function writeFrameRegister(
  register: number,
  offset: number,
  bytes: Uint8Array,
  context: EvaluationContext,
  signExtend: boolean,
): void {
  const frame = frameOf(context);
  const home = frame.registers.home(register);
  if (home.kind === 'lost' || home.kind === 'value') {
    throw new EvaluationError(`${registerName(register)} of this frame was not saved and cannot be written`);
  }
  const old = bytesFrom(frame.registers.read(register) ?? 0n, REGISTER_SIZE);
  if (offset === 0 && bytes.length < REGISTER_SIZE) old.fill(upperBytes(register, bytes, signExtend));
  old.set(bytes.subarray(0, REGISTER_SIZE - offset), offset);
  if (home.kind === 'memory') {
    context.memory.write(home.address, old);
    return;
  }
  if (context.writeRegister === undefined) throw new EvaluationError('registers cannot be written here');
  context.writeRegister(home.register, unsignedFrom(old));
}

/** A narrower number fills a floating-point register with ones: its NaN box (unprivileged spec, "NaN Boxing"). */
function upperBytes(register: number, bytes: Uint8Array, signExtend: boolean): number {
  return isFloatRegister(register) || (signExtend && bytes.at(-1)! >= 0x80) ? 0xff : 0;
}

function frameOf(context: EvaluationContext): StackFrame {
  if (context.frame === undefined) throw new EvaluationError('no frame is selected');
  return context.frame;
}

function namedRegister(name: string, context: EvaluationContext): NamedRegister {
  const register = context.register?.(name);
  if (register === undefined) throw new EvaluationError(`there is no register $${name}`);
  return register;
}

function padded(bytes: Uint8Array, size: number): Uint8Array {
  if (bytes.length >= size) return bytes.subarray(0, size);
  const full = new Uint8Array(size);
  full.set(bytes);
  return full;
}
