/** An image as the language server sees it: its symbols, what is to be sealed, and where its sources are. */
import { AddressSpace } from '../../sealing/addressSpace.ts';
import type { SealRegion } from '../../sealing/region.ts';
import { Regions } from '../../sealing/regions.ts';
import { SealSpecError } from '../../sealing/errors.ts';
import { Sources } from '../../session/sources.ts';
import type { ElfSymbol, Section, SymbolFile } from '../../symbols/index.ts';
import { annotationOfSection, ANNOTATIONS, type Annotation } from '../annotations.ts';
import type { ImageConfiguration } from '../protocol.ts';
import { pathOfMangled } from './mangledName.ts';

/** Seals cover pages, and the smallest page counts. */
const PAGE = 4096n;

/** Mangled names that are looked into; a hostile image may have any number. */
const MAXIMUM_MANGLED = 1_000_000;

/** A half-open range of addresses as linked. */
export interface Range {
  readonly start: bigint;
  readonly end: bigint;
}

/**
 * How a symbol is to sealed memory: `inside` a region; `beside`, sealed with a page though nobody meant it to be; at the
 * `border` of a region; `annotated`, but by an annotation that does not seal, or where no region is.
 */
export type Standing = 'inside' | 'beside' | 'border' | 'annotated';

export interface SealingFacts {
  readonly symbol: ElfSymbol;
  /** With its path where the name was mangled: `kernel::caps::CAPS`. */
  readonly name: string;
  readonly standing: Standing;
  readonly region: SealRegion | undefined;
  /** Name of the region, and of its part. */
  readonly regionName: string | undefined;
  readonly annotation: Annotation | undefined;
  /** Pages that it has bytes on. */
  readonly pages: Range;
  /** Other objects on these, by address. */
  readonly neighbours: readonly string[];
}

export class Image {
  readonly configuration: ImageConfiguration;
  readonly symbols: SymbolFile;
  readonly regions: Regions;
  readonly sources: Sources;
  #mangled: ReadonlyMap<string, readonly ElfSymbol[]> | undefined;

  /** `onProblem` is told of seal specifications that name nothing in this image; known kernels then decide. */
  constructor(
    configuration: ImageConfiguration,
    symbols: SymbolFile,
    onProblem: (problem: SealSpecError) => void,
  ) {
    this.configuration = configuration;
    this.symbols = symbols;
    const home = configuration.path.replace(/[/\\][^/\\]*$/, '');
    this.sources = new Sources(symbols, configuration.sourceMap, home);
    this.regions = regionsOf(configuration.sealed, symbols, onProblem);
  }

  /** File name, for people. */
  get name(): string {
    return this.configuration.path.replace(/^.*[/\\]/, '');
  }

  /** Symbols of a name as source code has it: C's, or the last part of a mangled path. */
  named(name: string): ElfSymbol[] {
    this.#mangled ??= mangledNames(this.symbols);
    return [...this.symbols.symbols.named(name), ...(this.#mangled.get(name) ?? [])];
  }

  /**
   * What sealing has to do with a symbol. Undefined for code, and for data in ordinary memory: of those there is
   * nothing to tell.
   */
  factsOf(symbol: ElfSymbol): SealingFacts | undefined {
    const standing = this.#standingOf(symbol);
    if (standing === undefined) return undefined;
    const pages = pagesOf(symbol.address, symbol.address + BigInt(Math.max(1, symbol.size)));
    const region =
      this.regions.at(symbol.address) ??
      this.#borderedBy(symbol.address) ??
      this.regions.overlapping(pages.start, pages.end);
    return {
      symbol,
      name: this.displayName(symbol),
      standing,
      region,
      regionName: region && this.regions.nameAt(region, symbol.address),
      annotation: this.#annotationOf(symbol),
      pages,
      neighbours: this.objectsIn(pages)
        .filter((each) => each.address !== symbol.address || each.size !== symbol.size)
        .map((each) => this.displayName(each)),
    };
  }

  /** Whether there are facts of a symbol. */
  concerns(symbol: ElfSymbol): boolean {
    return this.#standingOf(symbol) !== undefined;
  }

  /** Objects that have bytes in a range, by address. */
  objectsIn({ start, end }: Range): ElfSymbol[] {
    return this.symbols.symbols.within(start, end).filter(({ kind }) => kind === 'object');
  }

  functionsIn({ start, end }: Range): ElfSymbol[] {
    return this.symbols.symbols.within(start, end).filter(({ kind }) => kind === 'function');
  }

  section(name: string): (Section & Range) | undefined {
    const section = this.symbols.elf.section(name);
    return section?.allocated === true && section.size > 0
      ? { ...section, start: section.address, end: section.address + BigInt(section.size) }
      : undefined;
  }

  /** Where what carries an annotation has been put; empty where nothing does. */
  rangesOf(annotation: Annotation): Range[] {
    const { symbols } = this.symbols;
    const bounded = annotation.bounds.flatMap(([from, to]) => {
      const [start, end] = [symbols.addressOf(from), symbols.addressOf(to)];
      return start !== undefined && end !== undefined && start < end ? [{ start, end }] : [];
    });
    if (bounded.length > 0) return bounded;
    return annotation.sections.flatMap((name) => this.section(name) ?? []);
  }

  /** With its path where the name is mangled. */
  displayName({ name }: ElfSymbol): string {
    return pathOfMangled(name)?.join('::') ?? name;
  }

  #standingOf(symbol: ElfSymbol): Standing | undefined {
    const { address, size, kind, section, absolute } = symbol;
    if (kind === 'function' || kind === 'tls') return undefined;
    const isLabel = kind !== 'object';
    if (isLabel && this.#borderedBy(address) !== undefined) return 'border';
    if (absolute || section?.allocated !== true || section.executable) return undefined;
    if (this.regions.at(address) !== undefined) return this.regions.intends(address) ? 'inside' : 'beside';
    if (isLabel) return undefined;
    const pages = pagesOf(address, address + BigInt(Math.max(1, size)));
    if (this.regions.overlapping(pages.start, pages.end) !== undefined) return 'beside';
    return this.#annotationOf(symbol) === undefined ? undefined : 'annotated';
  }

  /** The region or the part of one that begins or ends at an address. */
  #borderedBy(address: bigint): SealRegion | undefined {
    return this.regions.all.find((region) =>
      [region, ...region.parts].some(({ start, end }) => start === address || end === address),
    );
  }

  #annotationOf({ address, section, kind }: ElfSymbol): Annotation | undefined {
    if (kind !== 'object') return undefined;
    return (
      (section && annotationOfSection(section.name)) ??
      ANNOTATIONS.find(
        (each) =>
          each.bounds.length > 0 &&
          this.rangesOf(each).some(({ start, end }) => start <= address && address < end),
      )
    );
  }
}

function regionsOf(
  sealed: readonly string[],
  symbols: SymbolFile,
  onProblem: (problem: SealSpecError) => void,
): Regions {
  const space = new AddressSpace(symbols.elf);
  try {
    return Regions.of(sealed, symbols, space);
  } catch (error) {
    if (!(error instanceof SealSpecError)) throw error;
    onProblem(error);
    return Regions.of([], symbols, space);
  }
}

/** Objects with mangled names, by the last part of their path. */
function mangledNames({ symbols }: SymbolFile): ReadonlyMap<string, readonly ElfSymbol[]> {
  const found = new Map<string, ElfSymbol[]>();
  let left = MAXIMUM_MANGLED;
  for (const prefix of ['_Z', '_R']) {
    for (const symbol of symbols.startingWith(prefix)) {
      if (left-- === 0) return found;
      const name = symbol.kind === 'object' ? pathOfMangled(symbol.name)?.at(-1) : undefined;
      if (name === undefined) continue;
      const same = found.get(name);
      if (same === undefined) found.set(name, [symbol]);
      else same.push(symbol);
    }
  }
  return found;
}

function pagesOf(start: bigint, end: bigint): Range {
  return { start: start - (start % PAGE), end: end + ((PAGE - (end % PAGE)) % PAGE) };
}
