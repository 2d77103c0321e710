/** The symbols of a linker script: where they are assigned, and where they are used. */
import { tokensOf, type Token } from './tokens.ts';

export interface ScriptSymbol {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** `name = …`, in a PROVIDE or not. */
  readonly isAssigned: boolean;
}

const ASSIGNMENT = /^[+*/&|-]?=$/;

/** Section names, wildcards, keywords and functions may be among those not assigned: the image knows which are symbols. */
export function scriptSymbols(text: string): ScriptSymbol[] {
  const found: ScriptSymbol[] = [];
  let word: Token | undefined;
  for (const token of tokensOf(text, 'linker-script')) {
    if (word !== undefined) found.push(symbolOf(word, ASSIGNMENT.test(token.text)));
    word = token.type === 'word' && /^[A-Za-z_]\w*$/.test(token.text) ? token : undefined;
  }
  if (word !== undefined) found.push(symbolOf(word, false));
  return found;
}

function symbolOf({ text: name, start, end }: Token, isAssigned: boolean): ScriptSymbol {
  return { name, start, end, isAssigned };
}
