/** What differs between two contents of a part of an address space, as runs of pages. */
import { beginsUpperHalf } from './place.ts';
import type { Content, LeafContent } from './tableNode.ts';

/** Pages that are contiguous on all sides and differ in the same way. */
export interface Run {
  place: number;
  pages: number;
  /** PERMISSION bits; 0 = not mapped. */
  readonly from: number;
  readonly to: number;
  /** First frames; undefined where not mapped. */
  readonly frameBefore: number | undefined;
  readonly frame: number | undefined;
  /** Whether what is there now was not known at this place before the change of the graph in question. */
  readonly fresh: boolean;
}

type NoTable = LeafContent | undefined;

/** Entries that one comparison looks at: 8 GiB in 4 KiB pages. */
const MAX_ENTRIES = 1 << 21;

export class Comparison {
  /** Entries that were looked at. */
  entries = 0;
  readonly #generation: number;
  readonly #emit: (run: Run) => void;
  #open: Run | undefined;

  /** `generation`: of the change, for `fresh`. */
  constructor(generation: number, emit: (run: Run) => void) {
    this.#generation = generation;
    this.#emit = emit;
  }

  /** False when hostile tables made it too long. */
  get complete(): boolean {
    return this.entries <= MAX_ENTRIES;
  }

  /**
   * One entry: what it stood for and what it stands for. `level` is the entry's, `fresh` whether a leaf there is.
   * A table whose place was known before, under other roots, and is not new here, has been told; and one that
   * goes but is still known at its place has not gone.
   */
  add(before: Content, after: Content, level: number, place: number, fresh: boolean): void {
    if (before === after) return;
    let isFresh = fresh;
    if (after?.kind === 'table') {
      isFresh = after.uses.get(place)?.since === this.#generation;
      if (before === undefined && !isFresh) return;
    } else if (before?.kind === 'table') {
      if (after === undefined && before.uses.has(place)) return;
    } else {
      this.#addLeaf(before, after, 512 ** level, place, isFresh);
      return;
    }
    this.entries += 512;
    if (!this.complete) return;
    const size = 512 ** (level - 1);
    for (let index = 0; index < 512; index++)
      this.add(part(before, index, size), part(after, index, size), level - 1, place + index * size, isFresh);
  }

  /** The last run is told. */
  finish(): void {
    if (this.#open !== undefined) this.#emit(this.#open);
    this.#open = undefined;
  }

  #addLeaf(before: NoTable, after: NoTable, pages: number, place: number, fresh: boolean): void {
    const run = leafRun(before, after, place, pages, fresh);
    if (run === undefined) return;
    const open = this.#open;
    if (
      open?.from === run.from &&
      open.to === run.to &&
      open.fresh === fresh &&
      open.place + open.pages === place &&
      follows(open.frameBefore, open.pages, run.frameBefore) &&
      follows(open.frame, open.pages, run.frame) &&
      !beginsUpperHalf(place)
    ) {
      open.pages += pages;
      return;
    }
    this.finish();
    this.#open = run;
  }
}

/** Where no table is; undefined if nothing differs. */
export function leafRun(
  before: NoTable,
  after: NoTable,
  place: number,
  pages: number,
  fresh: boolean,
): Run | undefined {
  const from = before?.flags ?? 0;
  const to = after?.flags ?? 0;
  const [frameBefore, frame] = [before?.frame, after?.frame];
  if (from === to && frameBefore === frame) return undefined;
  return { place, pages, from, to, frameBefore, frame, fresh };
}

/** The content of one of 512 parts of `size` pages. */
function part(content: Content, index: number, size: number): Content {
  if (content?.kind !== 'leaf') return content?.content(index);
  return { ...content, frame: content.frame + index * size };
}

function follows(first: number | undefined, pages: number, next: number | undefined): boolean {
  return first === undefined ? next === undefined : next === first + pages;
}
