/** One scalar as text, where only its bits are at hand and no live memory: values of a store that has not happened. */
import { strip, type Type } from '../symbols/index.ts';

/**
 * `true`, `RED`, `-3`, `0x1d`, `0x80001000 <boot_args>`.
 * @param bits Width of the value, which for a bit field is less than the type's.
 */
export function scalarText(
  type: Type,
  value: bigint,
  bits: number,
  nameOf: (address: bigint) => string | undefined,
): string {
  const inner = strip(type);
  switch (inner.kind) {
    case 'enum': {
      const signed = inner.signed ? BigInt.asIntN(bits, value) : value;
      return inner.enumerators.find((each) => each.value === signed)?.name ?? String(signed);
    }
    case 'pointer':
    case 'reference': {
      const name = value === 0n ? undefined : nameOf(value);
      return `0x${value.toString(16)}${name === undefined ? '' : ` <${name}>`}`;
    }
    case 'base':
      if (inner.encoding === 'boolean') return value === 0n ? 'false' : value === 1n ? 'true' : String(value);
      if (inner.encoding === 'signed') return String(BigInt.asIntN(bits, value));
      if (inner.encoding === 'char' || inner.encoding === 'unsignedChar') return characterText(value);
      return value < 10n ? String(value) : `0x${value.toString(16)}`;
    default:
      return `0x${value.toString(16)}`;
  }
}

function characterText(value: bigint): string {
  const code = Number(value);
  return code >= 0x20 && code < 0x7f ? `${code} '${String.fromCharCode(code)}'` : String(code);
}
