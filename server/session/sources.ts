/**
 * Paths: what the compiler wrote into the debug information, and what is on this host. The source map's longest
 * matching prefix wins; a prefix matches whole path components only.
 */
import type { SymbolFile } from '../symbols/index.ts';

export class Sources {
  readonly #symbols: SymbolFile | undefined;
  /** Longest first. */
  readonly #rules: readonly { readonly from: string; readonly to: string }[];

  /**
   * @param sourceMap Prefixes of the debug information's paths and what stands for them here; `""` or `"."` stands
   *   for all relative paths.
   * @param home Directory that relative paths start from unless the map says otherwise: where the image is.
   */
  constructor(symbols: SymbolFile | undefined, sourceMap: Readonly<Record<string, string>>, home = '') {
    this.#symbols = symbols;
    this.#rules = [...Object.entries(sourceMap), ...(home === '' ? [] : [['', home] as const])]
      .map(([from, to]) => ({ from: from === '.' ? '' : trimSlash(from), to: trimSlash(to) }))
      .sort((a, b) => b.from.length - a.from.length);
  }

  /** A path of the debug information as a path on this host. */
  toHost(path: string): string {
    return replacePrefix(path, this.#rules, 'from', 'to');
  }

  /** A path on this host as one that the debug information may know. */
  fromHost(path: string): string {
    return replacePrefix(path, this.#rules, 'to', 'from');
  }

  /**
   * The debug information's own path of a file on this host: the mapped path itself, else the one that shares most
   * trailing components with it. Undefined when not even the file's name is known.
   */
  find(path: string): string | undefined {
    const wanted = components(this.fromHost(path));
    let best: { readonly path: string; readonly shared: number } | undefined;
    for (const candidate of this.#symbols?.sourceFiles() ?? []) {
      const shared = sharedTail(wanted, components(candidate));
      if (shared > (best?.shared ?? 0)) best = { path: candidate, shared };
    }
    return best?.path;
  }

  /** All files that the debug information names, as paths on this host, sorted. */
  files(): string[] {
    return (this.#symbols?.sourceFiles() ?? []).map((path) => this.toHost(path)).sort();
  }
}

function replacePrefix(
  path: string,
  rules: readonly { readonly from: string; readonly to: string }[],
  prefix: 'from' | 'to',
  replacement: 'from' | 'to',
): string {
  for (const rule of rules) {
    const rest = behindPrefix(path, rule[prefix]);
    if (rest !== undefined)
      return rule[replacement] === '' ? rest.replace(/^[/\\]/, '') : rule[replacement] + rest;
  }
  return path;
}

/** What follows the prefix, with its separator; undefined when the path does not begin with it. */
function behindPrefix(path: string, prefix: string): string | undefined {
  if (prefix === '') return path.startsWith('/') ? undefined : `/${path}`;
  if (!path.startsWith(prefix)) return undefined;
  const rest = path.slice(prefix.length);
  return rest === '' || /^[/\\]/.test(rest) ? rest : undefined;
}

function components(path: string): string[] {
  return path.split(/[/\\]/).filter((part) => part !== '' && part !== '.');
}

function sharedTail(a: readonly string[], b: readonly string[]): number {
  let shared = 0;
  while (shared < a.length && shared < b.length && a.at(-1 - shared) === b.at(-1 - shared)) shared++;
  return shared;
}

function trimSlash(path: string): string {
  return path.replace(/[/\\]+$/, '');
}
