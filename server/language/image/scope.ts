/** What a name means at a line of a source file, as far as the image's debug information and symbols tell. */
import { baseName, isAbsolute } from '../../symbols/paths.ts';
import type { ElfSymbol } from '../../symbols/index.ts';
import type { DocumentKind } from '../text/kind.ts';
import type { Image } from './image.ts';

export interface Place {
  /** On this host. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly kind: DocumentKind;
}

/** Code addresses that are looked at for one line: copies of an inlined function, of a macro. */
const MAXIMUM_LOCATIONS = 16;

/**
 * The symbol that a name stands for. Undefined where it is a local variable, or a static one of another file.
 * @param exists Whether there is such a file on this host.
 */
export function symbolFor(
  image: Image,
  name: string,
  place: Place,
  exists: (path: string) => boolean,
): ElfSymbol | undefined {
  const candidates = image.named(name);
  // Nearly all names stand for nothing sealed: they cost no look into the debug information, which may be large.
  if (![...candidates, ...staticsNamed(image, name)].some((symbol) => image.concerns(symbol)))
    return undefined;
  const file = fileOf(image, place.path, exists);
  if (file !== undefined && place.kind !== 'linker-script') {
    const local = localAt(image, file, place.line, name);
    if (local === 'automatic') return undefined;
    if (local !== undefined) return objectAt(image, local);
  }
  const [only, ...others] = candidates;
  if (only !== undefined && others.length === 0 && isVisible(only, candidates, place)) return only;
  const ofThisFile = candidates.find((symbol) => isDefinedIn(image, symbol, file, place));
  return ofThisFile ?? candidates.find((symbol) => isVisible(symbol, candidates, place));
}

/** Static variables of functions, which compilers number: `counter.1`. */
function staticsNamed(image: Image, name: string): Iterable<ElfSymbol> {
  return image.symbols.symbols.startingWith(`${name}.`);
}

/** The debug information's path of a file: the file itself, or, if it was built elsewhere, the one most like it. */
function fileOf(image: Image, path: string, exists: (path: string) => boolean): string | undefined {
  const found = image.sources.find(path);
  if (found === undefined) return undefined;
  const host = image.sources.toHost(found);
  if (isSamePath(host, path)) return found;
  // Some other file of the same name that exists is not this one.
  return exists(host) ? undefined : found;
}

/** Address of a function's static variable; `automatic` for one on the stack or in a register. */
function localAt(image: Image, file: string, line: number, name: string): bigint | 'automatic' | undefined {
  const { symbols } = image;
  for (const { address } of symbols.breakpointLocations(file, line).slice(0, MAXIMUM_LOCATIONS)) {
    // Of a chain of inlined calls within one file, the line belongs to the function that begins last before it.
    const [scope] = symbols
      .scopesAt(address)
      .filter(({ function: { declaration } }) => declaration?.path === file && declaration.line <= line)
      .sort((a, b) => b.function.declaration!.line - a.function.declaration!.line);
    const variable = scope?.blocks
      .flatMap(({ variables }) => variables)
      .find((each) => each.name === name && !each.external && (each.declaration?.line ?? 0) <= line);
    if (variable !== undefined) return variable.address ?? 'automatic';
  }
  return undefined;
}

function objectAt(image: Image, address: bigint): ElfSymbol | undefined {
  const found = image.symbols.symbols.nearest(address, ['object']);
  return found?.offset === 0n ? found.symbol : undefined;
}

function isDefinedIn(image: Image, symbol: ElfSymbol, file: string | undefined, place: Place): boolean {
  const declared = image.symbols.globalAt(symbol.address)?.declaration?.path;
  if (declared !== undefined) return declared === file;
  const source = image.symbols.symbols.fileOf(symbol);
  return source !== undefined && place.kind === 'c' && source === baseName(place.path);
}

/**
 * Without a definition in this file: a global symbol, or the only one of its name where that cannot be told. C's
 * static variables are none but their file's; those of Rust, assembly and linker scripts have no such mark.
 */
function isVisible(symbol: ElfSymbol, candidates: readonly ElfSymbol[], { kind }: Place): boolean {
  if (kind === 'linker-script') return true;
  if (symbol.binding === 'global' || symbol.binding === 'weak') return true;
  return kind !== 'c' && candidates.length === 1;
}

function isSamePath(a: string, b: string): boolean {
  const plain = (path: string): string =>
    path.replaceAll('\\', '/').replace(/^[a-zA-Z]:/, (d) => d.toLowerCase());
  return isAbsolute(a) && plain(a) === plain(b);
}
