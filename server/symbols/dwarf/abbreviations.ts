import type { DebugSection } from './sections.ts';
import type { Reader } from './reader.ts';
import { Form } from './constants.ts';

/** No compiler comes near; a damaged declaration would otherwise grow without end. */
const MAXIMUM_ATTRIBUTES = 1024;

/** The shape of a DIE: DWARF 5, 7.5.3. */
export interface Abbreviation {
  readonly tag: number;
  readonly hasChildren: boolean;
  /** Attribute names, and the form of each. */
  readonly names: readonly number[];
  readonly forms: readonly number[];
  /** Values of DW_FORM_implicit_const, by position. */
  readonly constants: ReadonlyMap<number, bigint> | undefined;
}

/** The abbreviations of one unit, declared one by one as codes are met: a unit's first DIE needs only the first. */
export class AbbreviationTable {
  readonly #reader: Reader;
  readonly #byCode: (Abbreviation | undefined)[] = [];
  #ended = false;

  constructor(section: DebugSection, offset: number) {
    this.#reader = section.readerAt(offset);
  }

  /** Declarations read so far. */
  get count(): number {
    return this.#byCode.length;
  }

  get(code: number): Abbreviation | undefined {
    let found = this.#byCode[code];
    while (found === undefined && !this.#ended) {
      this.#readNext();
      found = this.#byCode[code];
    }
    return found;
  }

  #readNext(): void {
    const reader = this.#reader;
    const code = reader.uleb();
    if (code === 0) {
      this.#ended = true;
      return;
    }
    if (code > 1 << 20) reader.fail(`abbreviation code ${code} is too large`);
    const tag = reader.uleb();
    const hasChildren = reader.u8() !== 0;
    const names: number[] = [];
    const forms: number[] = [];
    let constants: Map<number, bigint> | undefined;
    while (true) {
      const name = reader.uleb();
      const form = reader.uleb();
      if (form === Form.implicitConst) (constants ??= new Map()).set(names.length, reader.sleb());
      if (name === 0 && form === 0) break;
      names.push(name);
      forms.push(form);
      if (names.length > MAXIMUM_ATTRIBUTES) reader.fail('an abbreviation does not end');
    }
    this.#byCode[code] ??= { tag, hasChildren, names, forms, constants };
  }
}
