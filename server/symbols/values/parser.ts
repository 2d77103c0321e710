import { EvaluationError } from '../errors.ts';
import { tokenize, type Token } from './lexer.ts';

/** An expression; every node has the column, from 1, to point at when it cannot be evaluated. */
export type Expression =
  | {
      readonly kind: 'integer';
      readonly value: bigint;
      readonly suffix: string;
      readonly decimal: boolean;
      readonly column: number;
    }
  | { readonly kind: 'float'; readonly value: number; readonly column: number }
  | { readonly kind: 'character'; readonly value: bigint; readonly column: number }
  | { readonly kind: 'string'; readonly bytes: readonly number[]; readonly column: number }
  | {
      readonly kind: 'name';
      readonly name: string;
      readonly file: string | undefined;
      readonly column: number;
    }
  | { readonly kind: 'register'; readonly name: string; readonly column: number }
  | {
      readonly kind: 'unary';
      readonly operator: string;
      readonly operand: Expression;
      readonly column: number;
    }
  | {
      readonly kind: 'binary';
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
      readonly column: number;
    }
  | {
      readonly kind: 'conditional';
      readonly test: Expression;
      readonly then: Expression;
      readonly otherwise: Expression;
      readonly column: number;
    }
  /** `operator` is empty for `=`, else that of `+=` and its like. */
  | {
      readonly kind: 'assign';
      readonly operator: string;
      readonly target: Expression;
      readonly value: Expression;
      readonly column: number;
    }
  | {
      readonly kind: 'member';
      readonly object: Expression;
      readonly name: string;
      readonly arrow: boolean;
      readonly column: number;
    }
  | {
      readonly kind: 'index';
      readonly object: Expression;
      readonly index: Expression;
      readonly column: number;
    }
  | {
      readonly kind: 'cast';
      readonly type: TypeExpression;
      readonly operand: Expression;
      readonly column: number;
    }
  | { readonly kind: 'sizeof'; readonly operand: Expression | TypeExpression; readonly column: number };

/** A type name: the words before its declarator, and what the declarator makes of them, outermost last. */
export interface TypeExpression {
  readonly kind: 'type';
  readonly tag: 'struct' | 'union' | 'enum' | undefined;
  /** `task_struct`, `u64`, `unsigned long`. */
  readonly name: string;
  readonly derived: readonly TypeStep[];
  readonly column: number;
}

export type TypeStep =
  | { readonly kind: 'pointer' }
  | { readonly kind: 'array'; readonly count: number }
  | { readonly kind: 'function'; readonly parameters: readonly TypeExpression[]; readonly variadic: boolean };

/** Says whether a bare name is a type: C cannot be parsed without knowing. */
export type IsType = (name: string) => boolean;

/** Deeper nesting than anyone types; the parser is recursive. */
const MAXIMUM_DEPTH = 200;

/** Binding powers as in C; `@` is GDB's, between shifts and sums. */
const BINARY: Readonly<Record<string, number>> = {
  ',': 1,
  '=': 2,
  '?': 3,
  '||': 4,
  '&&': 5,
  '|': 6,
  '^': 7,
  '&': 8,
  '==': 9,
  '!=': 9,
  '<': 10,
  '>': 10,
  '<=': 10,
  '>=': 10,
  '<<': 11,
  '>>': 11,
  '@': 12,
  '+': 13,
  '-': 13,
  '*': 14,
  '/': 14,
  '%': 14,
};
const ASSIGNMENT = 2;
const CONDITIONAL = 3;
const PREFIX = new Set(['-', '+', '!', '~', '*', '&']);
const TYPE_WORDS = new Set([
  'char',
  'short',
  'int',
  'long',
  'signed',
  'unsigned',
  'float',
  'double',
  'void',
  '_Bool',
  'bool',
]);
const QUALIFIERS = new Set(['const', 'volatile', 'restrict', '_Atomic', '__restrict']);
const TAGS = new Set(['struct', 'union', 'enum']);

/** Parses one C expression; throws `EvaluationError` with the column of what is wrong. */
export function parseExpression(text: string, isType: IsType): Expression {
  return new Parser(tokenize(text), isType).whole();
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #isType: IsType;
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], isType: IsType) {
    this.#tokens = tokens;
    this.#isType = isType;
  }

  whole(): Expression {
    const expression = this.#expression(0);
    if (this.#next.kind !== 'end') this.#fail(`${this.#described()} is not expected here`);
    return expression;
  }

  get #next(): Token {
    return this.#tokens[this.#at]!;
  }

  #take(): Token {
    const token = this.#next;
    if (token.kind !== 'end') this.#at++;
    return token;
  }

  #isOperator(text: string): boolean {
    return this.#next.kind === 'operator' && this.#next.text === text;
  }

  #accept(text: string): boolean {
    if (!this.#isOperator(text)) return false;
    this.#at++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#accept(text)) this.#fail(`"${text}" is expected before ${this.#described()}`);
  }

  #described(): string {
    return this.#next.kind === 'end' ? 'the end' : `"${this.#next.text}"`;
  }

  #fail(message: string, column = this.#next.column): never {
    throw new EvaluationError(message, column);
  }

  #expression(minimum: number): Expression {
    if (++this.#depth > MAXIMUM_DEPTH) this.#fail('the expression is nested too deeply');
    let left = this.#unary();
    while (true) {
      const { text: operator, column, kind } = this.#next;
      if (kind !== 'operator') break;
      const compound = /^(?!==|!=|<=|>=)(.+)=$/.exec(operator)?.[1];
      const power = compound === undefined ? BINARY[operator] : ASSIGNMENT;
      if (power === undefined || power < minimum) break;
      this.#at++;
      if (power === ASSIGNMENT) {
        left = {
          kind: 'assign',
          operator: compound ?? '',
          target: left,
          value: this.#expression(ASSIGNMENT),
          column,
        };
      } else if (power === CONDITIONAL) {
        const then = this.#expression(0);
        this.#expect(':');
        left = { kind: 'conditional', test: left, then, otherwise: this.#expression(CONDITIONAL), column };
      } else {
        left = { kind: 'binary', operator, left, right: this.#expression(power + 1), column };
      }
    }
    this.#depth--;
    return left;
  }

  #unary(): Expression {
    const { column } = this.#next;
    if (this.#next.kind === 'operator') {
      const operator = this.#next.text;
      if (operator === '++' || operator === '--')
        this.#fail(`${operator} is not supported: write the assignment`);
      if (PREFIX.has(operator)) {
        this.#at++;
        return { kind: 'unary', operator, operand: this.#operand(), column };
      }
      if (operator === '(' && this.#startsType(this.#at + 1)) {
        this.#at++;
        const type = this.#typeName();
        this.#expect(')');
        return { kind: 'cast', type, operand: this.#operand(), column };
      }
    }
    if (this.#next.kind === 'name' && this.#next.text === 'sizeof') return this.#sizeof(column);
    return this.#postfix(this.#primary());
  }

  /** What a prefix operator applies to. */
  #operand(): Expression {
    if (++this.#depth > MAXIMUM_DEPTH) this.#fail('the expression is nested too deeply');
    const operand = this.#unary();
    this.#depth--;
    return operand;
  }

  #sizeof(column: number): Expression {
    this.#at++;
    if (this.#isOperator('(') && this.#startsType(this.#at + 1)) {
      this.#at++;
      const type = this.#typeName();
      this.#expect(')');
      return { kind: 'sizeof', operand: type, column };
    }
    return { kind: 'sizeof', operand: this.#operand(), column };
  }

  #postfix(start: Expression): Expression {
    let object = start;
    while (true) {
      const { column } = this.#next;
      if (this.#accept('[')) {
        const index = this.#expression(0);
        this.#expect(']');
        object = { kind: 'index', object, index, column };
      } else if (this.#isOperator('.') || this.#isOperator('->')) {
        const arrow = this.#take().text === '->';
        const name = this.#take();
        if (name.kind !== 'name') this.#fail('a member name is expected here', name.column);
        object = { kind: 'member', object, name: name.text, arrow, column: name.column };
      } else if (this.#isOperator('(')) {
        this.#fail('functions cannot be called from an expression');
      } else if (this.#isOperator('++') || this.#isOperator('--')) {
        this.#fail(`${this.#next.text} is not supported: write the assignment`);
      } else {
        return object;
      }
    }
  }

  #primary(): Expression {
    const token = this.#take();
    const { column } = token;
    switch (token.kind) {
      case 'integer':
        return { kind: 'integer', value: token.value, suffix: token.suffix, decimal: token.decimal, column };
      case 'float':
        return { kind: 'float', value: token.value, column };
      case 'character':
        return { kind: 'character', value: token.value, column };
      case 'string':
        return { kind: 'string', bytes: token.bytes, column };
      case 'register':
        return { kind: 'register', name: token.text, column };
      case 'file': {
        this.#expect('::');
        const name = this.#take();
        if (name.kind !== 'name') this.#fail(`a name is expected after '${token.text}'::`, name.column);
        return { kind: 'name', name: name.text, file: token.text, column };
      }
      case 'name':
        if (TAGS.has(token.text) || TYPE_WORDS.has(token.text)) {
          this.#fail('a type alone is not a value: use it in a cast or with sizeof', column);
        }
        return { kind: 'name', name: token.text, file: undefined, column };
      case 'operator':
        if (token.text === '(') {
          const inner = this.#expression(0);
          this.#expect(')');
          return inner;
        }
        return this.#fail(`a value is expected before "${token.text}"`, column);
      case 'end':
        return this.#fail('a value is expected at the end', column);
    }
  }

  #startsType(at: number): boolean {
    const token = this.#tokens[at]!;
    if (token.kind !== 'name') return false;
    return (
      TAGS.has(token.text) ||
      TYPE_WORDS.has(token.text) ||
      QUALIFIERS.has(token.text) ||
      this.#isType(token.text)
    );
  }

  #typeName(): TypeExpression {
    const { column } = this.#next;
    const words: string[] = [];
    let tag: TypeExpression['tag'];
    while (this.#next.kind === 'name') {
      const { text } = this.#next;
      if (QUALIFIERS.has(text)) {
        this.#at++;
      } else if (words.length === 0 && TAGS.has(text)) {
        this.#at++;
        tag = text as 'struct';
        const name = this.#take();
        if (name.kind !== 'name') this.#fail(`the name of a ${text} is expected here`, name.column);
        words.push(name.text);
      } else if (tag === undefined && (TYPE_WORDS.has(text) || words.length === 0)) {
        this.#at++;
        words.push(text);
        if (!TYPE_WORDS.has(text)) tag ??= undefined;
      } else {
        break;
      }
    }
    if (words.length === 0) this.#fail('a type is expected here', column);
    return { kind: 'type', tag, name: words.join(' '), derived: this.#declarator(), column };
  }

  /** An abstract declarator: pointers, then `( inner )`, then dimensions and parameters; the inner one applies last. */
  #declarator(): TypeStep[] {
    if (++this.#depth > MAXIMUM_DEPTH) this.#fail('the type is nested too deeply');
    const steps: TypeStep[] = [];
    while (this.#accept('*')) {
      steps.push({ kind: 'pointer' });
      while (this.#next.kind === 'name' && QUALIFIERS.has(this.#next.text)) this.#at++;
    }
    let inner: TypeStep[] = [];
    const following = this.#tokens[this.#at + 1];
    if (
      this.#isOperator('(') &&
      following?.kind === 'operator' &&
      (following.text === '*' || following.text === '(')
    ) {
      this.#at++;
      inner = this.#declarator();
      this.#expect(')');
    }
    const suffixes: TypeStep[] = [];
    while (true) {
      if (this.#accept('[')) {
        const count = this.#take();
        if (count.kind !== 'integer') this.#fail('a number of elements is expected here', count.column);
        this.#expect(']');
        suffixes.push({ kind: 'array', count: Number(count.value) });
      } else if (this.#accept('(')) {
        suffixes.push(this.#parameters());
      } else {
        break;
      }
    }
    this.#depth--;
    return [...steps, ...suffixes.reverse(), ...inner];
  }

  #parameters(): TypeStep {
    const parameters: TypeExpression[] = [];
    let variadic = false;
    while (!this.#accept(')')) {
      if (parameters.length > 0 || variadic) this.#expect(',');
      if (this.#accept('.')) {
        this.#expect('.');
        this.#expect('.');
        variadic = true;
      } else {
        parameters.push(this.#typeName());
      }
    }
    const isVoid =
      parameters.length === 1 && parameters[0]!.name === 'void' && parameters[0]!.derived.length === 0;
    return { kind: 'function', parameters: isVoid ? [] : parameters, variadic };
  }
}
