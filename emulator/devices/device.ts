import type { Stateful } from './state.ts';

/** A device on the bus. Offsets are from its base; accesses never cross its end. */
export interface Device extends Stateful {
  readonly name: string;
  readonly base: number;
  /** Bytes. */
  readonly size: number;
  /** Access widths in bytes; any other one is an access fault. All are naturally aligned. */
  readonly widths: readonly number[];
  /** Zero-extended from `width` bytes. */
  read(offset: number, width: number): bigint;
  write(offset: number, width: number, value: bigint): void;
}

/** An interrupt wire into a hart: a bit of mip. */
export type HartWire = (hart: number, interrupt: number, level: boolean) => void;

/** What time is it for the guest? */
export interface Timebase {
  /** mtime now. */
  read(): bigint;
  write(mtime: bigint): void;
}

/** Lets `read`/`write` of registers that are 32 or 64 bits wide share one definition: the bytes asked for of `value`. */
export function slice(value: bigint, byteOffset: number, width: number): bigint {
  return BigInt.asUintN(width * 8, value >> BigInt(byteOffset * 8));
}

/** `old` with the `width` bytes at `byteOffset` replaced. */
export function merge(old: bigint, byteOffset: number, width: number, value: bigint): bigint {
  const shift = BigInt(byteOffset * 8);
  const mask = ((1n << BigInt(width * 8)) - 1n) << shift;
  return (old & ~mask) | ((value << shift) & mask);
}
