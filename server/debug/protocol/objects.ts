/** Write-once memory: objects with their lives, their pages, and the rules that were broken. */
import { WRITE_ONCE_CHECKS, type WriteOnceCheck } from '../../sealing/writeOnce/check.ts';
import { address, described, flag, integer, list, object, oneOf, optional, text } from '../schema.ts';
import { hexadecimal, moment, place, steps, type CustomEvent, type CustomRequest } from './common.ts';

const check = described('Which rule', oneOf(...(Object.keys(WRITE_ONCE_CHECKS) as WriteOnceCheck[])));
const state = oneOf('allocated', 'initialising', 'sealed', 'freeing', 'freed');
const size = described('Bytes', integer(1));
export const PORTION = 200;
const portion = {
  first: optional(described('Index of the first one wanted', integer(0), 0)),
  count: optional(described('At most so many', integer(1, 1000), PORTION)),
};

export const objectRequests = {
  'sealscope/objects': {
    summary:
      'Objects of write-once memory by address, each with what has become of it; also answered while the guest runs.',
    arguments: object({
      ...portion,
      page: optional(described('Only those that touch the page of this address', address)),
    }),
    result: object({
      memories: described(
        'Names of the specifications that are watched; empty without write-once memory',
        list(text),
      ),
      complete: described('False when there were more objects than are followed', flag),
      total: integer(0),
      objects: list(
        object({
          address: hexadecimal,
          size,
          memory: text,
          cache: optional(text),
          state,
          lives: described('How often it was allocated', integer(0)),
          stores: described('That landed in it', integer(0)),
          events: described(
            'Its lane, oldest first',
            list(
              object({
                kind: oneOf('allocated', 'initialising', 'sealed', 'freed', 'violation'),
                step: steps,
                hart: integer(0),
                place,
                life: described('From 1', integer(0)),
                check: optional(check),
              }),
            ),
          ),
          droppedEvents: described('Older events that are no longer kept', integer(0)),
        }),
      ),
    }),
  },
  'sealscope/objectPages': {
    summary:
      'Pages that hold objects of write-once memory, as a heat map of stores, and what sharing pages costs; also answered while the guest runs.',
    arguments: object(portion),
    result: object({
      total: integer(0),
      pages: list(
        object({
          address: hexadecimal,
          physical: hexadecimal,
          live: integer(0),
          stores: integer(0),
          strayStores: described('That hit no object', integer(0)),
          open: described('Whether somebody can write to it now', flag),
          objects: list(object({ address: hexadecimal, size, state, stores: integer(0) })),
        }),
      ),
      fragmentation: object({
        pages: integer(0),
        heldByOne: described('Pages with exactly one live object', integer(0)),
        empty: described('Pages without a live object', integer(0)),
        liveObjects: integer(0),
        liveBytes: described('Decimal digits', text),
        allocatedBytes: described('Of all pages, decimal digits', text),
        onePerPage: described(
          'If every live object had pages of its own',
          object({ pages: integer(0), bytes: described('Decimal digits', text) }),
        ),
      }),
    }),
  },
  'sealscope/objectViolations': {
    summary:
      'Rules of write-once memory that were broken, in the order in which each was first seen; also answered while the guest runs.',
    arguments: object({}),
    result: object({
      violations: list(
        object({
          id: described('The same as long as the session lives', integer(1)),
          check,
          memory: text,
          story: described('One line', text),
          moment: described('The first one', moment),
          cause: described(
            'Who did it, where the hart itself stands in a helper or in the function called',
            place,
          ),
          object: optional(object({ address: hexadecimal, size, life: integer(0), cache: optional(text) })),
          page: hexadecimal,
          access: optional(
            object({
              kind: oneOf('load', 'store', 'amo', 'sc'),
              address: hexadecimal,
              size,
              oldValue: hexadecimal,
              newValue: hexadecimal,
              landed: described('False where a page table refused it', flag),
            }),
          ),
          harts: optional(described('That can write, or whose TLB was not told', list(integer(0)))),
          count: integer(1),
          lastStep: steps,
        }),
      ),
    }),
  },
} as const satisfies Readonly<Record<`sealscope/${string}`, CustomRequest>>;

export const objectEvents = {
  'sealscope/objectViolation': {
    summary: 'A rule of write-once memory was broken, in this way for the first time.',
    body: object({
      id: described('As `sealscope/objectViolations` numbers them', integer(1)),
      check,
      story: text,
    }),
  },
} as const satisfies Readonly<Record<`sealscope/${string}`, CustomEvent>>;
