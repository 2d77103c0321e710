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
import type { Symbols } from './elf/model.ts';
import type { Backtrace, CpuState, Location, UnwindOptions } from './frames.ts';
import type { SourcePosition } from './position.ts';
import type { Type } from './types.ts';

/** What lies at a data address: `cpu_caps.features[2].bits`. */
export interface DataDescription {
  /** Name of the object, and the path of members and indices inside it: what the address should be called. */
  readonly path: string;
  /** Name of the symbol or variable alone. */
  readonly symbol: string;
  readonly start: bigint;
  /** Bytes the whole object has. */
  readonly size: number;
  /** Bytes from `start` to the address. */
  readonly offset: number;
  /** Bytes from the start of what `path` names to the address; 0 when the path is exact. */
  readonly rest: number;
  readonly variable: Variable | undefined;
  /** Type of what `path` names. */
  readonly type: Type | undefined;
  readonly declaration: SourcePosition | undefined;
}

export type TypeTag = 'struct' | 'union' | 'enum' | 'typedef' | 'base';

/**
 * The symbols and debug information of one ELF file. Opening reads headers only; each question reads what it needs and
 * keeps bounded caches. All addresses are as linked: a host that loads the image elsewhere converts.
 *
 * Malformed debug information never spoils more than the unit it is in: queries leave that unit out and tell `onProblem`.
 */
export interface SymbolFile {
  readonly elf: ElfFile;
  /** `.symtab`, empty when the file is stripped. */
  readonly symbols: Symbols;
  readonly hasDebugInfo: boolean;

  /** The line-table row that covers `address`. */
  lineAt(address: bigint): LineRange | undefined;
  positionAt(address: bigint): SourcePosition | undefined;
  /** All contiguous code around `address` that belongs to the same line: what a line step has to leave. */
  lineRangeAt(address: bigint): LineRange | undefined;
  /**
   * Where to stop for a line of a file. `path` may be absolute, or any tail of the compiler's path. Empty when no code
   * of the file is at or after the line.
   */
  breakpointLocations(path: string, line: number): BreakpointLocation[];
  /** Lines of a file that have a statement in `first`..`last`. */
  linesWithCode(path: string, first: number, last: number): SourcePosition[];
  /** Paths of all source files that any unit names, sorted. */
  sourceFiles(): string[];

  functionAt(address: bigint): FunctionInfo | undefined;
  /** By name or linkage name; several when static functions share the name. */
  functionsNamed(name: string): FunctionInfo[];
  /** Entry points of a function and of its inlined copies, as breakpoint locations after the prologue. */
  functionLocations(name: string): BreakpointLocation[];
  /** The first address after the prologue. */
  bodyOf(entry: bigint): bigint;
  /** The inlined call chain at an address, innermost first; empty where no unit describes the code. */
  scopesAt(address: bigint): CodeScope[];
  /** `name+0x1c`, from function symbols; undefined outside of all of them. */
  nameCode(address: bigint): string | undefined;

  unitAt(address: bigint): CompilationUnit | undefined;
  units(): Iterable<CompilationUnit>;
  /** Variables with static storage that a unit defines. */
  globalsOf(unit: CompilationUnit): Variable[];
  /** Definitions of a global; those of `near`, the unit where one stands, come first. */
  globalsNamed(name: string, near?: CompilationUnit): Variable[];
  globalAt(address: bigint): Variable | undefined;
  /** Where a variable is without a frame: in memory, or a constant that the compiler put in its place. */
  locate(variable: Variable): Location;
  describeData(address: bigint, size?: number): DataDescription | undefined;

  /** A type by tag and name; one of `near` is preferred. */
  typeNamed(name: string, tag?: TypeTag, near?: CompilationUnit): Type | undefined;
  /** An enumeration constant by name. */
  enumerator(
    name: string,
    near?: CompilationUnit,
  ): { readonly type: Type; readonly value: bigint } | undefined;

  unwind(cpu: CpuState, options?: UnwindOptions): Backtrace;
  /** Address ranges that call frame information covers around a pc, if any. */
  frameInfoAt(address: bigint): AddressRange | undefined;

  /**
   * Reads some more of the name index, so that a host may do so in idle time; lookups by name do it themselves.
   * Returns the fraction done, 1 when complete.
   */
  indexNames(maxBytes: number): number;

  /** Told once for each part of the debug information that had to be left out. */
  onProblem: ((problem: Error) => void) | undefined;
}
