/** Which braces and parentheses of C or C++ a token is in, from the tokens before it. */
import type { Token } from './tokens.ts';

/** `record`: members of a struct or the like. `open`: what is in it is at file scope (`extern "C"`, `namespace`). */
type Block = 'record' | 'open' | 'other';

const RECORD = new Set(['struct', 'union', 'class']);

/** Deeper nesting than people write; beyond it blocks are no longer told apart. */
const MAXIMUM_DEPTH = 1000;

export class Blocks {
  readonly #blocks: Block[] = [];
  /** Tokens since the last `;` or brace that stand outside of parentheses, the first few and the last. */
  #head: Token[] = [];
  #parentheses = 0;
  #brackets = 0;

  get parentheses(): number {
    return this.#parentheses;
  }

  get atFileScope(): boolean {
    return this.#blocks.every((block) => block === 'open');
  }

  /** What is declared here is a member; sizes in brackets are not. */
  get inRecord(): boolean {
    return this.#blocks.at(-1) === 'record' && this.#brackets === 0;
  }

  add(token: Token): void {
    if (token.directive !== undefined) return;
    if (token.type !== 'punctuation') {
      this.#note(token);
      return;
    }
    switch (token.text) {
      case '(':
        this.#parentheses++;
        this.#note(token);
        break;
      case ')':
        this.#parentheses = Math.max(0, this.#parentheses - 1);
        break;
      case '[':
        this.#brackets++;
        break;
      case ']':
        this.#brackets = Math.max(0, this.#brackets - 1);
        break;
      case '{':
        if (this.#blocks.length < MAXIMUM_DEPTH) this.#blocks.push(this.#opened());
        this.#reset();
        break;
      case '}':
        this.#blocks.pop();
        this.#reset();
        break;
      case ';':
        this.#reset();
        break;
      default:
        this.#note(token);
    }
  }

  /** A stray parenthesis, as macros have them, spoils no more than its statement. */
  #reset(): void {
    this.#head = [];
    this.#parentheses = 0;
    this.#brackets = 0;
  }

  #note(token: Token): void {
    const isOutside = this.#parentheses === (token.text === '(' ? 1 : 0);
    if (isOutside && this.#head.length < 64) this.#head.push(token);
  }

  #opened(): Block {
    const texts = this.#head.map(({ text }) => text);
    if (texts.includes('=')) return 'other';
    if (texts.includes('namespace') || (texts.includes('extern') && this.#head.at(-1)?.type === 'string'))
      return 'open';
    // `struct __packed(1) caps {` is a record, `struct caps *find(int id) {` a function.
    const isCall = texts.some(
      (text, at) => text === '(' && !/^(__|align|declspec)/.test(texts[at - 1] ?? '__'),
    );
    return !isCall && texts.some((text) => RECORD.has(text)) ? 'record' : 'other';
  }
}
