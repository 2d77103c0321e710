import { EvaluationError } from '../errors.ts';

export type Token =
  | { readonly kind: 'name'; readonly text: string; readonly column: number }
  /** `$a0` without the dollar. */
  | { readonly kind: 'register'; readonly text: string; readonly column: number }
  | {
      readonly kind: 'integer';
      readonly value: bigint;
      readonly suffix: string;
      readonly decimal: boolean;
      readonly column: number;
      readonly text: string;
    }
  | { readonly kind: 'float'; readonly value: number; readonly column: number; readonly text: string }
  | { readonly kind: 'character'; readonly value: bigint; readonly column: number; readonly text: string }
  /** `'file.c'` of `'file.c'::name`. */
  | { readonly kind: 'file'; readonly text: string; readonly column: number }
  | {
      readonly kind: 'string';
      readonly bytes: readonly number[];
      readonly column: number;
      readonly text: string;
    }
  | { readonly kind: 'operator'; readonly text: string; readonly column: number }
  | { readonly kind: 'end'; readonly text: string; readonly column: number };

const OPERATORS = [
  '<<=', '>>=', '::', '->', '++', '--', '<<', '>>', '<=', '>=', '==', '!=', '&&', '||', '+=', '-=', '*=', '/=', '%=', '&=', '|=', '^=',
  '+', '-', '*', '/', '%', '&', '|', '^', '~', '!', '<', '>', '=', '?', ':', '(', ')', '[', ']', '.', ',', '@',
]; // prettier-ignore

const ESCAPES: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, a: 7, b: 8, f: 12, v: 11, e: 27 };

/** Splits an expression into tokens, the last of kind `end`. Throws `EvaluationError` with the column. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  while (true) {
    at += match(/\s*/y)!.length;
    const column = at + 1;
    if (at >= text.length) {
      tokens.push({ kind: 'end', text: '', column });
      return tokens;
    }
    const token = readToken(text, at, column, match);
    tokens.push(token.token);
    at += token.length;
  }
}

function readToken(
  text: string,
  at: number,
  column: number,
  match: (pattern: RegExp) => string | undefined,
): { token: Token; length: number } {
  const name = match(/[A-Za-z_][\w]*/y);
  if (name !== undefined) return { token: { kind: 'name', text: name, column }, length: name.length };
  const register = match(/\$\w+/y);
  if (register !== undefined) {
    return { token: { kind: 'register', text: register.slice(1), column }, length: register.length };
  }
  const float = match(/(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?[fFlL]?|\d+[eE][+-]?\d+[fFlL]?/y);
  if (float !== undefined) {
    return {
      token: { kind: 'float', value: Number.parseFloat(float), text: float, column },
      length: float.length,
    };
  }
  const number = match(/\d\w*/y);
  if (number !== undefined) return { token: integer(number, column), length: number.length };
  if (text[at] === "'") return quoted(text, at, column);
  if (text[at] === '"') {
    const { codes, length } = characters(text, at, '"', column);
    return { token: { kind: 'string', bytes: codes, text: text.slice(at, at + length), column }, length };
  }
  const operator = OPERATORS.find((candidate) => text.startsWith(candidate, at));
  if (operator === undefined) throw new EvaluationError(`"${text[at]!}" has no meaning here`, column);
  return { token: { kind: 'operator', text: operator, column }, length: operator.length };
}

function integer(text: string, column: number): Token {
  const parts = /^(0[xX][0-9a-fA-F]+|0[bB][01]+|0[0-7]*|[1-9]\d*)([uUlL]*)$/.exec(text);
  const [, digits = '', suffix = ''] = parts ?? [];
  if (parts === null || !/^(u?l{0,2}|l{1,2}u?)$/i.test(suffix)) {
    throw new EvaluationError(`"${text}" is not a number`, column);
  }
  const isOctal = /^0[0-7]+$/.test(digits);
  const value = BigInt(isOctal ? `0o${digits.slice(1)}` : digits);
  if (value >= 1n << 64n) throw new EvaluationError(`${digits} does not fit 64 bits`, column);
  return {
    kind: 'integer',
    value,
    suffix: suffix.toLowerCase(),
    decimal: /^[1-9]/.test(digits),
    text,
    column,
  };
}

/** A character constant, or a file name in quotes before `::`. */
function quoted(text: string, at: number, column: number): { token: Token; length: number } {
  const file = /^'([^']+)'(?=\s*::)/.exec(text.slice(at));
  if (file !== null) return { token: { kind: 'file', text: file[1]!, column }, length: file[0].length };
  const { codes, length } = characters(text, at, "'", column);
  if (codes.length !== 1) throw new EvaluationError('a character constant holds one character', column);
  return {
    token: { kind: 'character', value: BigInt(codes[0]!), text: text.slice(at, at + length), column },
    length,
  };
}

/** The bytes between quotes, escapes resolved, and the length with the quotes. */
function characters(
  text: string,
  start: number,
  quote: string,
  column: number,
): { codes: number[]; length: number } {
  const codes: number[] = [];
  let at = start + 1;
  while (text[at] !== quote) {
    if (at >= text.length) throw new EvaluationError(`the closing ${quote} is missing`, column);
    if (text[at] !== '\\') {
      codes.push(...new TextEncoder().encode(String.fromCodePoint(text.codePointAt(at)!)));
      at += text.codePointAt(at)! > 0xffff ? 2 : 1;
      continue;
    }
    const escape = /^\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3})|(.))/s.exec(text.slice(at));
    if (escape === null) throw new EvaluationError(`the closing ${quote} is missing`, column);
    const [whole, hex, octal, letter] = escape;
    if (hex !== undefined) codes.push(Number.parseInt(hex, 16));
    else if (octal !== undefined) codes.push(Number.parseInt(octal, 8) & 0xff);
    else codes.push(ESCAPES[letter!] ?? letter!.charCodeAt(0));
    at += whole.length;
  }
  return { codes, length: at + 1 - start };
}
