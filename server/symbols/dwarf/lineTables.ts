import type { SourcePosition } from '../position.ts';
import { baseName, joinPath, normalisePath } from '../paths.ts';
import { At } from './constants.ts';
import {
  readLineHeader,
  RowFlag,
  runLineProgram,
  type LineHeader,
  type LineRows,
  type LineSequence,
  type NameReference,
} from './lines.ts';
import { LruCache } from './lru.ts';
import type { Unit } from './unit.ts';
import { asError, type ReportProblem, type UnitList } from './units.ts';

/** Rows of decoded line tables kept in memory (17 bytes each). */
const ROW_CACHE = 2_000_000;
const HEADER_CACHE = 64;

/** A line table, with its files in the numbering that all units share. */
export interface LineTable {
  readonly header: LineHeader;
  /** By the table's own file number; -1 where it has none. */
  readonly fileIds: Int32Array;
}

/** A row as found by address. */
export interface LineRow {
  readonly start: bigint;
  readonly end: bigint;
  readonly fileId: number;
  readonly line: number;
  readonly column: number;
  readonly isStatement: boolean;
}

/** The line tables of all units, and the source files they name. */
export class LineTables {
  readonly #units: UnitList;
  readonly #report: ReportProblem;
  readonly #tables = new LruCache<Unit, LineTable | undefined>(HEADER_CACHE, () => 1);
  readonly #rows = new LruCache<Unit, LineRows | undefined>(ROW_CACHE, (rows) => rows?.line.length ?? 1);
  readonly #files = new FileNames();
  #unitsByFile: number[][] | undefined;
  #directories: Map<number, string> | undefined;

  constructor(units: UnitList, report: ReportProblem) {
    this.#units = units;
    this.#report = report;
  }

  /** Path of a file by its shared number. */
  path(fileId: number): string {
    return this.#files.paths[fileId] ?? '';
  }

  /** Path of a file by the number that an attribute of a unit gives (DW_AT_decl_file). */
  pathIn(unit: Unit, file: number): string | undefined {
    const id = this.table(unit)?.fileIds[file] ?? -1;
    return id < 0 ? undefined : this.path(id);
  }

  position(
    unit: Unit,
    file: number | undefined,
    line: number | undefined,
    column = 0,
  ): SourcePosition | undefined {
    if (file === undefined || line === undefined || line === 0) return undefined;
    const path = this.pathIn(unit, file);
    return path === undefined ? undefined : { path, line, column };
  }

  table(unit: Unit): LineTable | undefined {
    return this.#tables.get(unit, () => this.#guard(() => this.#readTable(unit)));
  }

  rows(unit: Unit): LineRows | undefined {
    return this.#rows.get(unit, () =>
      this.#guard(() => {
        const table = this.table(unit);
        return table && runLineProgram(this.#units.sections, table.header);
      }),
    );
  }

  /** The row of a unit that covers `address`. */
  rowAt(unit: Unit, address: bigint): LineRow | undefined {
    const rows = this.rows(unit);
    const sequence = rows && sequenceAt(rows, address);
    const table = this.table(unit);
    if (rows === undefined || sequence === undefined || table === undefined) return undefined;
    const delta = Number(address - sequence.start);
    let first = sequence.first;
    let end = sequence.last;
    while (first < end) {
      const middle = (first + end) >>> 1;
      if (rows.delta[middle]! <= delta) first = middle + 1;
      else end = middle;
    }
    if (first === sequence.first) return undefined;
    const start = rows.delta[first - 1]!;
    // Of several rows at one address the last covers code, but a statement says better where one is.
    let best = first - 1;
    for (let at = best; at >= sequence.first && rows.delta[at] === start; at--) {
      if ((rows.flags[at]! & RowFlag.statement) !== 0) {
        best = at;
        break;
      }
    }
    return {
      start: sequence.start + BigInt(start),
      end: first < sequence.last ? sequence.start + BigInt(rows.delta[first]!) : sequence.end,
      fileId: table.fileIds[rows.file[best]!] ?? -1,
      line: rows.line[best]!,
      column: rows.column[best]!,
      isStatement: (rows.flags[best]! & RowFlag.statement) !== 0,
    };
  }

  /** The row at `address`, grown over its neighbours of the same line: what a step by lines leaves as a whole. */
  lineAround(unit: Unit, address: bigint): LineRow | undefined {
    const row = this.rowAt(unit, address);
    if (row === undefined) return undefined;
    const sequence = sequenceAt(this.rows(unit)!, address)!;
    const same = (other: LineRow | undefined): other is LineRow =>
      other !== undefined && other.line === row.line && other.fileId === row.fileId;
    let { start, end } = row;
    while (end < sequence.end) {
      const next = this.rowAt(unit, end);
      if (!same(next)) break;
      end = next.end;
    }
    while (start > sequence.start) {
      const previous = this.rowAt(unit, start - 1n);
      if (!same(previous)) break;
      start = previous.start;
    }
    return { ...row, start, end };
  }

  /** Shared numbers of all source files with that last path component. */
  filesNamed(name: string): number[] {
    this.#indexFiles();
    return this.#files.named(name);
  }

  /** Units whose line table names a file. */
  unitsOf(fileId: number): Unit[] {
    return (this.#indexFiles()[fileId] ?? []).map((index) => this.#units.all[index]!);
  }

  /** Every source file that a line table names. */
  allPaths(): readonly string[] {
    this.#indexFiles();
    return this.#files.paths;
  }

  /** For each file, the units that name it: from the headers of all tables, programs are not run. */
  #indexFiles(): number[][] {
    if (this.#unitsByFile !== undefined) return this.#unitsByFile;
    const byFile: number[][] = [];
    this.#units.all.forEach((unit, index) => {
      const ids = this.#guard(() => this.#readTable(unit))?.fileIds ?? [];
      for (const id of ids) {
        if (id < 0) continue;
        const list = (byFile[id] ??= []);
        if (list.at(-1) !== index) list.push(index);
      }
    });
    return (this.#unitsByFile = byFile);
  }

  #readTable(unit: Unit): LineTable | undefined {
    const { root } = unit;
    const offset = root.offset(At.stmtList);
    if (offset === undefined) return undefined;
    const header = readLineHeader(this.#units.sections, offset, unit);
    const directory = root.string(At.compDir) ?? this.#directoryOf(offset);
    const directoryIds = header.directories.map((name) =>
      this.#files.directory(
        header.version >= 5 ? (header.directories[0] ?? '') : directory,
        name ?? '',
        (reference) => unit.lineString(reference),
      ),
    );
    const fileIds = Int32Array.from(header.files, (file) => {
      const id = file && directoryIds[file.directory];
      return id === undefined
        ? -1
        : this.#files.file(id, file!.name, (reference) => unit.lineString(reference));
    });
    return { header, fileIds };
  }

  /** Working directory of the unit that a line table is made for; type units of DWARF 4 share it without saying. */
  #directoryOf(tableOffset: number): string {
    if (this.#directories === undefined) {
      this.#directories = new Map();
      for (const { root } of this.#units.all) {
        const [offset, directory] = [root.offset(At.stmtList), root.string(At.compDir)];
        if (offset !== undefined && directory !== undefined) this.#directories.set(offset, directory);
      }
    }
    return this.#directories.get(tableOffset) ?? '';
  }

  #guard<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (problem) {
      this.#report(asError(problem));
      return undefined;
    }
  }
}

/** The sequence that contains an address. */
export function sequenceAt({ sequences }: LineRows, address: bigint): LineSequence | undefined {
  let first = 0;
  let end = sequences.length;
  while (first < end) {
    const middle = (first + end) >>> 1;
    if (sequences[middle]!.start <= address) first = middle + 1;
    else end = middle;
  }
  const found = sequences[first - 1];
  return found !== undefined && address < found.end ? found : undefined;
}

type Resolve = (reference: number) => string;

/**
 * Gives each distinct source file one number. A kernel's three thousand line tables name a few thousand files nearly a
 * million times: names are compared by their offset in .debug_line_str, and made into text once.
 */
class FileNames {
  readonly paths: string[] = [];
  readonly #directories = new Map<NameReference, Map<NameReference, number>>();
  readonly #directoryPaths: string[] = [];
  readonly #filesIn: Map<NameReference, number>[] = [];
  readonly #ids = new Map<string, number>();
  readonly #directoryIds = new Map<string, number>();
  #byName: Map<string, number[]> | undefined;

  directory(working: NameReference, name: NameReference, resolve: Resolve): number {
    const inner = this.#directories.get(working) ?? new Map<NameReference, number>();
    this.#directories.set(working, inner);
    let id = inner.get(name);
    if (id === undefined) {
      const path = joinPath(textOf(working, resolve), textOf(name, resolve));
      id = this.#directoryIds.get(path) ?? this.#directoryPaths.length;
      if (id === this.#directoryPaths.length) {
        this.#directoryPaths.push(path);
        this.#directoryIds.set(path, id);
        this.#filesIn.push(new Map());
      }
      inner.set(name, id);
    }
    return id;
  }

  file(directory: number, name: NameReference, resolve: Resolve): number {
    const files = this.#filesIn[directory]!;
    let id = files.get(name);
    if (id === undefined) {
      const path = normalisePath(joinPath(this.#directoryPaths[directory]!, textOf(name, resolve)));
      id = this.#ids.get(path) ?? this.paths.length;
      if (id === this.paths.length) {
        this.paths.push(path);
        this.#ids.set(path, id);
        this.#byName = undefined;
      }
      files.set(name, id);
    }
    return id;
  }

  named(name: string): number[] {
    if (this.#byName === undefined) {
      this.#byName = new Map();
      for (const [id, path] of this.paths.entries()) {
        const last = baseName(path);
        const ids = this.#byName.get(last);
        if (ids === undefined) this.#byName.set(last, [id]);
        else ids.push(id);
      }
    }
    return this.#byName.get(name) ?? [];
  }
}

function textOf(name: NameReference, resolve: Resolve): string {
  return typeof name === 'number' ? resolve(name) : name;
}
