/** Lanes of objects: what became of each, and when, as pieces of one axis that all share. */
import type { WriteOnceObject } from '../../views/objects/messages.ts';

type LaneEvent = WriteOnceObject['events'][number];
export type SegmentKind = Exclude<LaneEvent['kind'], 'violation'>;

/** In fractions of the axis. */
export interface Segment {
  readonly kind: SegmentKind;
  readonly from: number;
  readonly to: number;
  readonly event: LaneEvent;
}

export interface Mark {
  readonly at: number;
  readonly event: LaneEvent;
}

export interface Lane {
  readonly segments: readonly Segment[];
  /** Rules that were broken. */
  readonly marks: readonly Mark[];
}

/** `event`: each moment at which anything happened gets the same room. `step`: room is time. */
export const axes = ['event', 'step'] as const;
export type Axis = (typeof axes)[number];

/** From a step to a fraction of the axis. */
export type Scale = (step: string) => number;

export function scaleOf(objects: readonly WriteOnceObject[], axis: Axis): Scale {
  const steps = [...new Set(objects.flatMap(({ events }) => events.map(({ step }) => Number(step))))].sort(
    (a, b) => a - b,
  );
  const first = steps[0] ?? 0;
  if (axis === 'step') {
    // A little behind the last event, so that what came of it is to be seen.
    const length = Math.max(1, ((steps.at(-1) ?? 0) - first) * 1.05);
    return (step) => (Number(step) - first) / length;
  }
  const places = new Map(steps.map((step, index) => [step, index / steps.length]));
  return (step) => places.get(Number(step)) ?? 0;
}

export function laneOf({ events }: WriteOnceObject, scale: Scale): Lane {
  const changes = events.filter(isChange);
  return {
    segments: changes.map((event, index) => ({
      ...{ kind: event.kind, from: scale(event.step), event },
      to: index + 1 < changes.length ? scale(changes[index + 1]!.step) : 1,
    })),
    marks: events
      .filter(({ kind }) => kind === 'violation')
      .map((event) => ({ at: scale(event.step), event })),
  };
}

const isChange = (event: LaneEvent): event is LaneEvent & { kind: SegmentKind } => event.kind !== 'violation';
