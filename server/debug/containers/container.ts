/** Things with children, as the `variables` request sees them. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Value } from '../../symbols/index.ts';
import { RequestError } from '../errors.ts';

export interface View {
  /** Numbers in hexadecimal. */
  readonly hex: boolean;
  readonly filter: 'indexed' | 'named' | undefined;
  /** The first child wanted, from 0, and how many; all when undefined. */
  readonly start: number;
  readonly count: number | undefined;
}

export interface Container {
  list(view: View): DebugProtocol.Variable[];
  /** Gives a child another value, as the user typed it, and returns the child. */
  set(name: string, text: string, view: View): DebugProtocol.Variable;
  /** The child as a C value, for data breakpoints; undefined where it is none. */
  value(name: string): Value | undefined;
}

/** A client that does not page gets this many children at most: an array may have millions. */
const UNPAGED_LIMIT = 1000;

/** The children that a view asks for. */
export function page<T>(items: readonly T[], { start, count }: View): readonly T[] {
  return items.slice(start, count === undefined || count === 0 ? undefined : start + count);
}

/** Start and count for children that are made on demand; `left` is how many a client that does not page misses. */
export function range(total: number, { start, count }: View): { first: number; count: number; left: number } {
  const available = Math.max(0, total - start);
  if (count !== undefined && count > 0) return { first: start, count: Math.min(count, available), left: 0 };
  const shown = Math.min(available, UNPAGED_LIMIT);
  return { first: start, count: shown, left: available - shown };
}

export function notSettable(name: string, why: string): RequestError {
  return new RequestError('notSettable', `'${name}' cannot be set: ${why}.`);
}

/** The child of a list by its name. */
export function childNamed<T extends { readonly name: string }>(items: readonly T[], name: string): T {
  const found = items.find((item) => item.name === name);
  if (found === undefined) throw new RequestError('notPossible', `There is no '${name}' here.`);
  return found;
}
