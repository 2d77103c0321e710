/** Every refused store of the session. */
import { described, integer, list, object, oneOf, optional, text } from '../schema.ts';
import { hexadecimal, moment, place, steps, type CustomEvent, type CustomRequest } from './common.ts';

const action = oneOf('oops', 'retry', 'write-once', 'skip', 'log', 'ask', 'ignored');
const symbol = described('With its member: "cpu_caps.features[2]"; empty outside of all symbols', text);

const writes = described(
  'In the order in which each was first seen; bounded',
  list(
    object({
      id: described('The same as long as the session lives', integer(1)),
      symbol,
      address: hexadecimal,
      size: described('Bytes', integer(1)),
      place,
      hart: integer(0),
      oldValue: hexadecimal,
      newValue: hexadecimal,
      redundant: described(
        'Whether these stores would change nothing',
        oneOf('always', 'never', 'sometimes'),
      ),
      count: integer(1),
      firstStep: steps,
      lastStep: steps,
      actions: list(object({ action, count: integer(1) })),
      region: text,
      sealedBy: optional(moment),
      declared: optional(object({ path: text, line: integer(1) })),
      report: described('The diagnosis of the first one, as text', text),
    }),
  ),
);

export const sealedWriteRequests = {
  'sealscope/sealedWrites': {
    summary:
      'The refused stores of the session, one for each symbol and instruction; also answered while the guest runs.',
    arguments: object({}),
    result: object({ writes }),
  },
  'sealscope/exportSealedWrites': {
    summary:
      'The refused stores of the session as a text for a bug report; also answered while the guest runs.',
    arguments: object({ format: oneOf('markdown', 'json') }),
    result: object({ text }),
  },
} as const satisfies Readonly<Record<`sealscope/${string}`, CustomRequest>>;

export const sealedWriteEvents = {
  'sealscope/sealedWrite': {
    summary: 'A store was refused, or one that waited for a choice has it.',
    body: object({
      id: described('As `sealscope/sealedWrites` numbers them', integer(1)),
      symbol,
      count: described('Refused stores of this symbol and instruction so far', integer(1)),
      action: described('`ask`: it waits for a choice', action),
    }),
  },
  'sealscope/sealedWritesAtEnd': {
    summary:
      'Comes before `exited` if stores were refused: how the list stands, and the exports. Clients that leave at `exited` could not ask any more.',
    body: object({ writes, markdown: text, json: text }),
  },
} as const satisfies Readonly<Record<`sealscope/${string}`, CustomEvent>>;
