import { Form } from './constants.ts';
import type { Reader } from './reader.ts';

/** What the encoding of an attribute depends on beside its form. */
export interface FormContext extends FormSizes {
  readonly offsetSize: 4 | 8;
  /** Position of the unit's header, which unit-relative references count from. */
  readonly start: number;
  /** A string of .debug_str, .debug_line_str, or through this unit's part of .debug_str_offsets. */
  string(offset: number): string;
  lineString(offset: number): string;
  indexedString(index: number): string;
  /** An entry of this unit's part of .debug_addr. */
  indexedAddress(index: number): bigint;
}

/** The value of an attribute, by class (DWARF 5, 7.5.5). */
export type AttributeValue =
  | { readonly kind: 'address'; readonly value: bigint }
  /** `bits` is how many bits the form gives: a shorter constant of unknown sign is not sign-extended. */
  | { readonly kind: 'constant'; readonly value: bigint; readonly bits: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'flag'; readonly value: boolean }
  /** Position of another DIE, counted as in `Unit.start`. */
  | { readonly kind: 'reference'; readonly target: number }
  | { readonly kind: 'signature'; readonly value: bigint }
  | { readonly kind: 'offset'; readonly value: number }
  | { readonly kind: 'listIndex'; readonly index: number }
  | { readonly kind: 'block'; readonly bytes: Uint8Array };

const constant = (value: bigint, bits: number): AttributeValue => ({ kind: 'constant', value, bits });

export function readForm(
  reader: Reader,
  form: number,
  unit: FormContext,
  implicit: bigint | undefined,
): AttributeValue {
  switch (form) {
    case Form.addr:
      return { kind: 'address', value: reader.unsigned(unit.addressSize) };
    case Form.addrx:
      return { kind: 'address', value: unit.indexedAddress(reader.uleb()) };
    case Form.addrx1:
      return { kind: 'address', value: unit.indexedAddress(reader.u8()) };
    case Form.addrx2:
      return { kind: 'address', value: unit.indexedAddress(reader.u16()) };
    case Form.addrx3:
      return { kind: 'address', value: unit.indexedAddress(reader.u24()) };
    case Form.addrx4:
      return { kind: 'address', value: unit.indexedAddress(reader.u32()) };
    case Form.data1:
      return constant(BigInt(reader.u8()), 8);
    case Form.data2:
      return constant(BigInt(reader.u16()), 16);
    case Form.data4:
      return constant(BigInt(reader.u32()), 32);
    case Form.data8:
      return constant(reader.u64(), 64);
    case Form.sdata:
      return constant(reader.sleb(), 64);
    case Form.udata:
      return constant(reader.ulebBig(), 64);
    case Form.implicitConst:
      return constant(implicit ?? 0n, 64);
    case Form.string:
      return { kind: 'string', value: reader.cstring() };
    case Form.strp:
      return { kind: 'string', value: unit.string(reader.sectionOffset(unit.offsetSize)) };
    case Form.lineStrp:
      return { kind: 'string', value: unit.lineString(reader.sectionOffset(unit.offsetSize)) };
    case Form.strx:
      return { kind: 'string', value: unit.indexedString(reader.uleb()) };
    case Form.strx1:
      return { kind: 'string', value: unit.indexedString(reader.u8()) };
    case Form.strx2:
      return { kind: 'string', value: unit.indexedString(reader.u16()) };
    case Form.strx3:
      return { kind: 'string', value: unit.indexedString(reader.u24()) };
    case Form.strx4:
      return { kind: 'string', value: unit.indexedString(reader.u32()) };
    case Form.flag:
      return { kind: 'flag', value: reader.u8() !== 0 };
    case Form.flagPresent:
      return { kind: 'flag', value: true };
    case Form.ref1:
      return { kind: 'reference', target: unit.start + reader.u8() };
    case Form.ref2:
      return { kind: 'reference', target: unit.start + reader.u16() };
    case Form.ref4:
      return { kind: 'reference', target: unit.start + reader.u32() };
    case Form.ref8:
      return { kind: 'reference', target: unit.start + reader.sectionOffset(8) };
    case Form.refUdata:
      return { kind: 'reference', target: unit.start + reader.uleb() };
    case Form.refAddr:
      // DWARF 2 gave it the size of an address.
      return { kind: 'reference', target: reader.sectionOffset(unit.version <= 2 ? 8 : unit.offsetSize) };
    case Form.refSig8:
      return { kind: 'signature', value: reader.u64() };
    case Form.secOffset:
      return { kind: 'offset', value: reader.sectionOffset(unit.offsetSize) };
    case Form.loclistx:
    case Form.rnglistx:
      return { kind: 'listIndex', index: reader.uleb() };
    case Form.exprloc:
    case Form.block:
      return { kind: 'block', bytes: reader.take(reader.uleb()) };
    case Form.block1:
      return { kind: 'block', bytes: reader.take(reader.u8()) };
    case Form.block2:
      return { kind: 'block', bytes: reader.take(reader.u16()) };
    case Form.block4:
      return { kind: 'block', bytes: reader.take(reader.u32()) };
    case Form.data16:
      return { kind: 'block', bytes: reader.take(16) };
    case Form.indirect:
      return readForm(reader, directForm(reader), unit, undefined);
    case Form.gnuRefAlt:
    case Form.gnuStrpAlt:
    case Form.refSup4:
    case Form.refSup8:
    case Form.strpSup:
      return reader.fail('it refers to a supplementary debug file (dwz -m), which is not supported');
    default:
      return reader.fail(`unknown attribute form 0x${form.toString(16)}`);
  }
}

/** What the size of some forms depends on. */
export interface FormSizes {
  readonly version: number;
  readonly offsetSize: number;
  readonly addressSize: number;
}

/** Bytes that a form takes, where that does not depend on the value. */
export function fixedSize(form: number, sizes: FormSizes): number | undefined {
  switch (form) {
    case Form.flagPresent:
    case Form.implicitConst:
      return 0;
    case Form.data1:
    case Form.flag:
    case Form.ref1:
    case Form.strx1:
    case Form.addrx1:
      return 1;
    case Form.data2:
    case Form.ref2:
    case Form.strx2:
    case Form.addrx2:
      return 2;
    case Form.strx3:
    case Form.addrx3:
      return 3;
    case Form.data4:
    case Form.ref4:
    case Form.strx4:
    case Form.addrx4:
    case Form.refSup4:
      return 4;
    case Form.data8:
    case Form.ref8:
    case Form.refSig8:
    case Form.refSup8:
      return 8;
    case Form.data16:
      return 16;
    case Form.addr:
      return sizes.addressSize;
    case Form.strp:
    case Form.lineStrp:
    case Form.secOffset:
    case Form.strpSup:
    case Form.gnuRefAlt:
    case Form.gnuStrpAlt:
      return sizes.offsetSize;
    case Form.refAddr:
      return sizes.version <= 2 ? 8 : sizes.offsetSize;
    default:
      return undefined;
  }
}

export function skipForm(reader: Reader, form: number, unit: FormSizes): void {
  const size = fixedSize(form, unit);
  if (size !== undefined) {
    reader.skip(size);
    return;
  }
  switch (form) {
    case Form.sdata:
    case Form.udata:
    case Form.refUdata:
    case Form.strx:
    case Form.addrx:
    case Form.loclistx:
    case Form.rnglistx:
      reader.skipLeb();
      break;
    case Form.string:
      reader.skipString();
      break;
    case Form.exprloc:
    case Form.block:
      reader.skip(reader.uleb());
      break;
    case Form.block1:
      reader.skip(reader.u8());
      break;
    case Form.block2:
      reader.skip(reader.u16());
      break;
    case Form.block4:
      reader.skip(reader.u32());
      break;
    case Form.indirect:
      skipForm(reader, directForm(reader), unit);
      break;
    default:
      reader.fail(`unknown attribute form 0x${form.toString(16)}`);
  }
}

/** The form that DW_FORM_indirect names; one that is indirect again, or implicit, has no meaning there. */
function directForm(reader: Reader): number {
  const form = reader.uleb();
  if (form === Form.indirect || form === Form.implicitConst)
    reader.fail('an indirect form names no direct one');
  return form;
}
