/** Shapes that several requests share. 64-bit numbers travel as strings. */
import { described, integer, object, oneOf, optional, text, type Shape } from '../schema.ts';

export interface CustomRequest {
  readonly summary: string;
  readonly arguments: Shape<unknown>;
  readonly result: Shape<unknown>;
}

export interface CustomEvent {
  readonly summary: string;
  readonly body: Shape<unknown>;
}

export const hexadecimal = described('64-bit number: "0x…"', text);
export const steps = described('Instructions retired by all harts, in decimal digits', text);
export const permissions = described(
  'Letters r, w and x, "-" for what is not permitted, u for user pages: "r--"',
  text,
);
export const flags = described(
  'Letters r, w, x, u, g, a and d, "-" for what is not set, as QEMU\'s `info mem` writes them: "r---gad"',
  text,
);
export const place = object({
  pc: hexadecimal,
  function: described('Empty outside of all functions', text),
  path: optional(text),
  line: optional(integer(1)),
});
/** Who did something, and when. */
export const moment = object({ step: steps, hart: integer(0), place });
export const sealState = described('How far it is sealed', oneOf('open', 'partial', 'sealed', 'degraded'));
export const pagingMode = oneOf('bare', 'sv39', 'sv48', 'sv57');
export const threadId = described('Hart + 1; the one that stopped last by default', integer(1));
