/** The demo's page: chapter lines at the left edge, the guest's own console in a gutter beside them. */
import { wrap } from '../../session/report/index.ts';
import type { Output } from '../output.ts';

const labelWidth = 10;

export class Narrator {
  #line = '';

  constructor(private readonly output: Output) {}

  get paint(): Output['paint'] {
    return this.output.paint;
  }

  get width(): number {
    return this.output.width;
  }

  /** One labelled sentence, wrapped beside its label. */
  tell(label: string, text: string): void {
    this.#finishGuestLine();
    wrap(text, this.width - labelWidth).forEach((line, index) => {
      const margin =
        index === 0 ? this.paint.bold(this.paint.accent(label.padEnd(labelWidth))) : ' '.repeat(labelWidth);
      this.output.line(margin + line);
    });
  }

  /** Text of the guest's console; shown line by line, so that chapters do not fall into the middle of one. */
  guest(text: string): void {
    const [first = '', ...rest] = text.replaceAll('\r', '').split('\n');
    this.#line += first;
    for (const line of rest) {
      this.#showGuestLine();
      this.#line = line;
    }
  }

  lines(lines: readonly string[]): void {
    this.#finishGuestLine();
    this.output.lines(lines);
  }

  #finishGuestLine(): void {
    if (this.#line !== '') this.#showGuestLine();
  }

  #showGuestLine(): void {
    const { paint } = this;
    this.output.line(paint.dim(`        │ ${this.#line}`));
    this.#line = '';
  }
}
