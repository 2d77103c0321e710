/** Windows: when sealed memory could be written, what broke a rule, and who could have raced. */
import { described, flag, integer, list, object, oneOf, optional, text } from '../schema.ts';
import { hexadecimal, moment, place, steps, type CustomEvent, type CustomRequest } from './common.ts';

const symbol = object({ name: text, address: hexadecimal, size: described('Bytes', integer(0)) });
const store = object({
  step: steps,
  hart: integer(0),
  place,
  address: hexadecimal,
  object: optional(described('What it hits: "limits+0x10"', text)),
  size: described('Bytes', integer(1)),
  oldValue: hexadecimal,
  newValue: hexadecimal,
});
const violation = object({
  number: described('From 1, in the order of the run', integer(1)),
  kind: described(
    '`opener`: opened by code that may not; `length`: open for too long; `shared`: other harts could write, too',
    oneOf('opener', 'length', 'shared'),
  ),
  window: described('Its number', integer(1)),
  step: steps,
  hart: integer(0),
  place,
  text,
});
const windowNumber = described('From 1, in the order of the run', integer(1));

export const windowRequests = {
  'sealscope/windows': {
    summary:
      'The windows of the run, in which sealed memory could be written, and what broke a rule; also answered while the guest runs.',
    arguments: object({
      first: optional(described('How many of the known windows to pass over', integer(0))),
      count: optional(described('Windows at most: 100 by default', integer(1))),
    }),
    result: object({
      total: described('Windows that there were', integer(0)),
      known: described(
        'Windows that can be asked for: of very many the first and the latest ones',
        integer(0),
      ),
      histogram: described(
        'Closed windows by length: entry n counts those of 2^n to 2^(n+1) - 1 steps',
        list(integer(0)),
      ),
      windows: list(
        object({
          number: windowNumber,
          opened: moment,
          opener: described('The function that meant to open it', place),
          allowedBy: optional(described('The function by which a rule allows it', text)),
          length: described('Steps that it was open, or has been open', steps),
          pages: described(
            'Bounded; `pageCount` says how many there were',
            list(
              object({
                address: hexadecimal,
                sealedAt: described('Where the frame was sealed: "0x…"', text),
                kind: oneOf('home', 'alias'),
                user: flag,
              }),
            ),
          ),
          pageCount: integer(0),
          storeCount: integer(0),
          harts: described('That could write', list(integer(0))),
          closed: optional(object({ moment, byOpener: flag })),
          crossings: described(
            'What the opener went through while it was open',
            list(object({ kind: oneOf('return', 'trap', 'switch'), step: steps })),
          ),
          staleHarts: described('Whose TLB still permits stores although it is closed', list(integer(0))),
          violations: list(oneOf('opener', 'length', 'shared')),
        }),
      ),
      violations: described('Bounded', list(violation)),
      violationCount: integer(0),
      dma: described(
        'What devices wrote to sealed memory, past all page tables; bounded',
        list(
          object({
            step: steps,
            device: text,
            physical: hexadecimal,
            length: described('Bytes', integer(1)),
            region: optional(text),
            symbols: list(symbol),
          }),
        ),
      ),
    }),
  },
  'sealscope/window': {
    summary: 'One window: the stores inside and the sealed objects that it exposed.',
    arguments: object({ window: windowNumber }),
    result: object({
      stores: described('The first ones', list(store)),
      exposed: described('Sealed objects on its pages, by address; bounded', list(symbol)),
      stack: described('Of the opener, innermost first', list(place)),
      text: described('All of it for people, in lines', text),
    }),
  },
  'sealscope/races': {
    summary:
      'Explores the races into a window on a machine of its own: what other harts could write at each step, and whose stores land when seeds draw the lengths of turns.',
    arguments: object({
      window: windowNumber,
      runs: optional(described('Interleavings: 16 by default', integer(1))),
      seed: optional(described('Of the first interleaving: 1 by default', integer(1))),
    }),
    result: object({
      reach: list(
        object({
          hart: integer(0),
          by: oneOf('page-table', 'tlb', 'bare'),
          first: described('In steps from the opening, like `last`', steps),
          last: steps,
          samples: described('Moments that were looked at', integer(0)),
          landing: described('Those at which a store would have landed', integer(0)),
        }),
      ),
      runs: list(
        object({
          seed: integer(1),
          stores: described('Of other harts, that landed; bounded', list(store)),
          storeCount: integer(0),
          length: described('Steps to the closing, or to where the run was given up', steps),
          closed: flag,
          stateHash: optional(described('Of the machine at the end: the same for the same seed', text)),
        }),
      ),
    }),
  },
} as const satisfies Readonly<Record<`sealscope/${string}`, CustomRequest>>;

export const windowEvents = {
  'sealscope/violation': {
    summary: 'A window breaks a rule.',
    body: violation,
  },
} as const satisfies Readonly<Record<`sealscope/${string}`, CustomEvent>>;
