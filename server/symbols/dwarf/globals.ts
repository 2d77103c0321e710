import type { ElfSymbol } from '../elf/model.ts';
import type { SymbolTable } from '../elf/symbolTable.ts';
import { baseName } from '../paths.ts';
import { At, Tag } from './constants.ts';
import type { Functions } from './functions.ts';
import { NameKind, skimNames, topLevel, type NameIndex, type NameKeys } from './names.ts';
import type { Unit } from './unit.ts';
import { asError, type ReportProblem } from './units.ts';
import type { DwarfVariable, Variables } from './variables.ts';

/** Neighbouring symbols that may tell which file an object comes from. */
const NEIGHBOURS = 12;

/**
 * Finds names in the debug information: in the unit at hand first, then where the symbol table hints, and through the
 * index of the whole program only if that fails.
 */
export class Globals {
  readonly #symbols: SymbolTable;
  readonly #functions: Functions;
  readonly #variables: Variables;
  readonly #index: NameIndex;
  readonly #keys: NameKeys;
  readonly #report: ReportProblem;
  readonly #bySymbol = new Map<number, DwarfVariable | undefined>();
  #unitsByFile: Map<string, Unit[]> | undefined;

  constructor(
    symbols: SymbolTable,
    functions: Functions,
    variables: Variables,
    index: NameIndex,
    keys: NameKeys,
    report: ReportProblem,
  ) {
    this.#symbols = symbols;
    this.#functions = functions;
    this.#variables = variables;
    this.#index = index;
    this.#keys = keys;
    this.#report = report;
  }

  /** Positions of DIEs of those kinds with that name: of one unit first, then of the program as far as it is read. */
  *positions(name: string, kinds: number, near?: Unit): Generator<number> {
    const keys = this.#keys.of(name);
    if (near !== undefined) yield* this.#inUnit(near, name, kinds);
    for (const position of this.#index.find(keys, kinds)) {
      if (near === undefined || position < near.start || position >= near.end) yield position;
    }
  }

  /** Definitions of a variable, those of `near` first. */
  named(name: string, near?: Unit): DwarfVariable[] {
    const found = new Map<number, DwarfVariable>();
    const add = (variable: DwarfVariable | undefined): void => {
      if (variable !== undefined) found.set(variable.position, variable);
    };
    if (near !== undefined) {
      for (const position of this.#inUnit(near, name, NameKind.variable))
        add(this.#variables.read(position, 'global'));
    }
    const symbols = this.#symbols.named(name);
    for (const symbol of symbols) if (isObject(symbol)) add(this.ofSymbol(symbol));
    if (found.size === 0 && symbols.length === 0) {
      for (const position of this.positions(name, NameKind.variable))
        add(this.#variables.read(position, 'global'));
    }
    return [...found.values()];
  }

  /** The variable that a symbol is the linker's name of. */
  ofSymbol(symbol: ElfSymbol): DwarfVariable | undefined {
    if (!isObject(symbol)) return undefined;
    if (!this.#bySymbol.has(symbol.index)) {
      this.#bySymbol.set(symbol.index, this.#hinted(symbol) ?? this.#indexed(symbol));
    }
    return this.#bySymbol.get(symbol.index);
  }

  #inUnit(unit: Unit, name: string, kinds: number): number[] {
    const keys = new Set(this.#keys.of(name));
    const found: number[] = [];
    skimNames(unit, (kind, key, position) => {
      if ((kind & kinds) !== 0 && keys.has(key)) found.push(position);
    });
    return found;
  }

  /** By the file that a local symbol comes from, or that the neighbours of a global one in memory come from. */
  #hinted(symbol: ElfSymbol): DwarfVariable | undefined {
    const files = new Set<string>();
    const own = this.#symbols.fileOf(symbol);
    if (own !== undefined) files.add(own);
    else {
      for (const neighbour of this.#symbols.around(symbol.address, NEIGHBOURS)) {
        const file = this.#symbols.fileOf(neighbour);
        if (file !== undefined) files.add(file);
      }
    }
    for (const file of files) {
      for (const unit of this.#unitsOf(baseName(file))) {
        try {
          for (const position of this.#inUnit(unit, symbol.name, NameKind.variable)) {
            const variable = this.#variables.read(position, 'global');
            if (variable.address === symbol.address) return variable;
          }
          // `static` within a function: its symbol has a number behind the name.
          if (own !== undefined && /\.\d+$/.test(symbol.name)) {
            const local = this.#staticLocal(unit, symbol.address);
            if (local !== undefined) return local;
          }
        } catch (problem) {
          this.#report(asError(problem));
        }
      }
    }
    return undefined;
  }

  #indexed(symbol: ElfSymbol): DwarfVariable | undefined {
    if (symbol.binding === 'local') return undefined;
    for (const position of this.positions(symbol.name, NameKind.variable)) {
      const variable = this.#variables.read(position, 'global');
      if (variable.address === symbol.address) return variable;
    }
    return undefined;
  }

  #staticLocal(unit: Unit, address: bigint): DwarfVariable | undefined {
    for (const die of topLevel(unit)) {
      if (die.tag !== Tag.subprogram) continue;
      for (const cursor of die.walk(() => true)) {
        if (cursor.tag !== Tag.variable || !cursor.has(At.location)) continue;
        const variable = this.#variables.read(cursor.position);
        if (variable.address === address) return variable;
      }
    }
    return undefined;
  }

  #unitsOf(file: string): readonly Unit[] {
    if (this.#unitsByFile === undefined) {
      this.#unitsByFile = new Map();
      for (const unit of this.#functions.units.all) {
        try {
          const name = baseName(unit.root.string(At.name) ?? '');
          const held = this.#unitsByFile.get(name);
          if (held === undefined) this.#unitsByFile.set(name, [unit]);
          else held.push(unit);
        } catch (problem) {
          this.#report(asError(problem));
        }
      }
    }
    return this.#unitsByFile.get(file) ?? [];
  }
}

/** Not a function, nor a place that the linker script or assembly names: no debug information describes those. */
function isObject({ kind }: ElfSymbol): boolean {
  return kind === 'object' || kind === 'tls' || kind === 'common';
}
