/** The permission timeline. */
import type { TimelineEntry } from '../../../session/index.ts';
import { permissionsOfFlags, permissionText } from '../../../session/index.ts';
import { hex } from '../../../session/report/index.ts';
import { placeBody } from '../../present/bodies.ts';
import type { CustomResult } from '../../protocol.ts';
import { PARTS, PORTION } from '../../protocol/timeline.ts';
import type { Handlers } from '../../requests.ts';
import { custom } from './custom.ts';

type Commands = 'sealscope/timeline' | 'sealscope/permissionHistory' | 'sealscope/permissionDifference';
type EventBody = CustomResult<'sealscope/timeline'>['events'][number];

export const timelineHandlers: Handlers<Commands> = {
  'sealscope/timeline': custom(
    'sealscope/timeline',
    'session',
    (
      { session: { timeline, phases } },
      { start, end, count = PORTION, parts = PARTS, supervisor, ...conditions },
    ) => {
      const range = start === undefined ? undefined : { start, end: end ?? start + 1n };
      const query = { ...conditions, range, supervisor, newestFirst: true };
      const { entries, more } = timeline.page(query, count);
      const counts = parts === 0 ? undefined : timeline.counts(parts);
      return {
        events: entries.map(eventBody),
        more,
        completeFrom: timeline.completeFrom.toString(),
        supervisorCompleteFrom: timeline.supervisorCompleteFrom.toString(),
        exhaustive: timeline.exhaustive,
        parts: {
          from: (counts?.from ?? 0n).toString(),
          width: (counts?.width ?? 0n).toString(),
          counts: [...(counts?.parts ?? [])],
        },
        phases: phases.list.map(({ step, kind, text }) => ({ step: step.toString(), kind, text })),
      };
    },
  ),

  'sealscope/permissionHistory': custom(
    'sealscope/permissionHistory',
    'session',
    ({ session: { timeline } }, { address, count = PORTION }) => {
      const { gained, lost, entries, more } = timeline.history(address, count);
      return {
        ...(gained === undefined ? {} : { gained: eventBody(gained) }),
        ...(lost === undefined ? {} : { lost: eventBody(lost) }),
        events: entries.map(eventBody),
        more,
        completeFrom: timeline.completeFrom.toString(),
      };
    },
  ),

  'sealscope/permissionDifference': custom(
    'sealscope/permissionDifference',
    'session',
    ({ session: { timeline, run } }, { from, to = run.step, first = 0, count = PORTION }) => {
      const all = timeline.difference(from, to);
      return {
        total: all.length,
        completeFrom: timeline.completeFrom.toString(),
        differences: all.slice(first, first + count).map((entry) => ({
          satp: hex(entry.difference.satp),
          ...changeBody(entry.difference),
          ...(entry.symbol === undefined ? {} : { symbol: entry.symbol }),
          last: eventBody(entry),
        })),
      };
    },
  ),
};

function eventBody({ event, place, by, stack, symbol }: TimelineEntry): EventBody {
  const { serial, step, hart, cause, kind, satp } = event;
  return {
    serial,
    step: step.toString(),
    hart,
    cause,
    kind,
    satp: hex(satp),
    ...(symbol === undefined ? {} : { symbol }),
    ...changeBody(event),
    place: placeBody(place),
    by: placeBody(by),
    stack: stack.map(placeBody),
  };
}

function changeBody({
  start,
  end,
  physical,
  physicalBefore,
  from,
  to,
}: Pick<TimelineEntry['event'], 'start' | 'end' | 'physical' | 'physicalBefore' | 'from' | 'to'>): Pick<
  EventBody,
  'start' | 'end' | 'physical' | 'physicalBefore' | 'from' | 'to'
> {
  return {
    start: hex(start),
    end: hex(end),
    ...(physical === undefined ? {} : { physical: hex(physical) }),
    ...(physicalBefore === undefined ? {} : { physicalBefore: hex(physicalBefore) }),
    from: letters(from),
    to: letters(to),
  };
}

function letters(flags: number): string {
  return flags === 0 ? '' : permissionText(permissionsOfFlags(flags));
}
