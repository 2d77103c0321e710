/**
 * Splits a document into words, strings and punctuation; comments and `#include` lines are left out. As much of each
 * language as it takes to know what a word is, and no more.
 */
import type { DocumentKind } from './kind.ts';

export interface Token {
  readonly type: 'word' | 'string' | 'number' | 'punctuation';
  /** A string without its quotes. */
  readonly text: string;
  /** Offsets in the document, quotes included; `end` is behind the last character. */
  readonly start: number;
  readonly end: number;
  /** Offset of the `#` that begins the preprocessor's line; undefined outside of such. */
  readonly directive: number | undefined;
}

const SPACE = String.raw`(?<skip>\s+|\\\r?\n)`;
const BLOCK_COMMENT = String.raw`(?<comment>\/\*[^]*?(?:\*\/|$))`;
const LINE_COMMENT = String.raw`(?<line>\/\/(?:\\\r?\n|[^\n])*)`;
const INCLUDE = String.raw`(?<include>#[ \t]*include\b[^\n]*)`;
const STRING = String.raw`"(?<string>(?:\\[^]|[^"\\\n])*)"?`;
const CHARACTER = String.raw`(?<character>'(?:\\.|[^'\\\n])*'?)`;
const NUMBER = String.raw`(?<number>\.?\d(?:[eEpP][+-]|[\w.'])*)`;
const WORD = String.raw`(?<word>[A-Za-z_$][\w$]*)`;
const OTHER = String.raw`(?<other>->|::|[=!<>+|&*-]=|[^])`;

const language = (...alternatives: string[]): RegExp => new RegExp(alternatives.join('|'), 'gy');

const GRAMMARS: Readonly<Record<DocumentKind, RegExp>> = {
  c: language(
    SPACE,
    BLOCK_COMMENT,
    LINE_COMMENT,
    INCLUDE,
    String.raw`(?:u8|[uUL])?R"(?<delimiter>[^()\\\s"]{0,16})\((?<rawString>[^]*?)(?:\)\k<delimiter>"|$)`,
    `(?:u8|[uUL])?${STRING}`,
    CHARACTER,
    WORD,
    NUMBER,
    OTHER,
  ),
  rust: language(
    SPACE,
    String.raw`(?<nested>\/\*)`,
    LINE_COMMENT,
    String.raw`b?r(?<delimiter>#{0,255})"(?<rawString>[^]*?)(?:"\k<delimiter>|$)`,
    String.raw`[bc]?"(?<string>(?:\\[^]|[^"\\])*)"?`,
    String.raw`(?<character>b?'(?:\\[^'\n]+|\\'|[^'\\\n])')`,
    String.raw`(?<lifetime>'[A-Za-z_]\w*)`,
    String.raw`(?:r#)?(?<word>[A-Za-z_]\w*)`,
    NUMBER,
    OTHER,
  ),
  // `#` begins a comment on RISC-V, unless a directive of the C preprocessor does. A macro's argument is `\name`.
  assembly: language(
    SPACE,
    BLOCK_COMMENT,
    LINE_COMMENT,
    INCLUDE,
    String.raw`(?<hash>#(?![ \t]*(?:define|undef|if|ifdef|ifndef|elif|else|endif)\b)[^\n]*)`,
    STRING,
    CHARACTER,
    String.raw`(?<argument>\\[\w@]+)`,
    NUMBER,
    String.raw`(?<word>[A-Za-z_.$][\w.$]*)`,
    OTHER,
  ),
  'linker-script': language(
    SPACE,
    BLOCK_COMMENT,
    LINE_COMMENT,
    String.raw`(?<hash>#(?:\\\r?\n|[^\n])*)`,
    STRING,
    NUMBER,
    String.raw`(?<word>[A-Za-z_.$][\w.$]*\*?)`,
    OTHER,
  ),
};

/** The tokens of a document in their order, made as they are asked for. */
export function* tokensOf(text: string, kind: DocumentKind): Generator<Token> {
  const grammar = new RegExp(GRAMMARS[kind]);
  let [directiveStart, directiveEnd] = [0, 0];
  for (let start = 0; start < text.length; start = grammar.lastIndex) {
    grammar.lastIndex = start;
    const match = grammar.exec(text)!;
    const end = grammar.lastIndex;
    const { word, string, rawString, number, nested, other } = match.groups!;
    const quoted = string ?? rawString;
    if (other === '#' && kind !== 'rust' && beginsLine(text, start))
      [directiveStart, directiveEnd] = [start, endOfLine(text, end)];
    const directive = start < directiveEnd ? directiveStart : undefined;
    if (word !== undefined) yield { type: 'word', text: word, start: end - word.length, end, directive };
    else if (number !== undefined) yield { type: 'number', text: number, start, end, directive };
    else if (quoted !== undefined) yield { type: 'string', text: quoted, start, end, directive };
    else if (other !== undefined) yield { type: 'punctuation', text: other, start, end, directive };
    else if (nested !== undefined) grammar.lastIndex = endOfNestedComment(text, end);
  }
}

/** Rust's block comments nest. */
function endOfNestedComment(text: string, start: number): number {
  const borders = /\/\*|\*\//g;
  borders.lastIndex = start;
  for (let depth = 1, border = borders.exec(text); border !== null; border = borders.exec(text)) {
    depth += border[0] === '/*' ? 1 : -1;
    if (depth === 0) return borders.lastIndex;
  }
  return text.length;
}

function beginsLine(text: string, at: number): boolean {
  return /^[ \t]*$/.test(text.slice(text.lastIndexOf('\n', at - 1) + 1, at));
}

/** Where a line ends that a backslash may continue on the next. */
function endOfLine(text: string, from: number): number {
  for (let end = text.indexOf('\n', from); end >= 0; end = text.indexOf('\n', end + 1))
    if (!/\\\r?$/.test(text.slice(Math.max(0, end - 2), end))) return end;
  return text.length;
}
