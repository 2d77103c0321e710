/** Which mappings lead to which frames: finds aliases among a hundred thousand mappings of whatever overlaps. */
import type { PageMapping } from '../../../emulator/index.ts';

/** Frames have 44 bits: plain numbers hold them, and sort faster. */
const frameOf = (physical: bigint): number => Number(physical >> 12n);

export class FrameIndex {
  /** In order of the first frame. */
  readonly #mappings: readonly PageMapping[];
  readonly #lows: Float64Array;
  /** First frame behind each. */
  readonly #highs: Float64Array;
  /** The same in order of size, for counting. */
  readonly #sortedHighs: Float64Array;
  /** Highest end in the half-open part of the list that a search halves: a segment tree, its root at 1. */
  readonly #reach: Float64Array;
  readonly #leaves: number;

  constructor(mappings: readonly PageMapping[]) {
    const lows = Float64Array.from(mappings, ({ physical }) => frameOf(physical));
    const order = Uint32Array.from(mappings.keys()).sort((a, b) => lows[a]! - lows[b]!);
    this.#mappings = Array.from(order, (at) => mappings[at]!);
    this.#lows = Float64Array.from(order, (at) => lows[at]!);
    this.#highs = Float64Array.from(this.#mappings, ({ start, end, physical }) =>
      frameOf(physical + (end - start)),
    );
    this.#sortedHighs = this.#highs.slice().sort();
    this.#leaves = 2 ** Math.ceil(Math.log2(Math.max(1, mappings.length)));
    this.#reach = new Float64Array(2 * this.#leaves);
    this.#reach.set(this.#highs, this.#leaves);
    for (let node = this.#leaves - 1; node > 0; node--)
      this.#reach[node] = Math.max(this.#reach[2 * node]!, this.#reach[2 * node + 1]!);
  }

  /** How many mappings have a frame of the guest-physical range [start, end). */
  count(start: bigint, end: bigint): number {
    return below(this.#lows, frameOf(end)) - below(this.#sortedHighs, frameOf(start) + 1);
  }

  /** Up to `limit` of them, in order of frame. */
  overlapping(start: bigint, end: bigint, limit: number): PageMapping[] {
    const first = frameOf(start);
    const found: PageMapping[] = [];
    const last = below(this.#lows, frameOf(end));
    const search = (node: number, from: number, size: number): void => {
      if (found.length >= limit || from >= last || this.#reach[node]! <= first) return;
      if (size === 1) {
        found.push(this.#mappings[from]!);
        return;
      }
      search(2 * node, from, size / 2);
      search(2 * node + 1, from + size / 2, size / 2);
    };
    search(1, 0, this.#leaves);
    return found;
  }
}

/** How many of the sorted values are less than `limit`. */
function below(sorted: Float64Array, limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
