import type { CompilationUnit, Variable } from '../code.ts';
import type { SourcePosition } from '../position.ts';
import type { Type } from '../types.ts';
import { At, Tag } from './constants.ts';
import type { Functions } from './functions.ts';
import { topLevel } from './names.ts';
import { declarationOf, holderOf, nameOf } from './origins.ts';
import { Reader } from './reader.ts';
import type { Die, Unit } from './unit.ts';

const DW_OP_ADDR = 0x03;
const DW_OP_ADDRX = 0xa1;
const DW_OP_GNU_ADDR_INDEX = 0xfb;

/** A variable or parameter as one DIE describes it. */
export class DwarfVariable implements Variable {
  readonly name: string;
  readonly kind: Variable['kind'];
  readonly address: bigint | undefined;
  readonly external: boolean;
  readonly #functions: Functions;
  #type: Type | undefined;
  #declaration: { readonly value: SourcePosition | undefined } | undefined;

  constructor(
    functions: Functions,
    die: Die,
    readonly unit: CompilationUnit,
    /** Of its DIE. */
    readonly position: number,
    kind: Variable['kind'] | undefined,
  ) {
    this.#functions = functions;
    const { units } = functions;
    this.name = nameOf(units, die) ?? '';
    this.address = staticAddress(holderOf(units, die, At.location));
    this.kind = kind ?? (die.tag === Tag.formalParameter ? 'parameter' : 'local');
    this.external = holderOf(units, die, At.external)?.flag(At.external) ?? false;
  }

  get type(): Type {
    const { units, types } = this.#functions;
    return (this.#type ??= types.typeOf(units.die(this.position)));
  }

  get declaration(): SourcePosition | undefined {
    const { units, lines } = this.#functions;
    this.#declaration ??= { value: declarationOf(units, lines, units.die(this.position)) };
    return this.#declaration.value;
  }
}

/** Makes variables of DIEs. */
export class Variables {
  readonly #functions: Functions;

  constructor(functions: Functions) {
    this.#functions = functions;
  }

  read(position: number, kind?: Variable['kind']): DwarfVariable {
    const die = this.#functions.units.die(position);
    return new DwarfVariable(this.#functions, die, this.#functions.unitInfo(die.unit), position, kind);
  }

  /** What a unit defines with static storage, in its order. */
  globalsOf(unit: Unit): DwarfVariable[] {
    const globals: DwarfVariable[] = [];
    for (const die of topLevel(unit)) {
      if (die.tag !== Tag.variable || die.flag(At.declaration)) continue;
      if (die.has(At.location) || die.has(At.constValue)) globals.push(this.read(die.position, 'global'));
    }
    return globals;
  }
}

/** The address of a variable whose location is just that. */
function staticAddress(die: Die | undefined): bigint | undefined {
  const expression = die?.block(At.location);
  if (die === undefined || expression === undefined || expression.length === 0) return undefined;
  const { unit } = die;
  const reader = new Reader(expression, unit.header.section.name, die.position);
  const operation = reader.u8();
  let address: bigint | undefined;
  if (operation === DW_OP_ADDR) address = reader.unsigned(unit.addressSize);
  else if (operation === DW_OP_ADDRX || operation === DW_OP_GNU_ADDR_INDEX)
    address = unit.indexedAddress(reader.uleb());
  return reader.atEnd ? address : undefined;
}
