import type { ByteSource } from './bytes.ts';
import type {
  AddressRange,
  BreakpointLocation,
  CompilationUnit,
  FunctionInfo,
  LineRange,
  Variable,
} from './code.ts';
import { Tag } from './dwarf/constants.ts';
import { FrameInfo } from './dwarf/frameInfo.ts';
import { Functions, type DwarfFunction } from './dwarf/functions.ts';
import { Globals } from './dwarf/globals.ts';
import { LineTables, type LineRow } from './dwarf/lineTables.ts';
import { Locator } from './dwarf/locator.ts';
import { NameIndex, NameKeys, NameKind } from './dwarf/names.ts';
import { Scopes, type DwarfScope } from './dwarf/scopes.ts';
import { DebugSections } from './dwarf/sections.ts';
import { backtrace } from './dwarf/stack.ts';
import { Stops } from './dwarf/stops.ts';
import { TypeReader } from './dwarf/typeReader.ts';
import type { Unit } from './dwarf/unit.ts';
import { asError, UnitList } from './dwarf/units.ts';
import { Unwinder } from './dwarf/unwinder.ts';
import { Variables } from './dwarf/variables.ts';
import { ElfFile } from './elf/elfFile.ts';
import type { ElfSymbol } from './elf/model.ts';
import { SymbolTable } from './elf/symbolTable.ts';
import { EvaluationError } from './errors.ts';
import type { Backtrace, CpuState, Location, UnwindOptions } from './frames.ts';
import type { SourcePosition } from './position.ts';
import type { DataDescription, SymbolFile, TypeTag } from './symbolFile.ts';
import { memberPath } from './typeModel.ts';
import type { Type } from './types.ts';

const KINDS: Readonly<Record<TypeTag, number>> = {
  struct: NameKind.struct,
  union: NameKind.union,
  enum: NameKind.enum,
  typedef: NameKind.typedef,
  base: NameKind.base,
};
const ANY_TYPE = NameKind.struct | NameKind.union | NameKind.enum | NameKind.typedef | NameKind.base;

/** Bytes of NOPs before a patchable function: two or four instructions, compressed or not. */
const PATCHABLE_PADS = [0, 4, 8, 16];

/** Problems told; a damaged section could give one for each of a million entries. */
const MAXIMUM_PROBLEMS = 100;

/**
 * Opens an image's symbols. Reads headers only; throws `ElfError` if the file is not a RISC-V ELF image.
 * `onProblem` is told, once each, of parts of the debug information that have to be left out.
 */
export function openSymbolFile(source: ByteSource, onProblem?: (problem: Error) => void): SymbolFile {
  return new ElfSymbolFile(ElfFile.open(source), onProblem);
}

class ElfSymbolFile implements SymbolFile {
  readonly elf: ElfFile;
  readonly symbols: SymbolTable;
  onProblem: ((problem: Error) => void) | undefined;
  readonly #told = new Set<string>();
  #debugInfo: DebugInfo | undefined;
  #frameInfo: FrameInfo | undefined;
  #unwinder: Unwinder | undefined;

  constructor(elf: ElfFile, onProblem: ((problem: Error) => void) | undefined) {
    this.elf = elf;
    this.symbols = new SymbolTable(elf);
    this.onProblem = onProblem;
  }

  get hasDebugInfo(): boolean {
    return (this.elf.section('.debug_info')?.size ?? 0) > 0;
  }

  lineAt(address: bigint): LineRange | undefined {
    return this.#lineRange(address, (lines, unit) => lines.rowAt(unit, address));
  }

  positionAt(address: bigint): SourcePosition | undefined {
    return this.lineAt(address)?.position;
  }

  lineRangeAt(address: bigint): LineRange | undefined {
    return this.#lineRange(address, (lines, unit) => lines.lineAround(unit, address));
  }

  #lineRange(
    address: bigint,
    find: (lines: LineTables, unit: Unit) => LineRow | undefined,
  ): LineRange | undefined {
    return this.#guard(undefined, () => {
      const { units, lines } = this.#debug;
      const unit = units.at(address);
      const row = unit && find(lines, unit);
      if (row === undefined || row.line === 0) return undefined;
      const { start, end, line, column, isStatement } = row;
      return { start, end, isStatement, position: { path: lines.path(row.fileId), line, column } };
    });
  }

  breakpointLocations(path: string, line: number): BreakpointLocation[] {
    return this.#guard([], () => this.#debug.stops.onLine(path, line));
  }

  linesWithCode(path: string, first: number, last: number): SourcePosition[] {
    return this.#guard([], () => this.#debug.stops.linesWithCode(path, first, last));
  }

  sourceFiles(): string[] {
    return this.#guard([], () => [...this.#debug.lines.allPaths()].sort());
  }

  functionAt(address: bigint): FunctionInfo | undefined {
    return this.#guard(undefined, () => this.#debug.functions.at(address));
  }

  functionsNamed(name: string): FunctionInfo[] {
    return this.#guard([], () => {
      const bySymbol = this.#functionsBySymbol(name);
      if (bySymbol.length > 0) return bySymbol;
      const { functions, globals } = this.#debug;
      const found = new Map<number, DwarfFunction>();
      for (const position of globals.positions(name, NameKind.function)) {
        const abstract = functions.read(position);
        const copies = functions.copiesOf(functions.unitOf(abstract.unit)!, abstract.origin);
        for (const info of copies.length > 0 ? copies : [abstract]) found.set(info.position, info);
      }
      return [...found.values()];
    });
  }

  functionLocations(name: string): BreakpointLocation[] {
    return this.#guard([], () => {
      const { functions, globals, stops } = this.#debug;
      const found = new Map<bigint, BreakpointLocation>();
      const add = (stop: BreakpointLocation | undefined): void => {
        if (stop !== undefined && !found.has(stop.address)) found.set(stop.address, stop);
      };
      const bySymbol = this.#functionsBySymbol(name);
      for (const info of bySymbol) add(stops.onFunction(info));
      // A function of a header has copies in any unit; one of a source file only there.
      const isLocal =
        bySymbol.length > 0 && bySymbol.every((info) => info.declaration?.path === info.unit.path);
      const origins = isLocal
        ? bySymbol.map(({ origin }) => origin)
        : [...globals.positions(name, NameKind.function)];
      for (const origin of new Set(origins)) {
        const unit = this.#debug.units.containing(origin);
        if (!isLocal) for (const copy of functions.copiesOf(unit, origin)) add(stops.onFunction(copy));
        stops.onInlinedCopies(unit, origin).forEach(add);
      }
      for (const symbol of this.symbols.named(name)) {
        if (symbol.section?.executable !== true || functions.at(symbol.address) !== undefined) continue;
        const position = this.positionAt(symbol.address);
        add({ address: symbol.address, position, function: undefined, inlined: false });
      }
      return [...found.values()];
    });
  }

  bodyOf(entry: bigint): bigint {
    return this.#guard(entry, () => this.#debug.stops.bodyOf(entry));
  }

  scopesAt(address: bigint): DwarfScope[] {
    return this.#guard([], () => this.#debug.scopes.at(address));
  }

  nameCode(address: bigint): string | undefined {
    const found = this.symbols.nearest(address, ['function', 'none']);
    if (found === undefined) return undefined;
    const { symbol, offset } = found;
    return offset === 0n ? symbol.name : `${symbol.name}+0x${offset.toString(16)}`;
  }

  unitAt(address: bigint): CompilationUnit | undefined {
    return this.#guard(undefined, () => {
      const unit = this.#debug.units.at(address);
      return unit && this.#debug.functions.unitInfo(unit);
    });
  }

  *units(): Generator<CompilationUnit> {
    const { units, functions } = this.#debug;
    for (const unit of units.all) {
      const info = this.#guard(undefined, () => functions.unitInfo(unit));
      if (info !== undefined) yield info;
    }
  }

  globalsOf(unit: CompilationUnit): Variable[] {
    return this.#guard([], () => {
      const { functions, variables } = this.#debug;
      const found = functions.unitOf(unit);
      return found === undefined ? [] : variables.globalsOf(found);
    });
  }

  globalsNamed(name: string, near?: CompilationUnit): Variable[] {
    return this.#guard([], () => this.#debug.globals.named(name, this.#near(near)));
  }

  globalAt(address: bigint): Variable | undefined {
    return this.#guard(undefined, () => {
      const found = this.symbols.nearest(address);
      return found && found.symbol.size > 0 ? this.#debug.globals.ofSymbol(found.symbol) : undefined;
    });
  }

  locate(variable: Variable): Location {
    const lost: Location = { kind: 'optimised-out', reason: 'it is not known without a frame' };
    return this.#guard(lost, () => this.#debug.locator.locate(variable, undefined));
  }

  describeData(address: bigint, size = 1): DataDescription | undefined {
    const found = this.symbols.nearest(address, ['object', 'tls', 'none']);
    if (found === undefined) return undefined;
    const { symbol } = found;
    const offset = Number(found.offset);
    const variable = symbol.size > 0 ? this.globalAt(symbol.address) : undefined;
    const inside = variable && this.#guard(undefined, () => memberPath(variable.type, offset, size));
    const name = variable?.name ?? symbol.name;
    const rest = inside?.rest ?? offset;
    return {
      path: `${name}${inside?.path ?? ''}`,
      symbol: name,
      start: symbol.address,
      size: symbol.size,
      offset,
      rest,
      variable,
      type: inside?.type,
      declaration: variable?.declaration,
    };
  }

  typeNamed(name: string, tag?: TypeTag, near?: CompilationUnit): Type | undefined {
    return this.#guard(undefined, () => {
      const { globals, types } = this.#debug;
      const kinds = tag === undefined ? ANY_TYPE : KINDS[tag];
      for (const position of globals.positions(name, kinds, this.#near(near))) return types.at(position);
      return undefined;
    });
  }

  enumerator(name: string, near?: CompilationUnit): { type: Type; value: bigint } | undefined {
    return this.#guard(undefined, () => {
      const { globals, types } = this.#debug;
      for (const position of globals.positions(name, NameKind.enumerator, this.#near(near))) {
        const type = types.at(position);
        const found = type.kind === 'enum' ? type.enumerators.find((item) => item.name === name) : undefined;
        if (found !== undefined) return { type, value: found.value };
      }
      return undefined;
    });
  }

  unwind(cpu: CpuState, options: UnwindOptions = {}): Backtrace {
    this.#unwinder ??= new Unwinder(this.#frames, {
      isCode: (address) => this.elf.segmentAt(address)?.executable ?? false,
      isSameFunction: (a, b) => {
        const symbol = this.#codeSymbol(a);
        return symbol !== undefined && symbol.index === this.#codeSymbol(b)?.index;
      },
    });
    const code = {
      scopesAt: (address: bigint) => this.scopesAt(address),
      positionAt: (address: bigint) => this.positionAt(address),
      symbolAt: (address: bigint) => this.#codeSymbol(address)?.name ?? '',
    };
    return backtrace(this.#unwinder, this.#debug.locator, code, cpu, options);
  }

  frameInfoAt(address: bigint): AddressRange | undefined {
    return this.#guard(undefined, () => this.#frames.rangeAt(address));
  }

  indexNames(maxBytes: number): number {
    return this.#guard(1, () => {
      const { index } = this.#debug;
      index.readMore(maxBytes);
      return index.progress;
    });
  }

  #functionsBySymbol(name: string): DwarfFunction[] {
    const { functions } = this.#debug;
    const found = new Map<number, DwarfFunction>();
    for (const symbol of this.symbols.named(name)) {
      const info = symbol.kind === 'function' ? this.#functionOf(symbol) : undefined;
      if (info === undefined) continue;
      found.set(info.position, info);
      for (const copy of functions.copiesOf(functions.unitOf(info.unit)!, info.origin))
        found.set(copy.position, copy);
    }
    return [...found.values()];
  }

  /**
   * The function that begins at a symbol. Compilers leave the pad that `-fpatchable-function-entry` asks for (Linux:
   * ftrace) out of what the debug information calls the function.
   */
  #functionOf({ address, size }: ElfSymbol): DwarfFunction | undefined {
    const { functions } = this.#debug;
    for (const pad of PATCHABLE_PADS) {
      if (pad > 0 && pad >= size) return undefined;
      const entry = address + BigInt(pad);
      const info = functions.at(entry);
      if (info !== undefined) return info.entry === entry ? info : undefined;
    }
    return undefined;
  }

  /** The function symbol, or label, that an address belongs to. */
  #codeSymbol(address: bigint): ElfSymbol | undefined {
    return this.symbols.nearest(address, ['function', 'none'])?.symbol;
  }

  #near(unit: CompilationUnit | undefined): Unit | undefined {
    return unit && this.#debug.functions.unitOf(unit);
  }

  get #debug(): DebugInfo {
    return (this.#debugInfo ??= new DebugInfo(new DebugSections(this.elf), this.symbols, this.#report));
  }

  get #frames(): FrameInfo {
    return (this.#frameInfo ??= new FrameInfo(this.#debug.sections, this.#report));
  }

  readonly #report = (problem: Error): void => {
    if (this.#told.size >= MAXIMUM_PROBLEMS || this.#told.has(problem.message)) return;
    this.#told.add(problem.message);
    this.onProblem?.(problem);
  };

  /** The answer of `read`, or `otherwise` and a report if what it reads is malformed. */
  #guard<T>(otherwise: T, read: () => T): T {
    try {
      return read();
    } catch (problem) {
      if (problem instanceof EvaluationError) throw problem;
      this.#report(asError(problem));
      return otherwise;
    }
  }
}

/** The parts that read debug information, wired together. */
class DebugInfo {
  readonly units: UnitList;
  readonly lines: LineTables;
  readonly index: NameIndex;
  readonly types: TypeReader;
  readonly functions: Functions;
  readonly variables: Variables;
  readonly scopes: Scopes;
  readonly stops: Stops;
  readonly globals: Globals;
  readonly locator: Locator;

  constructor(
    readonly sections: DebugSections,
    symbols: SymbolTable,
    report: (problem: Error) => void,
  ) {
    this.units = new UnitList(sections, report);
    this.lines = new LineTables(this.units, report);
    this.index = new NameIndex(this.units, report);
    const keys = new NameKeys(sections);
    this.types = new TypeReader(
      this.units,
      this.lines,
      (tag, name) => {
        for (const position of this.index.find(keys.of(name), kindOfTag(tag)))
          return this.units.die(position);
        return undefined;
      },
      report,
    );
    this.functions = new Functions(this.units, this.lines, this.types);
    this.variables = new Variables(this.functions);
    this.scopes = new Scopes(this.functions, this.variables);
    this.stops = new Stops(this.functions, this.scopes);
    this.globals = new Globals(symbols, this.functions, this.variables, this.index, keys, report);
    this.locator = new Locator(
      this.functions,
      this.variables,
      (name, unit) =>
        this.globals.named(name, unit).find((variable) => variable.address !== undefined)?.address,
    );
  }
}

function kindOfTag(tag: number): number {
  if (tag === Tag.unionType) return NameKind.union;
  return tag === Tag.enumerationType ? NameKind.enum : NameKind.struct;
}
