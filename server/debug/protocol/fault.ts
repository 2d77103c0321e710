/** The refused store that waits, and the choice about it. */
import { described, flag, integer, list, object, oneOf, optional, text } from '../schema.ts';
import { hexadecimal, type CustomRequest } from './common.ts';

/** What can be done about a refused store (DESIGN.md §4), in the order in which it is offered. */
export const actions = ['oops', 'retry', 'write-once', 'skip'] as const;
export type Action = (typeof actions)[number];

const choice = object({
  action: oneOf(...actions),
  consequence: described('What happens, in a line', text),
  caution: optional(described('What it costs, or why not', text)),
});

const factMembers = {
  name: text,
  value: text,
  address: optional(hexadecimal),
  path: optional(described('Source that the value speaks of', text)),
  line: optional(integer(1)),
};

export const faultRequests = {
  'sealscope/fault': {
    summary: 'The store that a seal refuses and that waits for a choice, with its report and the choices.',
    arguments: object({}),
    result: object({
      pending: described('False: no store waits, and the rest is missing', flag),
      threadId: optional(integer(1)),
      chosen: optional(described('What happens if the guest goes on now', text)),
      report: optional(described('The diagnosis as text, as the command line prints it', text)),
      choices: optional(list(choice)),
      facts: optional(
        described(
          'What is known of the store, in the order in which one reads it',
          list(object({ ...factMembers, below: list(object(factMembers)) })),
        ),
      ),
    }),
  },
  'sealscope/resolveFault': {
    summary:
      'Chooses what happens to the refused store and lets the guest run on: a `continued` event follows the response.',
    arguments: object({
      action: described('The choice; DESIGN.md §4 defines each', oneOf(...actions)),
      resume: optional(
        described('False: only choose, and stay stopped; any command then goes on with it', flag, true),
      ),
    }),
    result: object({ action: oneOf(...actions) }),
  },
} as const satisfies Readonly<Record<`sealscope/${string}`, CustomRequest>>;
