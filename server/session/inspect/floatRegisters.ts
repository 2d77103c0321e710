/** What a floating-point register holds: it does not say, but its bits do. */
import { floatText, type Type } from '../../symbols/index.ts';

/** `raw` where a number would be nonsense. */
export type FloatFormat = 'float' | 'double' | 'raw';

const FLOAT: Type = { kind: 'base', name: 'float', size: 4, encoding: 'float' };
const DOUBLE: Type = { kind: 'base', name: 'double', size: 8, encoding: 'float' };

/** A single in its box of ones (unprivileged spec, "NaN Boxing of Narrower Values"). */
const isBoxed = (bits: bigint): boolean => bits >> 32n === 0xffff_ffffn;

/** Integers that were moved or loaded there are subnormal as doubles, which sensible numbers are not. */
function isSubnormal(bits: bigint): boolean {
  return BigInt.asUintN(63, bits) !== 0n && ((bits >> 52n) & 0x7ffn) === 0n;
}

export function floatFormat(bits: bigint): FloatFormat {
  if (isBoxed(bits)) return 'float';
  return isSubnormal(bits) ? 'raw' : 'double';
}

/** The number that 64 bits stand for; undefined for raw ones. */
export function floatNumber(bits: bigint): string | undefined {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits, true);
  switch (floatFormat(bits)) {
    case 'float':
      return floatText(view.getFloat32(0, true), 4);
    case 'double':
      return floatText(view.getFloat64(0, true), 8);
    default:
      return undefined;
  }
}

/** The type that expressions see: an assignment keeps what the register holds, box included. */
export function floatType(bits: bigint): Type {
  return isBoxed(bits) ? FLOAT : DOUBLE;
}
