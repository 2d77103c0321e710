/** Between formats and from and to integers (unprivileged spec, "Single-Precision Floating-Point Conversion and Move Instructions"). */
import {
  INEXACT,
  INVALID,
  canonicalNan,
  infinity,
  isInfinite,
  isNan,
  isNegative,
  isZero,
  propagateNan,
  raise,
  withSign,
} from './format';
import { exponent, roundPack, roundsUp, shiftRightSticky, significand, unpack } from './number';

/** Kinds of integers, as rs2 encodes them; the fourth is UINT64. */
export const INT32 = 0;
export const UINT32 = 1;
export const INT64 = 2;

/** To an integer of that kind; 32-bit results are sign-extended. What is out of range becomes the nearest. */
export function toInteger(a: u64, kind: i32, rounding: i32, wide: bool): u64 {
  const negative = isNegative(a, wide);
  if (isNan(a, wide)) return outOfRange(false, kind);
  if (isInfinite(a, wide)) return outOfRange(negative, kind);
  if (isZero(a, wide)) return 0;
  unpack(a, wide);
  if (exponent > 63) return outOfRange(negative, kind);
  let value = exponent < 0 ? 0 : significand >> (63 - exponent);
  // The fraction as a half and what is below it. The significand's lowest bits are clear: from 2^62 on there is none.
  const rest = exponent < 62 ? shiftRightSticky(significand, 61 - exponent) & 3 : 0;
  if (roundsUp(rounding, negative, (value & 1) != 0, rest, 2)) value++;
  if (value > limit(negative, kind)) return outOfRange(negative, kind);
  if (rest != 0) raise(INEXACT);
  return integer(negative, value, kind);
}

function integer(negative: bool, magnitude: u64, kind: i32): u64 {
  const value = negative ? 0 - magnitude : magnitude;
  return kind == UINT32 || kind == INT32 ? <u64>(<i64>(<i32>value)) : value;
}

/** The largest magnitude. */
function limit(negative: bool, kind: i32): u64 {
  if (kind == INT32) return negative ? 0x8000_0000 : 0x7fff_ffff;
  if (kind == INT64) return negative ? 0x8000_0000_0000_0000 : 0x7fff_ffff_ffff_ffff;
  if (negative) return 0;
  return kind == UINT32 ? 0xffff_ffff : u64.MAX_VALUE;
}

function outOfRange(negative: bool, kind: i32): u64 {
  raise(INVALID);
  return integer(negative, limit(negative, kind), kind);
}

/** From an integer of that kind; of the 32-bit ones the upper half of `value` does not count. */
export function fromInteger(value: u64, kind: i32, rounding: i32, wide: bool): u64 {
  if (kind == INT32) value = <u64>(<i64>(<i32>value));
  if (kind == UINT32) value &= 0xffff_ffff;
  if (value == 0) return 0;
  const negative = (kind == INT32 || kind == INT64) && <i64>value < 0;
  if (negative) value = 0 - value;
  const zeros = <i32>clz(value);
  return roundPack(negative, 63 - zeros, value << zeros, rounding, wide);
}

/** To the other format: `wide` is that of the result. */
export function convert(a: u64, rounding: i32, wide: bool): u64 {
  if (isNan(a, !wide)) {
    propagateNan(a, a, !wide);
    return canonicalNan(wide);
  }
  const negative = isNegative(a, !wide);
  if (isInfinite(a, !wide)) return withSign(negative, infinity(wide), wide);
  if (isZero(a, !wide)) return withSign(negative, 0, wide);
  unpack(a, !wide);
  return roundPack(negative, exponent, significand, rounding, wide);
}
