/**
 * The symbols of a kernel and of the modules that it has loaded, as if they were one file's. A question about an
 * address goes to the file that lies there, one about a name to all; what is asked near a unit goes to its file first.
 */
import type {
  AddressRange,
  BreakpointLocation,
  CodeScope,
  CompilationUnit,
  FunctionInfo,
  LineRange,
  Variable,
} from './code.ts';
import type { ElfFile } from './elf/elfFile.ts';
import type { ElfSymbol, Section, SymbolAndOffset, SymbolKind, Symbols } from './elf/model.ts';
import type { Backtrace, CpuState, Location, StackFrame, UnwindOptions } from './frames.ts';
import type { SourcePosition } from './position.ts';
import type { DataDescription, SymbolFile, TypeTag } from './symbolFile.ts';
import type { Type } from './types.ts';

/** A module in memory; without a file its code is only known to be code. */
export interface Layer {
  readonly ranges: readonly (AddressRange & { readonly executable: boolean })[];
  readonly file: SymbolFile | undefined;
}

const DEFAULT_FRAMES = 256;

export class LayeredSymbols implements SymbolFile {
  readonly symbols: Symbols;
  readonly #base: SymbolFile;
  /** Newest first: memory that a module has given back may be another's. */
  #layers: readonly Layer[] = [];

  constructor(base: SymbolFile) {
    this.#base = base;
    this.symbols = new LayeredNames(base, () => this.#files);
  }

  add(layer: Layer): void {
    this.#layers = [layer, ...this.#layers];
  }

  remove(layer: Layer): void {
    this.#layers = this.#layers.filter((each) => each !== layer);
  }

  /** The base, then the modules', newest first. */
  get #files(): SymbolFile[] {
    return [this.#base, ...this.#layers.flatMap(({ file }) => file ?? [])];
  }

  /** The base's: a module is linked where it lies, and has no headers of interest. */
  get elf(): ElfFile {
    return this.#base.elf;
  }

  get hasDebugInfo(): boolean {
    return this.#files.some((file) => file.hasDebugInfo);
  }

  get onProblem(): SymbolFile['onProblem'] {
    return this.#base.onProblem;
  }

  set onProblem(tell: SymbolFile['onProblem']) {
    for (const file of this.#files) file.onProblem = tell;
  }

  lineAt(address: bigint): LineRange | undefined {
    return this.#at(address)?.lineAt(address);
  }

  positionAt(address: bigint): SourcePosition | undefined {
    return this.#at(address)?.positionAt(address);
  }

  lineRangeAt(address: bigint): LineRange | undefined {
    return this.#at(address)?.lineRangeAt(address);
  }

  breakpointLocations(path: string, line: number): BreakpointLocation[] {
    return this.#files.flatMap((file) => file.breakpointLocations(path, line));
  }

  linesWithCode(path: string, first: number, last: number): SourcePosition[] {
    return this.#files.flatMap((file) => file.linesWithCode(path, first, last));
  }

  sourceFiles(): string[] {
    const files = this.#files;
    if (files.length === 1) return this.#base.sourceFiles();
    return [...new Set(files.flatMap((file) => file.sourceFiles()))].sort();
  }

  functionAt(address: bigint): FunctionInfo | undefined {
    return this.#at(address)?.functionAt(address);
  }

  functionsNamed(name: string): FunctionInfo[] {
    return this.#knowing(name).flatMap((file) => file.functionsNamed(name));
  }

  functionLocations(name: string): BreakpointLocation[] {
    return this.#knowing(name).flatMap((file) => file.functionLocations(name));
  }

  bodyOf(entry: bigint): bigint {
    return this.#at(entry)?.bodyOf(entry) ?? entry;
  }

  scopesAt(address: bigint): CodeScope[] {
    return this.#at(address)?.scopesAt(address) ?? [];
  }

  nameCode(address: bigint): string | undefined {
    return this.#at(address)?.nameCode(address);
  }

  unitAt(address: bigint): CompilationUnit | undefined {
    return this.#at(address)?.unitAt(address);
  }

  *units(): Generator<CompilationUnit> {
    for (const file of this.#files) yield* file.units();
  }

  globalsOf(unit: CompilationUnit): Variable[] {
    return this.#owner(unit).globalsOf(unit);
  }

  globalsNamed(name: string, near?: CompilationUnit): Variable[] {
    return this.#nearest(name, near, (file, unit) => file.globalsNamed(name, unit)).flat();
  }

  globalAt(address: bigint): Variable | undefined {
    return this.#at(address)?.globalAt(address);
  }

  locate(variable: Variable): Location {
    return this.#owner(variable.unit).locate(variable);
  }

  describeData(address: bigint, size?: number): DataDescription | undefined {
    return this.#at(address)?.describeData(address, size);
  }

  typeNamed(name: string, tag?: TypeTag, near?: CompilationUnit): Type | undefined {
    return this.#first(near, (file, unit) => file.typeNamed(name, tag, unit));
  }

  enumerator(
    name: string,
    near?: CompilationUnit,
  ): { readonly type: Type; readonly value: bigint } | undefined {
    return this.#first(near, (file, unit) => file.enumerator(name, unit));
  }

  /** Each file unwinds its own frames; where the stack crosses into another file's code, that one goes on. */
  unwind(cpu: CpuState, options: UnwindOptions = {}): Backtrace {
    if (this.#layers.length === 0) return this.#base.unwind(cpu, options);
    const maximum = options.maxFrames ?? DEFAULT_FRAMES;
    const isCode = (address: bigint): boolean => this.#isCode(address);
    const frames: StackFrame[] = [];
    let from = cpu;
    let returning = options.returning ?? false;
    while (true) {
      const file = this.#at(from.pc) ?? this.#base;
      const rest = maximum - frames.length;
      const trace = file.unwind(from, { ...options, maxFrames: rest, returning, isCode });
      const crossing = trace.frames.findIndex(
        (frame, index) => index > 0 && (this.#at(frame.codeAddress) ?? this.#base) !== file,
      );
      const own = crossing < 0 ? trace.frames : trace.frames.slice(0, crossing);
      for (const frame of own) frames.push(atLevel(frame, frames.length));
      const next = trace.frames[crossing];
      if (next === undefined) return { ...trace, frames };
      from = { pc: next.pc, registers: next.registers, memory: cpu.memory };
      returning = true;
    }
  }

  frameInfoAt(address: bigint): AddressRange | undefined {
    return this.#at(address)?.frameInfoAt(address);
  }

  indexNames(maxBytes: number): number {
    return this.#base.indexNames(maxBytes);
  }

  /** The file whose memory an address is in; undefined in a module without one. */
  #at(address: bigint): SymbolFile | undefined {
    const layer = this.#layers.find(({ ranges }) =>
      ranges.some(({ start, end }) => start <= address && address < end),
    );
    return layer === undefined ? this.#base : layer.file;
  }

  #isCode(address: bigint): boolean {
    const isOfModule = this.#layers.some(({ ranges }) =>
      ranges.some(({ start, end, executable }) => executable && start <= address && address < end),
    );
    return isOfModule || this.#base.elf.segmentAt(address)?.executable === true;
  }

  /** Modules have few units, a kernel thousands. */
  #owner(unit: CompilationUnit): SymbolFile {
    for (const { file } of this.#layers)
      if (file !== undefined) for (const each of file.units()) if (each === unit) return file;
    return this.#base;
  }

  /** Those whose symbol tables have the name. A name that none has costs a search of the kernel's debug information. */
  #knowing(name: string): SymbolFile[] {
    const knowing = this.#files.filter((file) => file.symbols.find(name) !== undefined);
    return knowing.length > 0 ? knowing : this.#files;
  }

  #nearest<T>(
    name: string,
    near: CompilationUnit | undefined,
    ask: (file: SymbolFile, near: CompilationUnit | undefined) => T,
  ): T[] {
    const owner = near && this.#owner(near);
    const others = this.#knowing(name).filter((file) => file !== owner);
    return [
      ...(owner === undefined ? [] : [ask(owner, near)]),
      ...others.map((file) => ask(file, undefined)),
    ];
  }

  #first<T>(
    near: CompilationUnit | undefined,
    ask: (file: SymbolFile, near: CompilationUnit | undefined) => T | undefined,
  ): T | undefined {
    const owner = near && this.#owner(near);
    const found = owner && ask(owner, near);
    if (found !== undefined) return found;
    for (const file of this.#files) {
      const answer = file === owner ? undefined : ask(file, undefined);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }
}

/** The symbol tables of all files, as one. */
class LayeredNames implements Symbols {
  readonly #base: SymbolFile;
  readonly #files: () => SymbolFile[];

  constructor(base: SymbolFile, files: () => SymbolFile[]) {
    this.#base = base;
    this.#files = files;
  }

  get count(): number {
    return this.#base.symbols.count;
  }

  *all(): Generator<ElfSymbol> {
    for (const { symbols } of this.#files()) yield* symbols.all();
  }

  *startingWith(prefix: string): Generator<ElfSymbol> {
    for (const { symbols } of this.#files()) yield* symbols.startingWith(prefix);
  }

  named(name: string): ElfSymbol[] {
    return this.#files().flatMap(({ symbols }) => symbols.named(name));
  }

  find(name: string): ElfSymbol | undefined {
    return this.named(name)[0];
  }

  addressOf(name: string): bigint | undefined {
    return this.find(name)?.address;
  }

  nearest(address: bigint, kinds?: readonly SymbolKind[]): SymbolAndOffset | undefined {
    for (const { symbols, elf } of this.#files().slice(1))
      if (elf.segmentAt(address) !== undefined) return symbols.nearest(address, kinds);
    return this.#base.symbols.nearest(address, kinds);
  }

  within(start: bigint, end: bigint): ElfSymbol[] {
    const found = this.#files().flatMap(({ symbols }) => symbols.within(start, end));
    return found.sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
  }

  inSection(section: Section): ElfSymbol[] {
    const file = this.#files().find(({ elf }) => elf.sections.includes(section));
    return file?.symbols.inSection(section) ?? [];
  }

  fileOf(symbol: ElfSymbol): string | undefined {
    for (const { symbols } of this.#files()) {
      const own = symbols.named(symbol.name).some((each) => each.address === symbol.address);
      if (own) return symbols.fileOf(symbol);
    }
    return undefined;
  }
}

/** A frame further out than its own file knows. Its cfa is read when it is asked for: it costs an unwinding step. */
function atLevel(frame: StackFrame, level: number): StackFrame {
  if (frame.level === level) return frame;
  const { pc, codeAddress, name, position, inlined, blocks, registers, memory, found } = frame;
  return {
    level,
    pc,
    codeAddress,
    name,
    position,
    inlined,
    blocks,
    registers,
    memory,
    found,
    function: frame.function,
    get cfa() {
      return frame.cfa;
    },
    locate: (variable) => frame.locate(variable),
  };
}
