/** Source files as their project names them: relative to the directory that most units were compiled in. */
import type { CompilationUnit, SymbolFile, Variable } from '../../symbols/index.ts';

export class SourceTree {
  readonly #units: readonly CompilationUnit[];
  readonly #symbols: SymbolFile;
  readonly #root: string;
  readonly #variables = new Map<CompilationUnit, ReadonlyMap<string, Variable>>();

  constructor(symbols: SymbolFile) {
    this.#symbols = symbols;
    this.#units = [...symbols.units()];
    this.#root = `${mostCommon(this.#units.map(({ directory }) => directory))}/`;
  }

  get units(): readonly CompilationUnit[] {
    return this.#units;
  }

  /** `kernel/panic.c`; as it is outside the project. */
  relative(path: string): string {
    return path.startsWith(this.#root) ? path.slice(this.#root.length) : path;
  }

  /** What a unit defines with static storage, by name. */
  variablesOf(unit: CompilationUnit): ReadonlyMap<string, Variable> {
    let variables = this.#variables.get(unit);
    if (variables === undefined) {
      variables = new Map(this.#symbols.globalsOf(unit).map((variable) => [variable.name, variable]));
      this.#variables.set(unit, variables);
    }
    return variables;
  }

  /** The variable that a source file defines; `file` may be any tail of the path, and the nearest to the root wins. */
  variable(file: string, name: string): Variable | undefined {
    const units = this.#units
      .filter(({ path }) => path === file || path.endsWith(`/${file}`))
      .sort((a, b) => a.path.length - b.path.length);
    for (const unit of units) {
      const found = this.variablesOf(unit).get(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

function mostCommon(texts: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  const [first] = [...counts].sort((a, b) => b[1] - a[1]);
  return first?.[0] ?? '';
}
