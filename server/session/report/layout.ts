/** Text laid out for a terminal: labelled paragraphs, wrapped at words, with or without colour. */

/** Ways to emphasise text. Colour only adds: what it says is in the words too. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly danger: (text: string) => string;
  readonly good: (text: string) => string;
  readonly accent: (text: string) => string;
}

const sgr = (code: number) => (text: string) => `\u001b[${code}m${text}\u001b[0m`;
const plain = (text: string): string => text;

export const coloured: Paint = {
  bold: sgr(1),
  dim: sgr(2),
  danger: sgr(31),
  good: sgr(32),
  accent: sgr(36),
};
export const uncoloured: Paint = { bold: plain, dim: plain, danger: plain, good: plain, accent: plain };

// eslint-disable-next-line no-control-regex -- this is what a colour sequence is made of
const sequences = /\u001b\[\d+m/g;

/** Columns that text takes, its colours apart. */
export function columns(text: string): number {
  return text.replace(sequences, '').length;
}

/**
 * Lines of at most `width` columns, broken at spaces; a word longer than that has a line to itself. Lines after the
 * first are indented by `hang` columns.
 */
export function wrap(text: string, width: number, hang = 0): string[] {
  const lines: string[] = [];
  let line: string | undefined;
  for (const word of text.split(' ')) {
    if (line === undefined) {
      line = word;
    } else if (columns(line) + 1 + columns(word) <= width) {
      line += ` ${word}`;
    } else {
      lines.push(line.trimEnd());
      line = indent(word, hang);
    }
  }
  return [...lines, line ?? ''];
}

/** Text at the left edge of lines that are wrapped already, which stand `depth` columns from it. */
export function beside(label: string, depth: number, lines: readonly string[]): string[] {
  return lines.map((line, index) =>
    index === 0 ? label + ' '.repeat(Math.max(1, depth - columns(label))) + line : indent(line, depth),
  );
}

/** Each text wrapped on its own; what goes on is indented by two columns more than its first line. */
export function paragraphs(texts: readonly string[], width: number): string[] {
  return texts.flatMap((text) => wrap(text, width, 2));
}

/** A rule with a title, over the whole width. */
export function rule(title: string, width: number, paint: Paint): string {
  return `${paint.danger('━━')} ${title} ${paint.danger('━'.repeat(Math.max(2, width - columns(title) - 4)))}`;
}

export function indent(line: string, depth: number): string {
  return line === '' ? line : ' '.repeat(depth) + line;
}
