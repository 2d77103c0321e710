/** Where names stand in a source file, the best place to show first. */
import type { DocumentKind } from './kind.ts';
import { tokensOf } from './tokens.ts';

export interface Use {
  readonly name: string;
  readonly start: number;
  /** `extern char name[]`, rather than an expression. */
  readonly isDeclared: boolean;
}

/** The first declaration of each name, and the first use of those that have none. */
export function usesOf(names: ReadonlySet<string>, text: string, kind: DocumentKind): Use[] {
  const found = new Map<string, Use>();
  let isExternal = false;
  for (const { type, text: word, start, directive } of tokensOf(text, kind)) {
    // `extern char a[], b[];` in C, `extern "C" { static a: u8; static b: u8; }` in Rust.
    if (word === 'extern') isExternal = true;
    else if (word === '}' || (word === ';' && kind === 'c')) isExternal = false;
    if (type !== 'word' || directive !== undefined || !names.has(word)) continue;
    const before = found.get(word);
    if (before === undefined || (isExternal && !before.isDeclared))
      found.set(word, { name: word, start, isDeclared: isExternal });
  }
  return [...found.values()];
}
