/**
 * F and D for the interpreter: what computes, rounds or raises flags. `wide` is 1 for binary64, 0 for binary32; an
 * operand is its bits, zero-extended, out of its NaN box already. That mstatus.FS permits the instruction, and that
 * the rounding mode exists, has been checked.
 *
 * WebAssembly's own arithmetic is IEEE 754's in round to nearest, ties to even, but tells no flags. Where it is used
 * below, NX is set already and the result shows that no other flag can be raised:
 *   - a finite result has finite operands (for a quotient, a divisor that is not zero), so neither NV, DZ nor OF;
 *   - a sum that is subnormal or zero is exact, so a finite sum never raises UF;
 *   - a product, quotient or narrowed number whose magnitude exceeds the smallest normal number was not tiny, since
 *     rounding would have brought a tiny one to that number at most: no UF. A root is never tiny.
 * A NaN is never taken from WebAssembly, whose NaN bits differ between hosts.
 */
import { FFLAGS } from '../layout';
import { markFloatDirty } from './hart';
import { add, multiplyAdd } from './softfloat/add';
import { classify, equal, less, lessOrEqual, maximum, minimum } from './softfloat/compare';
import { UINT32, convert, fromInteger, toInteger } from './softfloat/convert';
import { INEXACT, RNE, infinity, isNan, magnitude, raised, takeRaised } from './softfloat/format';
import { divide, multiply, squareRoot } from './softfloat/multiply';

const SMALLEST_NORMAL_64: u64 = 1 << 52;
const SMALLEST_NORMAL_32: u64 = 1 << 23;

export function floatAdd(hart: usize, wide: i32, rounding: i32, a: u64, b: u64): u64 {
  if (fast(hart, rounding)) {
    const sum = wide ? bits64(f64Of(a) + f64Of(b)) : bits32(f32Of(a) + f32Of(b));
    if (magnitude(sum, wide != 0) < infinity(wide != 0)) return sum;
  }
  return accrued(hart, add(a, b, rounding, wide != 0));
}

export function floatMultiply(hart: usize, wide: i32, rounding: i32, a: u64, b: u64): u64 {
  if (fast(hart, rounding)) {
    const product = wide ? bits64(f64Of(a) * f64Of(b)) : bits32(f32Of(a) * f32Of(b));
    if (normal(product, wide)) return product;
  }
  return accrued(hart, multiply(a, b, rounding, wide != 0));
}

export function floatDivide(hart: usize, wide: i32, rounding: i32, a: u64, b: u64): u64 {
  if (fast(hart, rounding)) {
    const quotient = wide ? bits64(f64Of(a) / f64Of(b)) : bits32(f32Of(a) / f32Of(b));
    if (normal(quotient, wide)) return quotient;
  }
  return accrued(hart, divide(a, b, rounding, wide != 0));
}

export function floatSquareRoot(hart: usize, wide: i32, rounding: i32, a: u64): u64 {
  if (fast(hart, rounding)) {
    const root = wide ? bits64(sqrt<f64>(f64Of(a))) : bits32(sqrt<f32>(f32Of(a)));
    if (normal(root, wide)) return root;
  }
  return accrued(hart, squareRoot(a, rounding, wide != 0));
}

/** a · b + c, rounded once. */
export function floatMultiplyAdd(hart: usize, wide: i32, rounding: i32, a: u64, b: u64, c: u64): u64 {
  return accrued(hart, multiplyAdd(a, b, c, rounding, wide != 0));
}

export function floatMinimum(hart: usize, wide: i32, a: u64, b: u64): u64 {
  return accrued(hart, minimum(a, b, wide != 0));
}

export function floatMaximum(hart: usize, wide: i32, a: u64, b: u64): u64 {
  return accrued(hart, maximum(a, b, wide != 0));
}

export function floatEqual(hart: usize, wide: i32, a: u64, b: u64): u64 {
  return accrued(hart, equal(a, b, wide != 0) ? 1 : 0);
}

export function floatLess(hart: usize, wide: i32, a: u64, b: u64): u64 {
  return accrued(hart, less(a, b, wide != 0) ? 1 : 0);
}

export function floatLessOrEqual(hart: usize, wide: i32, a: u64, b: u64): u64 {
  return accrued(hart, lessOrEqual(a, b, wide != 0) ? 1 : 0);
}

export function floatClass(hart: usize, wide: i32, a: u64): u64 {
  return classify(a, wide != 0);
}

/** @param kind as rs2 encodes it: 0 W, 1 WU, 2 L, 3 LU */
export function floatToInteger(hart: usize, wide: i32, rounding: i32, a: u64, kind: i32): u64 {
  return accrued(hart, toInteger(a, kind, rounding, wide != 0));
}

export function integerToFloat(hart: usize, wide: i32, rounding: i32, value: u64, kind: i32): u64 {
  if (wide && kind <= UINT32) {
    return bits64(kind == UINT32 ? <f64>(<u32>value) : <f64>(<i32>value)); // always exact
  }
  return accrued(hart, fromInteger(value, kind, rounding, wide != 0));
}

/** Binary32 to binary64, which is exact. */
export function floatWiden(hart: usize, a: u64): u64 {
  return isNan(a, false) ? accrued(hart, convert(a, RNE, true)) : bits64(<f64>f32Of(a));
}

/** Binary64 to binary32. */
export function floatNarrow(hart: usize, rounding: i32, a: u64): u64 {
  if (fast(hart, rounding)) {
    const narrow = bits32(<f32>f64Of(a));
    if (normal(narrow, 0)) return narrow;
  }
  return accrued(hart, convert(a, rounding, false));
}

/** The first half of the condition above. */
function fast(hart: usize, rounding: i32): bool {
  return rounding == RNE && (load<i32>(hart, FFLAGS) & INEXACT) != 0;
}

/** The second half, for all but sums: finite, and larger than the smallest normal number. */
function normal(bits: u64, wide: i32): bool {
  const size = magnitude(bits, wide != 0);
  return size < infinity(wide != 0) && size > (wide ? SMALLEST_NORMAL_64 : SMALLEST_NORMAL_32);
}

/** `result`, with the flags that led to it added to fflags. */
function accrued(hart: usize, result: u64): u64 {
  if (raised) {
    store<i32>(hart, load<i32>(hart, FFLAGS) | takeRaised(), FFLAGS);
    markFloatDirty(hart);
  }
  return result;
}

function f64Of(bits: u64): f64 {
  return reinterpret<f64>(bits);
}

function f32Of(bits: u64): f32 {
  return reinterpret<f32>(<u32>bits);
}

function bits64(value: f64): u64 {
  return reinterpret<u64>(value);
}

function bits32(value: f32): u64 {
  return reinterpret<u32>(value);
}
