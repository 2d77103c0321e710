/**
 * What a place in a document is about: a symbol, an annotation or a section. Decided from the text alone; whether an
 * image holds such a symbol is the next question.
 */
import { annotationNamed } from '../annotations.ts';
import { Blocks } from './blocks.ts';
import type { DocumentKind } from './kind.ts';
import { tokensOf, type Token } from './tokens.ts';

export interface Subject {
  /** `name`: a symbol, or in a linker script a section. */
  readonly kind: 'name' | 'annotation' | 'section';
  readonly text: string;
  /** Offsets in the document. */
  readonly start: number;
  readonly end: number;
}

/** Words before a string that names a section: `__section(".x")`, `link_section = ".x"`, `.pushsection ".x"`. */
const SECTION_WORD = /^(_*section_*|link_section|\.(push)?section)$/i;
const SECTION_NAME = /^[\w.$]+$/;

/** What comes after these is no variable: a tag, a label, a name that is being defined to something else. */
const NOT_BEFORE: Readonly<Record<DocumentKind, ReadonlySet<string>>> = {
  c: new Set(['.', '->', 'struct', 'union', 'enum', 'class', 'goto', 'define', 'undef', 'ifdef', 'ifndef']),
  rust: new Set(['.', 'struct', 'enum', 'union', 'trait', 'fn', 'mod', 'let', 'type', "'"]),
  assembly: new Set(['.macro', '.set', '.equ', '.equiv', 'define', 'undef', 'ifdef', 'ifndef']),
  'linker-script': new Set(),
};

/** Undefined where nothing stands that an image could tell about: comments, strings, members, parameters. */
export function subjectAt(text: string, kind: DocumentKind, offset: number): Subject | undefined {
  const blocks = new Blocks();
  const before: Token[] = [];
  const tokens = tokensOf(text, kind);
  for (let next = tokens.next(); next.done !== true; next = tokens.next()) {
    const token = next.value;
    if (token.start > offset) return undefined;
    if (offset <= token.end && (token.type === 'word' || token.type === 'string')) {
      const after = [...take(tokens, 2)];
      // A place between two words belongs to both; what follows is the one that begins there.
      if (offset < token.end || after[0]?.start !== offset || after[0].type === 'punctuation')
        return isMacroParameter(token, text) ? undefined : subjectOf(token, before, after, kind, blocks);
      return subjectOf(after[0], [...before, token], after.slice(1), kind, blocks);
    }
    blocks.add(token);
    before.push(token);
    if (before.length > 3) before.shift();
  }
  return undefined;
}

function subjectOf(
  token: Token,
  before: readonly Token[],
  after: readonly Token[],
  kind: DocumentKind,
  blocks: Blocks,
): Subject | undefined {
  const { start, end, text } = token;
  const subject = (what: Subject['kind'], name = text): Subject => ({ kind: what, text: name, start, end });
  if (kind !== 'linker-script') {
    const section = sectionName(token, before, after);
    if (section !== undefined) return subject('section', section);
  }
  if (token.type === 'string')
    return kind === 'linker-script' && SECTION_NAME.test(text) ? subject('name') : undefined;
  if (kind !== 'linker-script' && annotationNamed(text) !== undefined) return subject('annotation');
  const previous = before.at(-1)?.text ?? '';
  if (NOT_BEFORE[kind].has(previous)) return undefined;
  if (kind === 'c' && (blocks.inRecord || isParameter(before, after, blocks))) return undefined;
  return text === '.' ? undefined : subject('name');
}

/** The section that is named here, if the token is its name or the word before it: `__section` in `__section(".x")`. */
function sectionName(token: Token, before: readonly Token[], after: readonly Token[]): string | undefined {
  const around = [...before.slice(-2), token, ...after];
  for (const [at, word] of around.entries()) {
    if (word.type !== 'word' || !SECTION_WORD.test(word.text)) continue;
    const isDirective = word.text.startsWith('.');
    if (!isDirective && !/^[(=]$/.test(around[at + 1]?.text ?? '')) continue;
    const name = around[at + (isDirective ? 1 : 2)];
    if (name === undefined || (token !== word && token !== name) || !SECTION_NAME.test(name.text)) continue;
    if (name.type === 'string' || name.text.startsWith('.')) return name.text;
  }
  return undefined;
}

/** `name` in `f(struct caps *name, int name[4])` outside of functions: a parameter of a prototype or definition. */
function isParameter(before: readonly Token[], after: readonly Token[], blocks: Blocks): boolean {
  if (!blocks.atFileScope || blocks.parentheses === 0) return false;
  const previous = before.at(-1);
  const isDeclared = previous?.type === 'word' || previous?.text === '*' || previous?.text === '&';
  return isDeclared && /^[,)[]$/.test(after[0]?.text ?? '');
}

/** `name` in `#define f(name) (name)`. */
function isMacroParameter({ text: name, directive, end }: Token, text: string): boolean {
  if (directive === undefined) return false;
  const [, parameters = ''] = /^#\s*define\s+\w+\(([^()]*)/.exec(text.slice(directive, end)) ?? [];
  return parameters.split(/[^\w$]+/).includes(name);
}

function* take<T>(items: Generator<T>, count: number): Generator<T> {
  for (let taken = 0; taken < count; taken++) {
    const next = items.next();
    if (next.done === true) return;
    yield next.value;
  }
}
