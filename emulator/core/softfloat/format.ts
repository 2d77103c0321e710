/**
 * IEEE 754's two binary formats that F and D have. A number is its bits, zero-extended to 64; `wide` tells binary64
 * from binary32.
 *
 *   binary64  63 sign | 62..52 exponent, bias 1023 | 51..0 fraction
 *   binary32  31 sign | 30..23 exponent, bias 127  | 22..0 fraction
 */

/** Rounding modes but RTZ, which is 1 and never asked for (unprivileged spec, "Floating-Point Control and Status Register"). */
export const RNE = 0;
export const RDN = 2;
export const RUP = 3;
export const RMM = 4;

/** Exception flags, as in fflags. */
export const INEXACT = 1;
export const UNDERFLOW = 2;
export const OVERFLOW = 4;
export const DIVIDE_BY_ZERO = 8;
export const INVALID = 16;

/** Flags that the operation in progress has raised. */
export let raised: i32 = 0;

export function raise(flags: i32): void {
  raised |= flags;
}

/** The flags raised since the last call. */
export function takeRaised(): i32 {
  const flags = raised;
  raised = 0;
  return flags;
}

export function fractionBits(wide: bool): i32 {
  return wide ? 52 : 23;
}

export function bias(wide: bool): i32 {
  return wide ? 1023 : 127;
}

export function signBit(wide: bool): u64 {
  return wide ? 1 << 63 : 1 << 31;
}

/** Infinity: the largest magnitude that is no NaN. */
export function infinity(wide: bool): u64 {
  return wide ? 0x7ff0_0000_0000_0000 : 0x7f80_0000;
}

/** "If the result of a floating-point operation is NaN, it is the canonical NaN." */
export function canonicalNan(wide: bool): u64 {
  return wide ? 0x7ff8_0000_0000_0000 : 0x7fc0_0000;
}

export function isNegative(bits: u64, wide: bool): bool {
  return (bits & signBit(wide)) != 0;
}

export function magnitude(bits: u64, wide: bool): u64 {
  return bits & (signBit(wide) - 1);
}

export function isNan(bits: u64, wide: bool): bool {
  return magnitude(bits, wide) > infinity(wide);
}

export function isInfinite(bits: u64, wide: bool): bool {
  return magnitude(bits, wide) == infinity(wide);
}

export function isZero(bits: u64, wide: bool): bool {
  return magnitude(bits, wide) == 0;
}

/** A NaN whose highest fraction bit is clear. */
export function isSignaling(bits: u64, wide: bool): bool {
  return isNan(bits, wide) && !(bits & ((<u64>1) << (fractionBits(wide) - 1)));
}

/** The result of an operation with a NaN among its operands. */
export function propagateNan(a: u64, b: u64, wide: bool): u64 {
  if (isSignaling(a, wide) || isSignaling(b, wide)) raise(INVALID);
  return canonicalNan(wide);
}

/** The result of an operation that has none. */
export function invalid(wide: bool): u64 {
  raise(INVALID);
  return canonicalNan(wide);
}

export function withSign(negative: bool, bits: u64, wide: bool): u64 {
  return negative ? bits | signBit(wide) : bits;
}

/** A sum that is exactly zero, of numbers that were not both zeros of one sign. */
export function zeroSum(rounding: i32, wide: bool): u64 {
  return withSign(rounding == RDN, 0, wide);
}
