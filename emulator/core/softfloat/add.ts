/** Sums, and products added to something without rounding in between (IEEE 754, "Arithmetic operations"). */
import {
  INVALID,
  infinity,
  invalid,
  isInfinite,
  isNan,
  isNegative,
  isSignaling,
  isZero,
  propagateNan,
  raise,
  withSign,
  zeroSum,
} from './format';
import { exponent, multiplyHigh, roundPack, shiftRightSticky, significand, unpack } from './number';

export function add(a: u64, b: u64, rounding: i32, wide: bool): u64 {
  if (isNan(a, wide) || isNan(b, wide)) return propagateNan(a, b, wide);
  if (isInfinite(a, wide)) return isInfinite(b, wide) && a != b ? invalid(wide) : a;
  if (isInfinite(b, wide) || (isZero(a, wide) && !isZero(b, wide))) return b;
  if (isZero(b, wide)) return a == b || !isZero(a, wide) ? a : zeroSum(rounding, wide);

  unpack(a, wide);
  const exponentA = exponent;
  const significandA = significand;
  unpack(b, wide);
  // One bit of room for the sum's carry; the lowest bit of either significand is clear.
  return addAligned(
    isNegative(a, wide),
    exponentA + 1,
    significandA >> 1,
    0,
    isNegative(b, wide),
    exponent + 1,
    significand >> 1,
    rounding,
    wide,
  );
}

/** ±(a · b) + c; the caller turns signs. */
export function multiplyAdd(a: u64, b: u64, c: u64, rounding: i32, wide: bool): u64 {
  const negative = isNegative(a ^ b, wide);
  const infinite = isInfinite(a, wide) || isInfinite(b, wide);
  const zero = isZero(a, wide) || isZero(b, wide);
  // ∞ · 0 is invalid even if a quiet NaN is added (unprivileged spec, fused multiply-add instructions).
  if (infinite && zero) return invalid(wide);
  if (isNan(a, wide) || isNan(b, wide) || isNan(c, wide)) {
    if (isSignaling(c, wide)) raise(INVALID);
    return propagateNan(a, b, wide);
  }
  if (infinite) {
    const product = withSign(negative, infinity(wide), wide);
    return isInfinite(c, wide) && c != product ? invalid(wide) : product;
  }
  if (isInfinite(c, wide)) return c;
  if (zero) {
    if (!isZero(c, wide)) return c;
    return isNegative(c, wide) == negative ? c : zeroSum(rounding, wide);
  }

  unpack(a, wide);
  const exponentA = exponent;
  const significandA = significand;
  unpack(b, wide);
  const high = multiplyHigh(significandA, significand);
  const low = significandA * significand;
  // The product lies in [1, 4), with its point behind bit 126: that is the room for a carry already. Shifting one
  // right loses nothing, as two significands of 53 bits leave 22 low bits clear.
  const exponentP = exponentA + exponent + 2;
  const highP = high >> 1;
  const lowP = (low >> 1) | (high << 63);
  if (isZero(c, wide)) return normalize(negative, exponentP, highP, lowP, rounding, wide);
  unpack(c, wide);
  return addAligned(
    negative,
    exponentP,
    highP,
    lowP,
    isNegative(c, wide),
    exponent + 1,
    significand >> 1,
    rounding,
    wide,
  );
}

/**
 * Adds two numbers that are not zero and have bit 63 clear; one of them has another 64 bits of significand. Sticky
 * bits lie below any bit that survives: bits are lost only at distances where at most one leading bit cancels.
 */
function addAligned(
  negativeA: bool,
  exponentA: i32,
  highA: u64,
  lowA: u64,
  negativeB: bool,
  exponentB: i32,
  highB: u64,
  rounding: i32,
  wide: bool,
): u64 {
  let lowB: u64 = 0;
  const distance = exponentA - exponentB;
  if (distance > 0) {
    lowB = lowAfterShift(highB, 0, distance);
    highB = distance > 63 ? 0 : highB >> distance;
  } else if (distance < 0) {
    lowA = lowAfterShift(highA, lowA, -distance);
    highA = distance < -63 ? 0 : highA >> -distance;
  }
  const top = distance > 0 ? exponentA : exponentB;
  if (negativeA == negativeB) {
    const low = lowA + lowB;
    return normalize(negativeA, top, highA + highB + (low < lowA ? 1 : 0), low, rounding, wide);
  }
  if (highA == highB && lowA == lowB) return zeroSum(rounding, wide);
  if (highA > highB || (highA == highB && lowA > lowB)) {
    return normalize(negativeA, top, highA - highB - (lowA < lowB ? 1 : 0), lowA - lowB, rounding, wide);
  }
  return normalize(negativeB, top, highB - highA - (lowB < lowA ? 1 : 0), lowB - lowA, rounding, wide);
}

/** Low half of a 128-bit number shifted right by 1 or more, with a sticky bit. */
function lowAfterShift(high: u64, low: u64, distance: i32): u64 {
  if (distance > 63) {
    return shiftRightSticky(high, distance - 64) | (low != 0 ? 1 : 0);
  }
  return (high << (64 - distance)) | shiftRightSticky(low, distance);
}

/** Moves the leading one of a number that is not zero to bit 127 and rounds. */
function normalize(negative: bool, exponent: i32, high: u64, low: u64, rounding: i32, wide: bool): u64 {
  if (high == 0) {
    high = low;
    low = 0;
    exponent -= 64;
  }
  const zeros = <i32>clz(high);
  if (zeros != 0) {
    high = (high << zeros) | (low >> (64 - zeros));
    low <<= zeros;
  }
  return roundPack(negative, exponent - zeros, high | (low != 0 ? 1 : 0), rounding, wide);
}
