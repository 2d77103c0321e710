/** The permission timeline: what changed on which pages, when, and who did it. */
import { address, described, flag, integer, list, object, oneOf, optional, text } from '../schema.ts';
import { hexadecimal, place, steps, type CustomRequest } from './common.ts';

export const PORTION = 200;
export const PARTS = 200;

const end = described('The first address behind it: "0x…"', text);
const kind = described(
  '`split`, `merge`: a leaf became a table, or the other way, with the same permissions; `remap`: other frames',
  oneOf('map', 'unmap', 'change', 'remap', 'split', 'merge'),
);
const cause = described(
  'A store to a page table; a switch of page tables; a PMP entry (then addresses are guest-physical); a debugger or device',
  oneOf('store', 'satp', 'pmp', 'debugger'),
);
const before = described('What it was; empty where nothing was mapped', text);
const after = described('What it is; empty where nothing is mapped', text);
const count = optional(described('At most so many', integer(1, 1000), PORTION));
const step = optional(described('In decimal digits', address));

const event = object({
  serial: described('From 0 in the order of time', integer(0)),
  step: steps,
  hart: integer(0),
  cause,
  kind,
  satp: described('The page tables, without ASID; what several share is told under one of them', hexadecimal),
  start: hexadecimal,
  end,
  symbol: optional(described('What lies at the start: "slab_page+0x40"', text)),
  physical: optional(hexadecimal),
  physicalBefore: optional(hexadecimal),
  from: before,
  to: after,
  place,
  by: described('The innermost function that is no page-table helper', place),
  stack: described(
    'Innermost first; empty where it was not recorded: of user pages, and of instructions that map very often',
    list(place),
  ),
});

export const timelineRequests = {
  'sealscope/timeline': {
    summary:
      'Permission changes of the run, newest first, in portions; also answered while the guest runs. `parts` is for a scrubber.',
    arguments: object({
      before: optional(described('Only serials below this one: of the last event of a portion', integer(0))),
      count,
      start: optional(
        described('Only those that touch [start, end); `end` is start + 1 by default', address),
      ),
      end: optional(address),
      frame: optional(described('Only those of the frame with this guest-physical address', address)),
      from: step,
      to: step,
      kinds: optional(list(kind)),
      causes: optional(list(cause)),
      write: optional(
        described('Only those that gave, or took, the permission to store', oneOf('gained', 'lost')),
      ),
      writeAndExecute: optional(described('Only those that leave pages writable and executable', flag)),
      supervisor: optional(described("Only those of pages that are not the user's", flag)),
      parts: optional(
        described('Count events in so many equal parts of the run; 0 for none', integer(0, 2000), PARTS),
      ),
    }),
    result: object({
      events: list(event),
      more: flag,
      completeFrom: described('From this step on nothing is missing', steps),
      supervisorCompleteFrom: described("The same for pages that are not the user's", steps),
      exhaustive: described('False once page tables were too many to be followed to the last', flag),
      parts: object({
        from: steps,
        width: described('Steps of each part', steps),
        counts: list(object({ events: integer(0), gained: integer(0), lost: integer(0) })),
      }),
      phases: list(object({ step: steps, kind: text, text })),
    }),
  },
  'sealscope/permissionHistory': {
    summary:
      "A page's past: who gave it, and who took from it, the permission to store last, and all its changes, newest first.",
    arguments: object({ address, count }),
    result: object({
      gained: optional(event),
      lost: optional(event),
      events: list(event),
      more: flag,
      completeFrom: steps,
    }),
  },
  'sealscope/permissionDifference': {
    summary: 'What pages permit after step `to` that they did not after step `from`, or the other way.',
    arguments: object({
      from: described('Step, in decimal digits', address),
      to: optional(described('Step, in decimal digits; now by default', address)),
      first: optional(described('Index of the first one wanted', integer(0), 0)),
      count,
    }),
    result: object({
      total: integer(0),
      completeFrom: steps,
      differences: list(
        object({
          satp: hexadecimal,
          start: hexadecimal,
          end,
          symbol: optional(text),
          from: before,
          to: after,
          physicalBefore: optional(hexadecimal),
          physical: optional(hexadecimal),
          last: described('The last change in between', event),
        }),
      ),
    }),
  },
} as const satisfies Readonly<Record<`sealscope/${string}`, CustomRequest>>;
