/** Text laid out for a terminal: labelled paragraphs, wrapped at words, with or without colour. */

/** Ways to emphasise text. Colour only adds: what it says is in the words too. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  danger(text: string): string;
  good(text: string): string;
  accent(text: string): string;
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

/** Lines of at most `width` columns; a word longer than that has a line to itself. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && columns(longer) > width) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line];
}

const labelWidth = 10;

/** A label at the left edge and its paragraphs beside it, each wrapped on its own. */
export function labelled(
  label: string,
  paragraphs: readonly string[],
  width: number,
  paint: Paint,
): string[] {
  const lines = paragraphs.flatMap((text) => hanging(text, width - labelWidth));
  return lines.map((line, index) =>
    index === 0
      ? `${paint.bold(label)}${' '.repeat(labelWidth - label.length)}${line}`
      : indent(line, labelWidth),
  );
}

/** A rule with a title, over the whole width. */
export function rule(title: string, width: number, paint: Paint): string {
  return `${paint.danger('━━')} ${title} ${paint.danger('━'.repeat(Math.max(2, width - columns(title) - 4)))}`;
}

/** Wraps, and indents what goes on: by two columns more than the paragraph itself. */
function hanging(text: string, width: number): string[] {
  const depth = text.length - text.trimStart().length;
  const [first, ...rest] = wrap(text.trimStart(), width - depth - 2);
  return [indent(first!, depth), ...rest.map((line) => indent(line, depth + 2))];
}

export function indent(line: string, depth: number): string {
  return line === '' ? line : ' '.repeat(depth) + line;
}
