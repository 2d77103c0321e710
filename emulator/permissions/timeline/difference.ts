/** Sums up many changes: for every page that they touch, what was before the first and is after the last. */
import type { LoggedChange } from './changeLog.ts';
import { PERMISSION } from './event.ts';

/** The supervisor's pages are one space, whatever the root; the user's have one for each root, PMP one for each hart. */
export type SpaceKind = 'supervisor' | 'user' | 'pmp';

/** Pages with the same history. */
export interface Difference {
  readonly space: SpaceKind;
  readonly page: number;
  readonly pages: number;
  readonly first: LoggedChange;
  readonly last: LoggedChange;
}

/** The spaces that a change touches: two if a page's U changed. */
export function spacesOf({ cause, from, to }: LoggedChange): readonly SpaceKind[] {
  if (cause === 'pmp') return PMP_ONLY;
  const flags = from | to;
  if ((flags & PERMISSION.user) === 0) return SUPERVISOR_ONLY;
  return visibleIn('supervisor', from) !== 0 || visibleIn('supervisor', to) !== 0 ? BOTH : USER_ONLY;
}

/** A page's PERMISSION bits as one space sees them. */
export function visibleIn(space: SpaceKind, flags: number): number {
  if (space === 'pmp') return flags;
  return ((flags & PERMISSION.user) !== 0) === (space === 'user') ? flags : 0;
}

/** Of changes in the order of time; the result is in order of space and page. */
export function sumUp(changes: Iterable<LoggedChange>): Difference[] {
  const spaces = new Map<string, { readonly space: SpaceKind; readonly changes: LoggedChange[] }>();
  for (const change of changes) {
    for (const space of spacesOf(change)) {
      const key = space === 'supervisor' ? space : `${space} ${space === 'pmp' ? change.hart : change.satp}`;
      const there = spaces.get(key);
      if (there === undefined) spaces.set(key, { space, changes: [change] });
      else there.changes.push(change);
    }
  }
  return [...spaces.values()].flatMap(({ space, changes: mine }) => sumUpSpace(space, mine));
}

const SUPERVISOR_ONLY: readonly SpaceKind[] = ['supervisor'];
const USER_ONLY: readonly SpaceKind[] = ['user'];
const BOTH: readonly SpaceKind[] = ['supervisor', 'user'];
const PMP_ONLY: readonly SpaceKind[] = ['pmp'];

function sumUpSpace(space: SpaceKind, changes: readonly LoggedChange[]): Difference[] {
  const cuts = Float64Array.from(new Set(changes.flatMap(({ page, pages }) => [page, page + pages]))).sort();
  const at = new Map<number, number>();
  cuts.forEach((cut, index) => at.set(cut, index));
  const spans = changes.map((change) => ({
    change,
    start: at.get(change.page)!,
    end: at.get(change.page + change.pages)!,
  }));
  const first = paint(spans, cuts.length);
  const last = paint([...spans].reverse(), cuts.length);
  const differences: Difference[] = [];
  for (let index = 0; index + 1 < cuts.length; index++) {
    const [oldest, newest] = [first[index], last[index]];
    if (oldest === undefined || newest === undefined) continue;
    const page = cuts[index]!;
    const pages = cuts[index + 1]! - page;
    const previous = differences.at(-1);
    if (previous?.first === oldest && previous.last === newest && previous.page + previous.pages === page)
      differences[differences.length - 1] = { ...previous, pages: previous.pages + pages };
    else differences.push({ space, page, pages, first: oldest, last: newest });
  }
  return differences;
}

interface Span {
  readonly change: LoggedChange;
  readonly start: number;
  readonly end: number;
}

/** For each piece the first span that covers it. What is painted is skipped from then on, so that it takes linear time. */
function paint(spans: readonly Span[], length: number): (LoggedChange | undefined)[] {
  const painted = new Array<LoggedChange | undefined>(length).fill(undefined);
  const next = Int32Array.from({ length: length + 1 }, (_, index) => index);
  const free = (from: number): number => {
    let at = from;
    while (next[at] !== at) at = next[at] = next[next[at]!]!;
    return at;
  };
  for (const { change, start, end } of spans) {
    for (let index = free(start); index < end; index = free(index + 1)) {
      painted[index] = change;
      next[index] = index + 1;
    }
  }
  return painted;
}
