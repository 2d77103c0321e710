import type { BreakpointLocation } from '../code.ts';
import type { SourcePosition } from '../position.ts';
import { baseName, matchPaths } from '../paths.ts';
import { At, Tag } from './constants.ts';
import { entryOf, hasCode, type DwarfFunction, type Functions } from './functions.ts';
import { RowFlag } from './lines.ts';
import { sequenceAt } from './lineTables.ts';
import { topLevel } from './names.ts';
import { rangesOf } from './ranges.ts';
import { contains, type ScopeNode, type Scopes } from './scopes.ts';
import type { Unit } from './unit.ts';

/** DW_LANG_Mips_Assembler, which all assemblers give. */
const ASSEMBLER = 0x8001;

/** A statement of a line, before one is chosen for each function. */
interface Candidate {
  readonly unit: Unit;
  readonly address: bigint;
  readonly fileId: number;
  readonly line: number;
  readonly column: number;
}

/** Where to stop for a line or a function. */
export class Stops {
  readonly #functions: Functions;
  readonly #scopes: Scopes;

  constructor(functions: Functions, scopes: Scopes) {
    this.#functions = functions;
    this.#scopes = scopes;
  }

  /** One address for each function or inlined copy that has code for the line, or for the next that has any. */
  onLine(path: string, line: number): BreakpointLocation[] {
    let best: Candidate[] = [];
    for (const candidate of this.#statements(path, line, Number.POSITIVE_INFINITY)) {
      const bestLine = best[0]?.line ?? Number.POSITIVE_INFINITY;
      if (candidate.line < bestLine) best = [candidate];
      else if (candidate.line === bestLine) best.push(candidate);
    }
    const chosen = new Map<number, { candidate: Candidate; node: ScopeNode | undefined }>();
    for (const candidate of best) {
      const node = this.#scopes.pathTo(candidate.address).findLast(({ kind }) => kind !== 'block');
      const key = node?.position ?? candidate.unit.start;
      const held = chosen.get(key)?.candidate;
      if (held === undefined || isBetter(candidate, held, node?.entry ?? 0n))
        chosen.set(key, { candidate, node });
    }
    return [...chosen.values()].map(({ candidate, node }) => this.#location(candidate, node));
  }

  /** Lines from `first` to `last` that have a statement, each once. */
  linesWithCode(path: string, first: number, last: number): SourcePosition[] {
    const found = new Map<number, SourcePosition>();
    for (const { fileId, line, column } of this.#statements(path, first, last)) {
      if (!found.has(line)) found.set(line, { path: this.#functions.lines.path(fileId), line, column });
    }
    return [...found.values()].sort((a, b) => a.line - b.line);
  }

  /** After the prologue of a function with code of its own. */
  onFunction(found: DwarfFunction): BreakpointLocation | undefined {
    if (found.entry === undefined) return undefined;
    const address = this.bodyOf(found.entry);
    return {
      address,
      position: this.#positionAt(address) ?? found.declaration,
      function: found,
      inlined: false,
    };
  }

  /** Where copies of a function that were inlined within a unit begin. */
  onInlinedCopies(unit: Unit, origin: number): BreakpointLocation[] {
    const stops: BreakpointLocation[] = [];
    for (const die of topLevel(unit)) {
      if (!hasCode(die)) continue;
      for (const copy of die.walk(() => true)) {
        if (copy.tag !== Tag.inlinedSubroutine || copy.reference(At.abstractOrigin) !== origin) continue;
        const address = entryOf(copy, rangesOf(copy));
        if (address === undefined) continue;
        const inlinedFunction = this.#functions.read(origin);
        const position = this.#positionAt(address) ?? inlinedFunction.declaration;
        stops.push({ address, position, function: inlinedFunction, inlined: true });
      }
    }
    return stops;
  }

  /**
   * The first address after a function's prologue: where the compiler says, else at the second statement, which
   * compilers put there. Optimised code may have no prologue: then it is the entry itself.
   */
  bodyOf(entry: bigint): bigint {
    const { units, lines } = this.#functions;
    const unit = units.at(entry);
    const rows = unit && lines.rows(unit);
    const sequence = rows && sequenceAt(rows, entry);
    const ranges = this.#functions.at(entry)?.ranges;
    if (rows === undefined || sequence === undefined || ranges === undefined) return entry;
    if (unit!.root.number(At.language) === ASSEMBLER) return entry;
    const start = Number(entry - sequence.start);
    let opening: number | undefined;
    let second: bigint | undefined;
    for (let at = sequence.first; at < sequence.last; at++) {
      const delta = rows.delta[at]!;
      if (delta < start) continue;
      const address = sequence.start + BigInt(delta);
      if (!contains(ranges, address)) break;
      const line = rows.line[at]!;
      if ((rows.flags[at]! & RowFlag.prologueEnd) !== 0) return address;
      if (opening === undefined) {
        if (delta !== start) return entry;
        opening = line;
        continue;
      }
      const isStatement = (rows.flags[at]! & RowFlag.statement) !== 0;
      if (isStatement && line !== 0 && (line !== opening || delta > start)) second ??= address;
    }
    return second ?? entry;
  }

  *#statements(path: string, first: number, last: number): Generator<Candidate> {
    const { lines } = this.#functions;
    const ids = lines.filesNamed(baseName(path));
    const paths = ids.map((id) => lines.path(id));
    const wanted = new Set(matchPaths(path, paths).map((match) => ids[paths.indexOf(match)]!));
    const units = new Set([...wanted].flatMap((id) => lines.unitsOf(id)));
    for (const unit of units) {
      const table = lines.table(unit);
      const rows = lines.rows(unit);
      if (table === undefined || rows === undefined) continue;
      const isWanted = Array.from(table.fileIds, (id) => wanted.has(id));
      for (const sequence of rows.sequences) {
        for (let at = sequence.first; at < sequence.last; at++) {
          const line = rows.line[at]!;
          if (line < first || line > last || line === 0 || (rows.flags[at]! & RowFlag.statement) === 0)
            continue;
          const file = rows.file[at]!;
          if (isWanted[file] !== true) continue;
          const delta = rows.delta[at]!;
          yield {
            unit,
            address: sequence.start + BigInt(delta),
            fileId: table.fileIds[file]!,
            line,
            column: rows.column[at]!,
          };
        }
      }
    }
  }

  #location(candidate: Candidate, node: ScopeNode | undefined): BreakpointLocation {
    const { fileId, line, column } = candidate;
    const position = { path: this.#functions.lines.path(fileId), line, column };
    const inlined = node?.kind === 'inlined';
    const scope = this.#scopes.at(candidate.address).find((level) => level.inlined === inlined);
    if (node?.kind === 'function' && node.entry === candidate.address) {
      const address = this.bodyOf(candidate.address);
      return { address, position: this.#positionAt(address) ?? position, function: scope?.function, inlined };
    }
    return { address: candidate.address, position, function: scope?.function, inlined };
  }

  #positionAt(address: bigint): SourcePosition | undefined {
    const { units, lines } = this.#functions;
    const unit = units.at(address);
    const row = unit && lines.rowAt(unit, address);
    if (row === undefined || row.line === 0) return undefined;
    return { path: lines.path(row.fileId), line: row.line, column: row.column };
  }
}

/**
 * The first statement of the line behind the function's entry: also one without instructions of its own, since the
 * next row's may be those of an inlined call, and a later statement may be on a path that is seldom taken. What lies
 * before the entry is code that the compiler split off as cold.
 */
function isBetter(candidate: Candidate, held: Candidate, entry: bigint): boolean {
  const isBehind = candidate.address >= entry;
  if (isBehind !== held.address >= entry) return isBehind;
  return candidate.address < held.address;
}
