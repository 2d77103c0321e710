/** What became of an address space between two stops. */
import type { PageMapping } from '../../../emulator/index.ts';
import { decided } from './flags.ts';
import type { Stretch } from './overlay.ts';

/** What a stretch was before; nothing is mapped there where `flags` is undefined. */
export interface Before {
  readonly flags: number | undefined;
  /** Where it led, if elsewhere. */
  readonly physical: bigint | undefined;
}

/** A stretch that was mapped, and is not any more. */
export interface Removed {
  readonly start: bigint;
  readonly end: bigint;
  readonly physical: bigint;
  readonly flags: number;
}

export interface Comparison {
  /** Stretches of the newer list that are not as they were; A and D bits do not count. In order of address. */
  readonly changed: readonly Stretch<Before>[];
  readonly removed: readonly Removed[];
}

export function compare(now: readonly PageMapping[], then: readonly PageMapping[]): Comparison {
  const changed: Stretch<Before>[] = [];
  const removed: Removed[] = [];
  let [n, t] = [0, 0];
  let at = 0n;
  while (n < now.length || t < then.length) {
    const [a, b] = [now[n], then[t]];
    const inA = a !== undefined && a.start <= at;
    const inB = b !== undefined && b.start <= at;
    // To the next address where either list begins or ends something.
    const next = least(inA ? a.end : a?.start, inB ? b.end : b?.start);
    if (inA) {
      const value = before(a, inB ? b : undefined, at);
      if (value !== undefined) changed.push({ start: at, end: next, value });
    } else if (inB) {
      removed.push({ start: at, end: next, physical: b.physical + (at - b.start), flags: b.flags });
    }
    at = next;
    if (a !== undefined && a.end <= at) n++;
    if (b !== undefined && b.end <= at) t++;
  }
  return { changed, removed };
}

/** Undefined when nothing has changed at this address. */
function before(now: PageMapping, then: PageMapping | undefined, at: bigint): Before | undefined {
  if (then === undefined) return { flags: undefined, physical: undefined };
  const led = then.physical + (at - then.start);
  const moved = led !== now.physical + (at - now.start);
  if (!moved && decided(now.flags) === decided(then.flags)) return undefined;
  return { flags: then.flags, physical: moved ? led : undefined };
}

function least(a: bigint | undefined, b: bigint | undefined): bigint {
  if (a === undefined) return b!;
  return b === undefined || a < b ? a : b;
}
