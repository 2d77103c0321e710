/** From when on a what-if seal holds. */

export type WhatIfMoment =
  /** When the guest has sealed every region that is known at its start. */
  | { readonly kind: 'seal' }
  /** When a function is called, or has returned, for the first time. */
  | { readonly kind: 'call' | 'return'; readonly function: string }
  | { readonly kind: 'step'; readonly step: bigint }
  | { readonly kind: 'start' };

export const WHAT_IF_MOMENTS = '"seal", "function NAME", "return NAME", "step N" or "start"';

/** Undefined for a text that is none of `WHAT_IF_MOMENTS`. */
export function parseWhatIfMoment(text: string): WhatIfMoment | undefined {
  const [word, argument, ...more] = text.trim().split(/\s+/);
  if (more.length > 0) return undefined;
  if (argument === undefined) return word === 'seal' || word === 'start' ? { kind: word } : undefined;
  if (word === 'function') return { kind: 'call', function: argument };
  if (word === 'return') return { kind: 'return', function: argument };
  if (word === 'step' && /^\d+$/.test(argument)) return { kind: 'step', step: BigInt(argument) };
  return undefined;
}
