import { Form } from './constants.ts';
import { fixedSize, type FormSizes } from './forms.ts';
import type { Reader } from './reader.ts';
import type { DebugSection } from './sections.ts';

/** No compiler comes near; a damaged declaration would otherwise grow without end. */
const MAXIMUM_ATTRIBUTES = 1024;
const MAXIMUM_CODE = 1 << 20;

/** The shape of a DIE: DWARF 5, 7.5.3. */
export interface Abbreviation {
  readonly tag: number;
  readonly hasChildren: boolean;
  /** Attribute names, and the form of each. */
  readonly names: readonly number[];
  readonly forms: readonly number[];
  /** Values of DW_FORM_implicit_const, by position. */
  readonly constants: ReadonlyMap<number, bigint> | undefined;
  /** Bit n is set if a name is n modulo 32: most questions for an attribute end here. */
  readonly nameBits: number;
  /** Bytes from the first attribute to each, and after the last, as far as the forms before it have a fixed size. */
  readonly offsets: readonly number[];
}

/** Finds the abbreviation that a code stands for. */
export interface Abbreviations {
  get(code: number): Abbreviation | undefined;
}

/** The abbreviations of one unit, each read when its code, or a later one, is first met. */
export class AbbreviationTable implements Abbreviations {
  readonly #reader: Reader;
  readonly #sizes: FormSizes;
  readonly #byCode: (Abbreviation | undefined)[] = [];
  #ended = false;

  constructor(section: DebugSection, offset: number, sizes: FormSizes) {
    this.#reader = section.readerAt(offset);
    this.#sizes = sizes;
  }

  get(code: number): Abbreviation | undefined {
    let found = this.#byCode[code];
    while (found === undefined && !this.#ended) {
      const next = readCode(this.#reader);
      if (next === 0) this.#ended = true;
      else this.#byCode[next] ??= readDeclaration(this.#reader, this.#sizes);
      found = this.#byCode[code];
    }
    return found;
  }
}

/** One abbreviation of a unit, without keeping those before it: GCC's code for the unit's own DIE is the last. */
export function singleAbbreviation(
  section: DebugSection,
  offset: number,
  sizes: FormSizes,
  wanted: number,
): Abbreviations {
  const reader = section.readerAt(offset);
  for (let code = readCode(reader); code !== 0; code = readCode(reader)) {
    if (code !== wanted) {
      skipDeclaration(reader);
      continue;
    }
    const abbreviation = readDeclaration(reader, sizes);
    return { get: (other) => (other === wanted ? abbreviation : undefined) };
  }
  return { get: () => undefined };
}

function readCode(reader: Reader): number {
  const code = reader.uleb();
  if (code > MAXIMUM_CODE) reader.fail(`abbreviation code ${code} is too large`);
  return code;
}

function readDeclaration(reader: Reader, sizes: FormSizes): Abbreviation {
  const tag = reader.uleb();
  const hasChildren = reader.u8() !== 0;
  const names: number[] = [];
  const forms: number[] = [];
  let constants: Map<number, bigint> | undefined;
  let nameBits = 0;
  while (true) {
    const name = reader.uleb();
    const form = reader.uleb();
    if (form === Form.implicitConst) (constants ??= new Map()).set(names.length, reader.sleb());
    if (name === 0 && form === 0) break;
    names.push(name);
    forms.push(form);
    nameBits |= 1 << (name & 31);
    if (names.length > MAXIMUM_ATTRIBUTES) reader.fail('an abbreviation does not end');
  }
  return { tag, hasChildren, names, forms, constants, nameBits, offsets: layOut(forms, sizes) };
}

function skipDeclaration(reader: Reader): void {
  reader.skipLeb();
  reader.skip(1);
  while (true) {
    const name = reader.uleb();
    const form = reader.uleb();
    if (form === Form.implicitConst) reader.skipLeb();
    if (name === 0 && form === 0) return;
  }
}

function layOut(forms: readonly number[], sizes: FormSizes): number[] {
  const offsets = [0];
  let offset = 0;
  for (const form of forms) {
    const size = fixedSize(form, sizes);
    if (size === undefined) break;
    offset += size;
    offsets.push(offset);
  }
  return offsets;
}
