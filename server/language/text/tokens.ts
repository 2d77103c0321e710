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

const SPACE = String.raw`\s+|\\\r?\n`;
const BLOCK_COMMENT = String.raw`\/\*[^]*?(?:\*\/|$)`;
const LINE_COMMENT = String.raw`\/\/(?:\\\r?\n|[^\n])*`;
const INCLUDE = String.raw`#[ \t]*include\b[^\n]*`;
const CHARACTER = String.raw`'(?:\\.|[^'\\\n])*'?`;

const WORD = String.raw`([A-Za-z_$][\w$]*)`;
const NUMBER = String.raw`(\.?\d(?:[eEpP][+-]|[\w.'])*)`;
const STRING = String.raw`"((?:\\[^]|[^"\\\n])*)"?`;
const OTHER = String.raw`->|::|[=!<>+|&*-]=|[^]`;

interface Grammar {
  /** What is no token. */
  readonly skipped: RegExp;
  /** Groups: a word, a number, a string, a raw string; none is punctuation. */
  readonly token: RegExp;
}

function grammar(skipped: readonly string[], ...tokens: readonly [string, string, string, string]): Grammar {
  return {
    skipped: new RegExp(skipped.join('|'), 'y'),
    token: new RegExp([...tokens, OTHER].join('|'), 'y'),
  };
}

const NO_RAW_STRING = '(?!)()';

/** Each with the groups in their order. */
const GRAMMARS: Readonly<Record<DocumentKind, Grammar>> = {
  c: grammar(
    [SPACE, BLOCK_COMMENT, LINE_COMMENT, INCLUDE, CHARACTER],
    String.raw`(?!(?:u8|[uUL])?R?")${WORD}`,
    NUMBER,
    `(?:u8|[uUL])?${STRING}`,
    String.raw`(?:u8|[uUL])?R"(?<delimiter>[^()\\\s"]{0,16})\((?<raw>[^]*?)(?:\)\k<delimiter>"|$)`,
  ),
  rust: grammar(
    [SPACE, LINE_COMMENT, String.raw`b?'(?:\\[^'\n]+|\\'|[^'\\\n])'`, String.raw`'[A-Za-z_]\w*`],
    String.raw`(?:r#)?(?!b?r#{0,255}"|[bc]")([A-Za-z_]\w*)`,
    NUMBER,
    String.raw`[bc]?"((?:\\[^]|[^"\\])*)"?`,
    String.raw`b?r(?<delimiter>#{0,255})"(?<raw>[^]*?)(?:"\k<delimiter>|$)`,
  ),
  // `#` begins a comment on RISC-V, unless a directive of the C preprocessor does. A macro's argument is `\name`.
  assembly: grammar(
    [
      ...[SPACE, BLOCK_COMMENT, LINE_COMMENT, INCLUDE, CHARACTER, String.raw`\\[\w@]+`],
      String.raw`#(?![ \t]*(?:define|undef|if|ifdef|ifndef|elif|else|endif)\b)[^\n]*`,
    ],
    String.raw`(?!\.\d)([A-Za-z_.$][\w.$]*)`,
    NUMBER,
    STRING,
    NO_RAW_STRING,
  ),
  'linker-script': grammar(
    [SPACE, BLOCK_COMMENT, LINE_COMMENT, String.raw`#(?:\\\r?\n|[^\n])*`],
    String.raw`(?!\.\d)([A-Za-z_.$][\w.$]*\*?)`,
    NUMBER,
    STRING,
    NO_RAW_STRING,
  ),
};

/** The tokens of a document in their order, made as they are asked for. */
export function* tokensOf(text: string, kind: DocumentKind): Generator<Token> {
  const skipped = new RegExp(GRAMMARS[kind].skipped);
  const token = new RegExp(GRAMMARS[kind].token);
  let [directiveStart, directiveEnd] = [0, 0];
  for (let start = 0; start < text.length;) {
    skipped.lastIndex = start;
    if (kind === 'rust' && text.startsWith('/*', start)) {
      start = endOfNestedComment(text, start + 2);
    } else if (skipped.test(text)) {
      start = skipped.lastIndex;
    } else {
      token.lastIndex = start;
      const match = token.exec(text)!;
      const [whole, word, number, string] = match;
      const quoted = string ?? match.groups?.['raw'];
      const end = token.lastIndex;
      if (whole === '#' && kind !== 'rust' && beginsLine(text, start))
        [directiveStart, directiveEnd] = [start, endOfLine(text, end)];
      const directive = start < directiveEnd ? directiveStart : undefined;
      if (word !== undefined) yield { type: 'word', text: word, start: end - word.length, end, directive };
      else if (number !== undefined) yield { type: 'number', text: number, start, end, directive };
      else if (quoted !== undefined) yield { type: 'string', text: quoted, start, end, directive };
      else yield { type: 'punctuation', text: whole, start, end, directive };
      start = end;
    }
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
