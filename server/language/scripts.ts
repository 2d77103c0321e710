/**
 * Linker scripts and the sources that use their symbols: from `__start_rodata = .;` to `extern char __start_rodata[]`,
 * from a name in an expression to where the script assigns it or the image defines it, and from C back to the script.
 * Everything leads to a place that was looked at just now.
 */
import type { LanguageHost } from './host.ts';
import type { Image } from './image/image.ts';
import { documentKind, LINKER_SCRIPT } from './text/kind.ts';
import { scriptSymbols, type ScriptSymbol } from './text/linkerScript.ts';
import { usesOf } from './text/uses.ts';

/** Offsets are those in the linker script. */
export interface ScriptLink {
  readonly start: number;
  readonly end: number;
  readonly target: SourcePlace;
}

export interface SourcePlace {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

/** What one look through the sources may cost. */
const LIMITS = { entries: 20_000, files: 4_000, fileBytes: 1 << 20, totalCharacters: 64 << 20, links: 2_000 };

const SOURCE = /\.(c|h|cc|hh|cpp|hpp|cxx|rs|S|s|asm)$/;

/** What the server knows of the workspace when it looks for links. */
export interface Surroundings {
  readonly host: LanguageHost;
  /** Folder that the document is in; undefined outside of all. */
  readonly folder: string | undefined;
  /** Asks the image in charge of the document. */
  readonly ask: <T>(question: (image: Image) => T | undefined) => T | undefined;
}

/** Links of a linker script. Those of names that lead nowhere are left out. */
export async function scriptLinks(path: string, text: string, around: Surroundings): Promise<ScriptLink[]> {
  const symbols = scriptSymbols(text);
  const assigned = new Map<string, ScriptSymbol>();
  for (const symbol of symbols)
    if (symbol.isAssigned && !assigned.has(symbol.name)) assigned.set(symbol.name, symbol);
  const uses = await placesOfUse(new Set(assigned.keys()), around);
  const links: ScriptLink[] = [];
  for (const { name, start, end, isAssigned } of symbols) {
    const assignment = assigned.get(name);
    const target = isAssigned
      ? uses.get(name)
      : assignment === undefined
        ? await definitionInImage(name, around)
        : { path, ...position(text, assignment.start) };
    if (target !== undefined) links.push({ start, end, target });
    if (links.length >= LIMITS.links) break;
  }
  return links;
}

/** Where linker scripts of the folder assign a symbol. */
export async function assignmentsOf(
  name: string,
  { host, folder, ask }: Surroundings,
): Promise<(SourcePlace & { readonly length: number })[]> {
  // Most names are no symbols without a type, and cost no more than this.
  const isLabel = ask((image) => image.symbols.symbols.find(name))?.kind === 'none';
  if (folder === undefined || !isLabel) return [];
  const found: (SourcePlace & { readonly length: number })[] = [];
  for (const path of await host.findFiles(folder, LINKER_SCRIPT, LIMITS.entries)) {
    const text = await host.readText(path, LIMITS.fileBytes);
    if (text?.includes(name) !== true) continue;
    for (const symbol of scriptSymbols(text))
      if (symbol.isAssigned && symbol.name === name)
        found.push({ path, ...position(text, symbol.start), length: name.length });
  }
  return found;
}

/** Where sources declare each symbol, or else use it: files of the image first, then those of the folder. */
async function placesOfUse(
  names: ReadonlySet<string>,
  { host, folder, ask }: Surroundings,
): Promise<Map<string, SourcePlace>> {
  const declared = new Map<string, SourcePlace>();
  const used = new Map<string, SourcePlace>();
  const ofImage = ask((image) => image.sources.files()) ?? [];
  const ofFolder = folder === undefined ? [] : await host.findFiles(folder, SOURCE, LIMITS.entries);
  let charactersLeft = LIMITS.totalCharacters;
  for (const path of [...new Set([...ofImage, ...ofFolder])].slice(0, LIMITS.files)) {
    if (declared.size === names.size || charactersLeft <= 0) break;
    const kind = documentKind(path);
    if (kind === undefined || kind === 'linker-script') continue;
    const text = await host.readText(path, LIMITS.fileBytes);
    if (text === undefined) continue;
    charactersLeft -= text.length;
    const wanted = new Set([...names].filter((name) => !declared.has(name) && text.includes(name)));
    if (wanted.size === 0) continue;
    for (const { name, start, isDeclared } of usesOf(wanted, text, kind)) {
      const places = isDeclared ? declared : used;
      if (!places.has(name)) places.set(name, { path, ...position(text, start) });
    }
  }
  return new Map([...used, ...declared]);
}

/** Where the debug information says that a symbol is defined, if that file is there. */
async function definitionInImage(
  name: string,
  { host, ask }: Surroundings,
): Promise<SourcePlace | undefined> {
  const place = ask((image) => {
    const symbol = image.symbols.symbols.find(name);
    if (symbol === undefined) return undefined;
    const { symbols, sources } = image;
    const declared =
      symbol.section?.executable === true
        ? symbols.functionAt(symbol.address)?.declaration
        : symbols.globalAt(symbol.address)?.declaration;
    const found = declared ?? symbols.positionAt(symbol.address);
    return found && { path: sources.toHost(found.path), line: found.line, column: Math.max(1, found.column) };
  });
  if (place === undefined) return undefined;
  const text = await host.readText(place.path, LIMITS.fileBytes);
  if (text === undefined) return undefined;
  // Of assembly the debug information knows the first instruction, which the label stands above.
  const above = text.split('\n', place.line).findLastIndex((line) => line.startsWith(`${name}:`));
  return above < 0 ? place : { path: place.path, line: above + 1, column: 1 };
}

function position(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}
