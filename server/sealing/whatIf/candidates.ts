/**
 * Variables that might be sealed: writable, with file scope, and with no annotation that seals them already. A list
 * of them is a what-if file.
 */
import { strip, typeName, type SymbolFile, type Type } from '../../symbols/index.ts';
import type { AddressSpace } from '../addressSpace.ts';
import type { Regions } from '../regions.ts';
import { SourceTree } from './sourceTree.ts';

export interface Candidate {
  /** `kernel/panic.c:panic_timeout`: a what-if specification. */
  readonly spec: string;
  readonly name: string;
  readonly address: bigint;
  /** Bytes. */
  readonly size: number;
  readonly type: string;
  /** Where it is declared, in the project. */
  readonly file: string;
  readonly line: number;
  readonly section: string;
}

export interface CandidateOptions {
  /** Beginnings of paths in the project, as `kernel/`; none means all. */
  readonly under: readonly string[];
  /** Arrays and structures too, not only scalars and pointers. */
  readonly all: boolean;
}

/** What is given back after init, copied for each CPU, or a table that the linker gathers. */
const NO_HOME = /^\.(init|exit)|percpu|^__|^\.(notes|rodata)/;

/** By file and line. */
export function candidatesOf(
  symbols: SymbolFile,
  space: AddressSpace,
  regions: Regions,
  { under, all }: CandidateOptions,
): Candidate[] {
  const tree = new SourceTree(symbols);
  const found = new Map<bigint, Candidate>();
  for (const unit of tree.units) {
    const home = tree.relative(unit.path);
    if (!isUnder(home, under)) continue;
    for (const variable of tree.variablesOf(unit).values()) {
      const { name, address, declaration } = variable;
      if (address === undefined || declaration === undefined || name === '' || found.has(address)) continue;
      const section = space.sectionAt(address);
      if (section?.writable !== true || NO_HOME.test(section.name) || regions.at(address) !== undefined)
        continue;
      const file = tree.relative(declaration.path);
      if (!isUnder(file, under) || isConstant(variable.type)) continue;
      const { type } = variable;
      if (type.size === undefined || type.size === 0 || (!all && !isScalar(type))) continue;
      found.set(address, {
        spec: `${home}:${name}`,
        name,
        address,
        size: type.size,
        type: typeName(type),
        file,
        line: declaration.line,
        section: section.name,
      });
    }
  }
  return [...found.values()].sort((a, b) => compare(a.file, b.file) || a.line - b.line);
}

function isUnder(path: string, under: readonly string[]): boolean {
  return (
    under.length === 0 || under.some((start) => path.startsWith(start.endsWith('/') ? start : `${start}/`))
  );
}

function isScalar(type: Type): boolean {
  return ['base', 'pointer', 'enum'].includes(strip(type).kind);
}

function isConstant(type: Type): boolean {
  if (type.kind === 'typedef') return isConstant(type.target);
  if (type.kind === 'array') return isConstant(type.element);
  return type.kind === 'qualified' && (type.qualifier === 'const' || isConstant(type.target));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
