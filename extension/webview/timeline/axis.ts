/** The run as equal parts: which part a step lies in, and the moment that each stands for. */
import type { Timeline } from '../../views/timeline/messages.ts';

export interface Axis {
  readonly from: bigint;
  /** Steps of a part; at least 1. */
  readonly width: bigint;
  readonly count: number;
}

export function axisOf({ parts }: Pick<Timeline, 'parts'>): Axis {
  const width = BigInt(parts.width);
  return { from: BigInt(parts.from), width: width > 0n ? width : 1n, count: parts.counts.length };
}

/** The part that holds a step: one of those there are. */
export function partOf({ from, width, count }: Axis, step: bigint): number {
  const part = Number((step - from) / width);
  return Math.max(0, Math.min(count - 1, part));
}

/** The last step of a part: choosing it means all that happened in it. */
export const endOf = ({ from, width }: Axis, part: number): bigint => from + width * BigInt(part + 1) - 1n;

/** A step's place, as a fraction of the axis. */
export function placeOf({ from, width, count }: Axis, step: bigint): number {
  if (count === 0) return 0;
  const place = Number(step - from) / Number(width * BigInt(count));
  return Math.max(0, Math.min(1, place));
}
