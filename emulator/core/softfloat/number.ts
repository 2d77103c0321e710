/**
 * Numbers between unpacking and rounding: (−1)^sign · significand · 2^(exponent − 63), with bit 63 of the significand
 * set. Both formats look alike there, and have at least ten bits to spare. What does not fit below bit 0 is kept as a
 * one in bit 0 ("sticky"), which is all that rounding asks of it.
 */
import {
  INEXACT,
  OVERFLOW,
  RDN,
  RMM,
  RNE,
  RUP,
  UNDERFLOW,
  bias,
  fractionBits,
  infinity,
  raise,
  withSign,
} from './format';

/** What `unpack` found. */
export let exponent: i32 = 0;
export let significand: u64 = 0;

/** For a finite number that is not zero. */
export function unpack(bits: u64, wide: bool): void {
  const fractionWidth = fractionBits(wide);
  const fraction = bits & (((<u64>1) << fractionWidth) - 1);
  const field = (<i32>(bits >> fractionWidth)) & (2 * bias(wide) + 1);
  significand = fraction << (63 - fractionWidth);
  if (field != 0) {
    significand |= 1 << 63;
    exponent = field - bias(wide);
  } else {
    const zeros = <i32>clz(significand);
    significand <<= zeros;
    exponent = 1 - bias(wide) - zeros;
  }
}

export function shiftRightSticky(value: u64, distance: i32): u64 {
  if (distance == 0) return value;
  if (distance > 63) return value != 0 ? 1 : 0;
  return (value >> distance) | (value << (64 - distance) != 0 ? 1 : 0);
}

/** High half of a 128-bit product; the low half is `a * b`. */
export function multiplyHigh(a: u64, b: u64): u64 {
  const a0 = a & 0xffff_ffff;
  const a1 = a >> 32;
  const b0 = b & 0xffff_ffff;
  const b1 = b >> 32;
  const middle = a1 * b0 + ((a0 * b0) >> 32);
  const other = a0 * b1 + (middle & 0xffff_ffff);
  return a1 * b1 + (middle >> 32) + (other >> 32);
}

/** Whether rounding goes away from zero: `rest` of `unit` = 2 · `half` is cut off, `odd` is the last bit that stays. */
export function roundsUp(rounding: i32, negative: bool, odd: bool, rest: u64, half: u64): bool {
  if (rounding == RNE) return rest > half || (rest == half && odd);
  if (rounding == RMM) return rest >= half;
  if (rounding == RDN) return negative && rest != 0;
  return rounding == RUP && !negative && rest != 0;
}

/** Rounds a number with bit 63 of its significand set, and raises OF, UF and NX. */
export function roundPack(negative: bool, exponent: i32, significand: u64, rounding: i32, wide: bool): u64 {
  const width = fractionBits(wide);
  const cut = 63 - width;
  const mask = ((<u64>1) << cut) - 1;
  const half = (mask + 1) >> 1;
  let field = exponent + bias(wide);
  if (field > 2 * bias(wide)) return overflow(negative, rounding, wide);

  let tiny = false;
  if (field < 1) {
    // Tininess is detected after rounding as if the exponent had no limit: just below the smallest normal number
    // the result may still round up to it.
    const allOnes = significand >> cut == ((<u64>2) << width) - 1;
    const carries = allOnes && roundsUp(rounding, negative, true, significand & mask, half);
    tiny = field < 0 || !carries;
    significand = shiftRightSticky(significand, 1 - field);
    field = 0;
  }
  const rest = significand & mask;
  let result = significand >> cut;
  if (rest != 0) {
    raise(tiny ? INEXACT | UNDERFLOW : INEXACT);
    if (roundsUp(rounding, negative, (result & 1) != 0, rest, half)) result++;
  }
  // The leading one of a normal number adds to the exponent, and so does a carry out of the fraction.
  if (field > 0) result += (<u64>(field - 1)) << width;
  return result >= infinity(wide) ? overflow(negative, rounding, wide) : withSign(negative, result, wide);
}

function overflow(negative: bool, rounding: i32, wide: bool): u64 {
  raise(OVERFLOW | INEXACT);
  const toInfinity = rounding == RNE || rounding == RMM || rounding == (negative ? RDN : RUP);
  return withSign(negative, toInfinity ? infinity(wide) : infinity(wide) - 1, wide);
}
