/** Which expression of C or Rust a cursor is in: `caps->features[2].bits` with the cursor in `features` is `caps->features[2]`. */

const NAME = String.raw`[A-Za-z_]\w*`;
const STEP = String.raw`(?:\.|->)${NAME}|\[[^[\]]*\]`;
const CHAIN = new RegExp(`${NAME}(?:${STEP})*`, 'g');
const PART = new RegExp(`^${NAME}|(?:\\.|->)${NAME}(?:\\[[^[\\]]*\\])*|(?:\\[[^[\\]]*\\])+`, 'g');

/** `column` counts from 0. Undefined where the cursor is in no name. */
export function expressionAt(line: string, column: number): string | undefined {
  for (const chain of line.matchAll(CHAIN)) {
    const offset = column - chain.index;
    if (offset < 0) return undefined;
    if (offset > chain[0].length) continue;
    // Up to the part with the cursor, so that a whole structure can be meant as well as a member of it.
    for (const part of chain[0].matchAll(PART)) {
      const end = part.index + part[0].length;
      if (offset <= end) return chain[0].slice(0, end);
    }
  }
  return undefined;
}
