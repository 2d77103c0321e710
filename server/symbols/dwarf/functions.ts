import type { AddressRange, CompilationUnit, FunctionInfo } from '../code.ts';
import type { FunctionType } from '../types.ts';
import type { SourcePosition } from '../position.ts';
import { joinPath, normalisePath } from '../paths.ts';
import { AddressTable } from './addressTable.ts';
import { At, Tag } from './constants.ts';
import type { LineTables } from './lineTables.ts';
import { topLevel } from './names.ts';
import { declarationOf, holderOf, nameOf, originChain } from './origins.ts';
import { rangesOf } from './ranges.ts';
import type { TypeReader } from './typeReader.ts';
import type { Die, Unit } from './unit.ts';
import type { UnitList } from './units.ts';

/** A function as one DIE describes it: with code of its own, or the abstract one that inlined copies refer to. */
export class DwarfFunction implements FunctionInfo {
  readonly name: string;
  readonly linkageName: string | undefined;
  readonly ranges: readonly AddressRange[];
  readonly entry: bigint | undefined;
  readonly external: boolean;
  readonly #functions: Functions;
  #declaration: { readonly value: SourcePosition | undefined } | undefined;
  #type: FunctionType | undefined;

  constructor(
    functions: Functions,
    die: Die,
    readonly unit: CompilationUnit,
    /** Of its DIE. */
    readonly position: number,
    /** Of the DIE at the end of its chain of origins: the same for all copies in one unit. */
    readonly origin: number,
  ) {
    this.#functions = functions;
    const { units } = functions;
    this.name = nameOf(units, die) ?? '';
    const linkage = holderOf(units, die, At.linkageName)?.string(At.linkageName);
    this.linkageName = linkage ?? holderOf(units, die, At.mipsLinkageName)?.string(At.mipsLinkageName);
    this.ranges = rangesOf(die);
    this.entry = entryOf(die, this.ranges);
    this.external = holderOf(units, die, At.external)?.flag(At.external) ?? false;
  }

  get declaration(): SourcePosition | undefined {
    const { units, lines } = this.#functions;
    this.#declaration ??= { value: declarationOf(units, lines, units.die(this.position)) };
    return this.#declaration.value;
  }

  get type(): FunctionType {
    const { units, types } = this.#functions;
    return (this.#type ??= types.functionType(units.die(this.position)));
  }
}

/** Where a function or an inlined copy is entered. */
export function entryOf(die: Die, ranges: readonly AddressRange[]): bigint | undefined {
  const entry = die.attribute(At.entryPc);
  if (entry?.kind === 'address') return entry.value;
  const low = die.address(At.lowPc);
  if (entry?.kind === 'constant' && (low ?? ranges[0]?.start) !== undefined)
    return (low ?? ranges[0]!.start) + entry.value;
  return low ?? ranges[0]?.start;
}

/** What a unit's own DIE says. */
class DwarfUnit implements CompilationUnit {
  readonly name: string;
  readonly directory: string;
  readonly path: string;
  readonly producer: string | undefined;
  readonly language: number | undefined;
  readonly dwarfVersion: number;

  constructor(readonly unit: Unit) {
    const { root } = unit;
    this.name = root.string(At.name) ?? '';
    this.directory = root.string(At.compDir) ?? '';
    this.path = normalisePath(joinPath(this.directory, this.name));
    this.producer = root.string(At.producer);
    this.language = root.number(At.language);
    this.dwarfVersion = unit.version;
  }
}

/** Functions of all units. A unit's table of code is made when the first address in it is asked for. */
export class Functions {
  readonly #byUnit = new Map<Unit, AddressTable>();
  readonly #functions = new Map<number, DwarfFunction>();
  readonly #infos = new Map<Unit, DwarfUnit>();

  constructor(
    readonly units: UnitList,
    readonly lines: LineTables,
    readonly types: TypeReader,
  ) {}

  unitInfo(unit: Unit): CompilationUnit {
    let info = this.#infos.get(unit);
    if (info === undefined) this.#infos.set(unit, (info = new DwarfUnit(unit)));
    return info;
  }

  /** The unit that an info of `unitInfo` stands for. */
  unitOf(info: CompilationUnit): Unit | undefined {
    return info instanceof DwarfUnit ? info.unit : undefined;
  }

  /** The function whose own code contains `address`. */
  at(address: bigint): DwarfFunction | undefined {
    const unit = this.units.at(address);
    if (unit === undefined) return undefined;
    let table = this.#byUnit.get(unit);
    if (table === undefined) this.#byUnit.set(unit, (table = tableOf(unit)));
    const found = table.find(address);
    return found && this.read(found.payload);
  }

  /** Functions with code whose chain of origins ends at a DIE of their unit: a function and its clones. */
  copiesOf(unit: Unit, origin: number): DwarfFunction[] {
    const found: DwarfFunction[] = [];
    for (const die of topLevel(unit)) {
      if (!hasCode(die)) continue;
      const copy = this.read(die.position);
      if (copy.origin === origin) found.push(copy);
    }
    return found;
  }

  /** The function that the DIE at a position describes. */
  read(position: number): DwarfFunction {
    let info = this.#functions.get(position);
    if (info === undefined) {
      const die = this.units.die(position);
      let origin = die;
      for (const link of originChain(this.units, die)) origin = link;
      info = new DwarfFunction(this, die, this.unitInfo(die.unit), position, origin.position);
      this.#functions.set(position, info);
    }
    return info;
  }
}

/** A DW_TAG_subprogram that has been given code. */
export function hasCode(die: Die): boolean {
  return die.tag === Tag.subprogram && (die.has(At.lowPc) || die.has(At.ranges));
}

function tableOf(unit: Unit): AddressTable {
  const code: { start: bigint; end: bigint; payload: number }[] = [];
  for (const die of topLevel(unit)) {
    if (!hasCode(die)) continue;
    for (const { start, end } of rangesOf(die)) code.push({ start, end, payload: die.position });
  }
  return new AddressTable(code);
}
