/** Text of an image in Markdown. Names come from files that anybody may have made: they stay text. */

/** A code span of one line. */
export function codeSpan(text: string): string {
  return `\`${oneLine(text).replaceAll('`', "'")}\``;
}

/** One line in which no character means anything to Markdown. */
export function plainText(text: string): string {
  return oneLine(text).replace(/[\\`*_{}[\]()#+!|<>~&]/g, '\\$&');
}

/** A block of lines as they are. */
export function codeBlock(lines: readonly string[]): string[] {
  const longest =
    lines
      .join('\n')
      .match(/`+/g)
      ?.reduce((most, run) => Math.max(most, run.length), 0) ?? 0;
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return [`${fence}text`, ...lines, fence];
}

/** The target of a link, from a URI. */
export function linkTarget(uri: string): string {
  return uri.replaceAll('(', '%28').replaceAll(')', '%29');
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}
