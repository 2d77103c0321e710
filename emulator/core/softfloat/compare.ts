/** Order and class of numbers; none of it rounds. */
import {
  INVALID,
  canonicalNan,
  infinity,
  isNan,
  isNegative,
  isSignaling,
  isZero,
  magnitude,
  raise,
  fractionBits,
} from './format';

/** FEQ: only a signaling NaN is invalid. */
export function equal(a: u64, b: u64, wide: bool): bool {
  if (unordered(a, b, wide)) {
    if (isSignaling(a, wide) || isSignaling(b, wide)) raise(INVALID);
    return false;
  }
  return a == b || (isZero(a, wide) && isZero(b, wide));
}

/** FLT: any NaN is invalid. */
export function less(a: u64, b: u64, wide: bool): bool {
  if (unordered(a, b, wide)) {
    raise(INVALID);
    return false;
  }
  return key(a, wide) < key(b, wide);
}

/** FLE: any NaN is invalid. */
export function lessOrEqual(a: u64, b: u64, wide: bool): bool {
  if (unordered(a, b, wide)) {
    raise(INVALID);
    return false;
  }
  return key(a, wide) <= key(b, wide);
}

/** FMIN: −0 is less than +0, a NaN is missing data (IEEE 754-2019, minimumNumber). */
export function minimum(a: u64, b: u64, wide: bool): u64 {
  if (unordered(a, b, wide)) return numberOf(a, b, wide);
  if (isZero(a, wide) && isZero(b, wide)) return a | b;
  return key(a, wide) < key(b, wide) ? a : b;
}

/** FMAX. */
export function maximum(a: u64, b: u64, wide: bool): u64 {
  if (unordered(a, b, wide)) return numberOf(a, b, wide);
  if (isZero(a, wide) && isZero(b, wide)) return a & b;
  return key(a, wide) < key(b, wide) ? b : a;
}

function unordered(a: u64, b: u64, wide: bool): bool {
  return isNan(a, wide) || isNan(b, wide);
}

/** The operand that is a number, if one of them is. */
function numberOf(a: u64, b: u64, wide: bool): u64 {
  if (isSignaling(a, wide) || isSignaling(b, wide)) raise(INVALID);
  if (!isNan(a, wide)) return a;
  return isNan(b, wide) ? canonicalNan(wide) : b;
}

/** Sign and magnitude as an integer that is ordered as the numbers are; both zeros are 0. */
function key(bits: u64, wide: bool): i64 {
  const size = <i64>magnitude(bits, wide);
  return isNegative(bits, wide) ? -size : size;
}

/** FCLASS: one bit of ten (unprivileged spec, "Format of result of FCLASS instruction"). */
export function classify(bits: u64, wide: bool): u64 {
  if (isNan(bits, wide)) return isSignaling(bits, wide) ? 1 << 8 : 1 << 9;
  const size = magnitude(bits, wide);
  const subnormal = size >> fractionBits(wide) == 0;
  // From infinity down to zero: bits 0 to 3 for negative numbers, 7 to 4 for positive ones.
  const rank = size == infinity(wide) ? 0 : size == 0 ? 3 : subnormal ? 2 : 1;
  return 1 << (isNegative(bits, wide) ? rank : 7 - rank);
}
