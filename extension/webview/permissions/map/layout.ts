/**
 * Where mappings lie on the page map. Address spaces are mostly empty, so they are cut at their largest gaps into
 * bands; each band is to scale, gaps within it included.
 */
import { type Look, type Space, indexBefore, lookOf, looks } from '../space.ts';

/** A stretch of addresses, both ends included. */
export interface Band {
  readonly start: bigint;
  readonly last: bigint;
  /** One mapping alone: there is little to see, and it needs little room. */
  readonly isSingle: boolean;
}

const TOP = (1n << 64n) - 1n;
const MAX_BANDS = 6;
/** Gaps below this many bytes are drawn rather than cut out. */
const MIN_GAP = 1n << 20n;

export function bandsOf({ starts, lasts }: Space): readonly Band[] {
  if (starts.length === 0) return [];
  const gaps: { index: number; size: bigint }[] = [];
  for (let index = 1; index < starts.length; index++) {
    const size = starts[index]! - lasts[index - 1]!;
    if (size < MIN_GAP) continue;
    gaps.push({ index, size });
    if (gaps.length > 4 * MAX_BANDS) keepLargest(gaps);
  }
  keepLargest(gaps);
  const cuts = gaps.map(({ index }) => index).sort((a, b) => a - b);
  return [0, ...cuts].map((first, band) => {
    const end = cuts[band] ?? starts.length;
    return { start: starts[first]!, last: lasts[end - 1]!, isSingle: end - first === 1 };
  });
}

function keepLargest(gaps: { readonly size: bigint }[]): void {
  gaps.sort((a, b) => (a.size > b.size ? -1 : a.size < b.size ? 1 : 0));
  gaps.length = Math.min(gaps.length, MAX_BANDS - 1);
}

/** A part of the band `factor` times as wide, around an address, and no smaller than 16 pages. */
export function zoomed(band: Band, around: bigint, factor: number): Band {
  const size = BigInt(Math.max(65_536, Math.round(Number(band.last - band.start) * factor)));
  const start = around > size / 2n ? around - size / 2n : 0n;
  const last = start + size;
  return { start, last: last < TOP ? last : TOP, isSingle: false };
}

/** A run of pixels that look the same. */
export interface Span {
  readonly x: number;
  readonly width: number;
  readonly look: Look;
  readonly isChanged: boolean;
}

export interface BandPicture {
  readonly spans: readonly Span[];
  /** Pixels at which a mapping begins that is wide enough to be told from its neighbour. */
  readonly edges: readonly number[];
}

/** What must not vanish by being small gets this many pixels. */
const MIN_REMARKABLE = 3;
const MIN_EDGED = 5;
const remarkable = new Set<Look>(['fault', 'degraded', 'partial', 'sealed', 'open']);

/** `width` in pixels. Where several mappings share a pixel, the one that matters more is shown. */
export function picture(space: Space, band: Band, width: number): BandPicture {
  const { starts, lasts, mappings } = space;
  const pixels = new Uint8Array(width).fill(looks.length);
  const changed = new Uint8Array(width);
  const edges: number[] = [];
  for (let index = Math.max(0, indexBefore(space, band.start)); index < starts.length; index++) {
    const start = starts[index]!;
    const last = lasts[index]!;
    if (last < band.start) continue;
    if (start > band.last) break;
    const mapping = mappings[index]!;
    const look = lookOf(mapping);
    const from = Math.min(width - 1, Math.floor(Math.max(0, pixelOf(band, start, width))));
    const least = remarkable.has(look) || mapping.change !== undefined ? MIN_REMARKABLE : 1;
    const to = Math.min(width, Math.max(from + least, Math.round(pixelOf(band, last, width))));
    const rank = looks.indexOf(look);
    for (let x = from; x < to; x++) {
      if (rank < pixels[x]!) pixels[x] = rank;
      if (mapping.change !== undefined) changed[x] = 1;
    }
    if (to - from >= MIN_EDGED) edges.push(from);
  }
  return { spans: runs(pixels, changed), edges };
}

function runs(pixels: Uint8Array, changed: Uint8Array): Span[] {
  const spans: Span[] = [];
  let x = 0;
  while (x < pixels.length) {
    const begin = x;
    const [rank, isChanged] = [pixels[x]!, changed[x]!];
    while (x < pixels.length && pixels[x] === rank && changed[x] === isChanged) x++;
    const look = looks[rank];
    if (look !== undefined) spans.push({ x: begin, width: x - begin, look, isChanged: isChanged === 1 });
  }
  return spans;
}

/** May lie outside of 0 … width. */
export const pixelOf = ({ start, last }: Band, address: bigint, width: number): number =>
  (Number(address - start) / (Number(last - start) + 1)) * width;

export const addressAt = ({ start, last }: Band, x: number, width: number): bigint => {
  const offset = BigInt(Math.floor((Math.max(0, Math.min(width, x)) / width) * Number(last - start)));
  return start + offset;
};
