/** Products, quotients and square roots (IEEE 754, "Arithmetic operations"). */
import {
  DIVIDE_BY_ZERO,
  infinity,
  invalid,
  isInfinite,
  isNan,
  isNegative,
  isZero,
  propagateNan,
  raise,
  withSign,
} from './format';
import { exponent, multiplyHigh, roundPack, significand, unpack } from './number';

export function multiply(a: u64, b: u64, rounding: i32, wide: bool): u64 {
  if (isNan(a, wide) || isNan(b, wide)) return propagateNan(a, b, wide);
  const negative = isNegative(a ^ b, wide);
  const zero = isZero(a, wide) || isZero(b, wide);
  if (isInfinite(a, wide) || isInfinite(b, wide)) {
    return zero ? invalid(wide) : withSign(negative, infinity(wide), wide);
  }
  if (zero) return withSign(negative, 0, wide);
  unpack(a, wide);
  const exponentA = exponent;
  const significandA = significand;
  unpack(b, wide);
  return normalize(
    negative,
    exponentA + exponent + 1,
    multiplyHigh(significandA, significand),
    significandA * significand != 0,
    rounding,
    wide,
  );
}

/** Bits of quotient that one step of the long division finds: what a remainder of 53 bits leaves free. */
const DIGIT = 11;
const DIGITS = 5;

export function divide(a: u64, b: u64, rounding: i32, wide: bool): u64 {
  if (isNan(a, wide) || isNan(b, wide)) return propagateNan(a, b, wide);
  const negative = isNegative(a ^ b, wide);
  if (isInfinite(a, wide))
    return isInfinite(b, wide) ? invalid(wide) : withSign(negative, infinity(wide), wide);
  if (isInfinite(b, wide)) return withSign(negative, 0, wide);
  if (isZero(b, wide)) {
    if (isZero(a, wide)) return invalid(wide);
    raise(DIVIDE_BY_ZERO);
    return withSign(negative, infinity(wide), wide);
  }
  if (isZero(a, wide)) return withSign(negative, 0, wide);
  unpack(a, wide);
  const exponentA = exponent;
  const dividend = significand >> DIGIT;
  unpack(b, wide);
  const divisor = significand >> DIGIT;
  let quotient = dividend / divisor;
  let rest = dividend % divisor;
  for (let i = 0; i < DIGITS; i++) {
    rest <<= DIGIT;
    quotient = (quotient << DIGIT) | (rest / divisor);
    rest %= divisor;
  }
  // The quotient lies in (1/2, 2), with its point behind bit 55.
  return normalize(negative, exponentA - exponent + 63 - DIGITS * DIGIT, quotient, rest != 0, rounding, wide);
}

export function squareRoot(a: u64, rounding: i32, wide: bool): u64 {
  if (isNan(a, wide)) return propagateNan(a, a, wide);
  if (isZero(a, wide)) return a;
  if (isNegative(a, wide)) return invalid(wide);
  if (isInfinite(a, wide)) return a;
  unpack(a, wide);
  // An even exponent can be halved: the radicand is in [1, 4), with its point behind bit 62. Each pair of its bits
  // gives one bit of the root, as on paper; behind the last pair there are zeros.
  let radicand = exponent & 1 ? significand : significand >> 1;
  let root: u64 = 0;
  let rest: u64 = 0;
  for (let i = 0; i < 58; i++) {
    rest = (rest << 2) | (radicand >> 62);
    radicand <<= 2;
    const trial = (root << 2) | 1;
    root <<= 1;
    if (rest >= trial) {
      rest -= trial;
      root |= 1;
    }
  }
  // Its point is behind bit 57.
  return normalize(false, (exponent >> 1) + 6, root, rest != 0, rounding, wide);
}

/** Moves the leading one to bit 63 and rounds. */
function normalize(
  negative: bool,
  exponent: i32,
  significand: u64,
  sticky: bool,
  rounding: i32,
  wide: bool,
): u64 {
  const zeros = <i32>clz(significand);
  return roundPack(negative, exponent - zeros, (significand << zeros) | (sticky ? 1 : 0), rounding, wide);
}
