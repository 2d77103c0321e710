/** `sealscope symbols`: the objects of an image, or the regions a seal covers and the objects in them. */
import { AddressSpace } from '../sealing/addressSpace.ts';
import type { SealRegion } from '../sealing/region.ts';
import { Regions } from '../sealing/regions.ts';
import { candidatesOf } from '../sealing/whatIf/candidates.ts';
import { ElfError, openSymbolFile, typeName, type SymbolFile } from '../symbols/index.ts';
import { openFileSource } from '../symbols/fileByteSource.node.ts';
import type { ElfSymbol } from '../symbols/elf/model.ts';
import { counted, hex, regionJson, sizeText, type JsonObject, type Paint } from '../session/report/index.ts';
import { debugInfoProblems } from './debugInfoProblems.ts';
import { exitStatus, UsageError } from './exitStatus.ts';
import { Output } from './output.ts';

export interface SymbolsOptions {
  readonly sealed?: true;
  readonly candidates?: true;
  readonly under: readonly string[];
  readonly all?: true;
  readonly json?: true;
  readonly seal: readonly string[];
}

/** An object of the image and what is known about it. */
interface ListedObject {
  readonly symbol: ElfSymbol;
  readonly type: string | undefined;
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly region: SealRegion | undefined;
  /** False for what merely lies between the borders of a seal. */
  readonly intended: boolean;
}

export function symbols(path: string, options: SymbolsOptions): number {
  const source = openElf(path);
  try {
    const file = openSymbolFile(source);
    file.onProblem = debugInfoProblems((text) => process.stderr.write(`sealscope: ${text}\n`));
    if (file.symbols.count === 0)
      throw new UsageError(
        `${path} has no symbols: it is stripped; give the ELF file as the linker wrote it`,
      );
    const regions = Regions.of(options.seal, file, new AddressSpace(file.elf));
    if (options.sealed && regions.all.length === 0)
      throw new UsageError(
        `${path} has no section or symbols that look sealed; name what is with --seal SPEC`,
      );
    const output = new Output(process.stdout);
    if (options.candidates) {
      writeCandidates(path, file, regions, options, output);
      return exitStatus.ok;
    }
    const objects = objectsOf(file, regions, options.sealed === true);
    if (options.json) writeJson(objects, options.sealed ? regions.all : [], output);
    else writeText(objects, options.sealed ? regions.all : [], output);
    return exitStatus.ok;
  } catch (error) {
    if (error instanceof ElfError) throw new UsageError(`${path}: ${error.message}`);
    throw error;
  } finally {
    source.close();
  }
}

/** As a what-if file, or as objects a line. */
function writeCandidates(
  path: string,
  file: SymbolFile,
  regions: Regions,
  { under, all, json }: SymbolsOptions,
  output: Output,
): void {
  if (!file.hasDebugInfo)
    throw new UsageError(`${path} has no debug information, which --candidates reads; build it with -g`);
  const found = candidatesOf(file, new AddressSpace(file.elf), regions, { under, all: all === true });
  if (found.length === 0)
    throw new UsageError(`${path}: no candidates${under.length === 0 ? '' : ` under ${under.join(', ')}`}`);
  if (json)
    for (const { address, ...candidate } of found)
      output.line(JSON.stringify({ kind: 'candidate', ...candidate, address: hex(address) }));
  else
    output.lines([
      `# ${counted(found.length, 'candidate')} of ${path}${under.length === 0 ? '' : ` under ${under.join(', ')}`}`,
      ...found.map(({ spec, type, line, section }) => `${spec}  # ${type}, line ${line}, ${section}`),
    ]);
}

function openElf(path: string): ReturnType<typeof openFileSource> {
  try {
    return openFileSource(path);
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${(error as Error).message}`);
  }
}

/** By address. */
function objectsOf(file: SymbolFile, regions: Regions, sealed: boolean): ListedObject[] {
  const found: ListedObject[] = [];
  for (const symbol of file.symbols.all()) {
    if (symbol.kind !== 'object') continue;
    const region = regions.at(symbol.address);
    if (sealed && region === undefined) continue;
    const variable = file.globalAt(symbol.address);
    found.push({
      symbol,
      type: variable === undefined ? undefined : typeName(variable.type),
      file: variable?.declaration?.path,
      line: variable?.declaration?.line,
      region,
      intended: region !== undefined && regions.intends(symbol.address),
    });
  }
  return found.sort((a, b) => (a.symbol.address < b.symbol.address ? -1 : 1));
}

function writeJson(objects: readonly ListedObject[], regions: readonly SealRegion[], output: Output): void {
  for (const region of regions)
    output.line(
      JSON.stringify({ kind: 'region', ...regionJson(region), origin: region.origin, source: region.source }),
    );
  for (const object of objects) output.line(JSON.stringify(objectJson(object)));
}

function objectJson({ symbol, type, file, line, region, intended }: ListedObject): JsonObject {
  return {
    kind: 'symbol',
    name: symbol.name,
    address: hex(symbol.address),
    size: symbol.size,
    type: type ?? null,
    section: symbol.section?.name ?? null,
    file: file ?? null,
    line: line ?? null,
    region: region?.name ?? null,
    intended,
  };
}

function writeText(objects: readonly ListedObject[], regions: readonly SealRegion[], output: Output): void {
  if (regions.length === 0) {
    output.lines(table(objects, output.paint));
    return;
  }
  for (const region of regions) {
    const inside = objects.filter((object) => object.region === region);
    const title =
      `${region.name}  ${hex(region.start)}..${hex(region.end)}  ${sizeText(region.end - region.start)}, ` +
      `${counted(inside.length, 'object')}, ${region.origin} ${region.source}`;
    output.line(output.paint.bold(title));
    output.lines(table(inside, output.paint).map((line) => `  ${line}`));
  }
}

/** A line for each object; columns as wide as their widest cell. */
function table(objects: readonly ListedObject[], paint: Paint): string[] {
  const rows = objects.map(({ symbol, type, file, line, region, intended }) => [
    hex(symbol.address, 16),
    symbol.size.toString(),
    symbol.name,
    type ?? '-',
    symbol.section?.name ?? '-',
    file === undefined ? '-' : `${file}:${line ?? '?'}`,
    region === undefined || intended ? '' : paint.danger('not meant to be sealed'),
  ]);
  const widths = rows.reduce<number[]>(
    (widest, row) => row.map((cell, column) => Math.max(cell.length, widest[column] ?? 0)),
    [],
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}
