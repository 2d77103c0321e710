/** What-if seals: bytes that are refused to every store although no page is sealed. */
import { address, described, flag, integer, list, object, oneOf, optional, text } from '../schema.ts';
import { hexadecimal, place, steps, type CustomEvent, type CustomRequest } from './common.ts';

export const PORTION = 200;
const id = described('The same as long as the session lives', integer(1));
const count = described('Stores', integer(0));

export const whatIfRequests = {
  'sealscope/whatIf': {
    summary: 'What became of every what-if seal so far; also answered while the guest runs.',
    arguments: object({
      first: optional(described('Index of the first one wanted', integer(0), 0)),
      count: optional(described('At most so many', integer(1, 1000), PORTION)),
    }),
    result: object({
      after: described('The moment from which on they hold, as `whatIfAfter` says it', text),
      since: optional(described('Since when they hold, in words; missing while they do not', text)),
      total: integer(0),
      seals: list(
        object({
          id,
          spec: described('As it was asked for', text),
          address: hexadecimal,
          size: described('Bytes', integer(1)),
          symbol: optional(text),
          type: optional(text),
          declared: optional(object({ path: text, line: integer(1) })),
          state: described('`dropped`: a `retry` gave it up', oneOf('waiting', 'sealed', 'dropped')),
          verdict: described(
            'What it could be annotated with after this run alone; `unknown` while it does not hold',
            oneOf('ro_after_init', 'const', 'redundant', 'written', 'unknown'),
          ),
          before: object({ stores: count, changes: count, last: optional(place) }),
          after: object({ stores: count, changes: count, first: optional(place) }),
          writers: described(
            'Instructions that stored to it since',
            list(
              object({
                place,
                hart: integer(0),
                step: described('Of the first store', steps),
                count: integer(1),
                redundant: oneOf('always', 'never', 'sometimes'),
                stack: described('Of the first store, innermost first', list(place)),
              }),
            ),
          ),
        }),
      ),
    }),
  },
  'sealscope/whatIfAdd': {
    summary: 'Seals more, from the same moment on as the others; where there were none, from now on.',
    arguments: object({
      expression: optional(
        described('A what-if specification or a C expression, as "cpu_caps.features[2]"', text),
      ),
      address: optional(described('Instead of an expression, with `length`', address)),
      length: optional(described('Bytes', integer(1))),
    }),
    result: object({ ids: list(id) }),
  },
  'sealscope/whatIfRemove': {
    summary: 'Takes what-if seals away.',
    arguments: object({ ids: list(id) }),
    result: object({}),
  },
  'sealscope/whatIfSeal': {
    summary: 'What-if seals hold from now on, whatever moment they wait for.',
    arguments: object({}),
    result: object({ sealed: described('False: there are none', flag) }),
  },
} as const satisfies Readonly<Record<`sealscope/${string}`, CustomRequest>>;

export const whatIfEvents = {
  'sealscope/whatIfSealed': {
    summary: 'What-if seals hold from now on.',
    body: object({ step: steps, since: described('In words', text), seals: integer(0) }),
  },
} as const satisfies Readonly<Record<`sealscope/${string}`, CustomEvent>>;
