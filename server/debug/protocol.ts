/**
 * Sealscope's own part of the protocol, in typed form: the requests beyond the standard ones. The adapter checks
 * arguments against these shapes, clients (the extension) take their types from here, and PROTOCOL.md is generated
 * from it (test/server/debug/protocol.test.ts holds it to this file).
 *
 * 64-bit numbers travel as strings: `"0x…"` for addresses and values, decimal digits for steps.
 */
import {
  address,
  described,
  flag,
  integer,
  list,
  object,
  oneOf,
  optional,
  text,
  type Shape,
  type TypeOf,
} from './schema.ts';

/** What can be done about a refused store (DESIGN.md §4), in the order in which it is offered. */
export const actions = ['oops', 'retry', 'write-once', 'skip'] as const;
export type Action = (typeof actions)[number];

const hexadecimal = described('64-bit number: "0x…"', text);
const steps = described('Instructions retired by all harts, in decimal digits', text);
const permissions = described(
  'Letters r, w and x, "-" for what is not permitted, u for user pages: "r--"',
  text,
);
const place = object({
  pc: hexadecimal,
  function: described('Empty outside of all functions', text),
  path: optional(text),
  line: optional(integer(1)),
});

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

interface CustomRequest {
  readonly summary: string;
  readonly arguments: Shape<unknown>;
  readonly result: Shape<unknown>;
}

export const customRequests = {
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
  'sealscope/seals': {
    summary:
      'The regions that are or shall be sealed, each with who sealed it and which layer of detection says so.',
    arguments: object({}),
    result: object({
      degraded: described('A choice made a sealed page writable, and it has not been sealed since', flag),
      regions: list(
        object({
          name: text,
          start: hexadecimal,
          end: described('The first address behind the region: "0x…"', text),
          origin: described('Which layer named the region', oneOf('configuration', 'preset', 'observed')),
          source: described('The specification or the preset, for people', text),
          state: described('How far it is sealed', oneOf('open', 'partial', 'sealed', 'degraded')),
          linked: optional(described('As the image declares it', permissions)),
          sealedBy: optional(object({ step: steps, hart: integer(0), place })),
          holes: described(
            'Mappings that still permit writes',
            list(
              object({
                address: hexadecimal,
                permissions,
                why: oneOf('page-table', 'tlb'),
                harts: list(integer(0)),
              }),
            ),
          ),
        }),
      ),
    }),
  },
  'sealscope/pageTable': {
    summary: 'How a hart translates an address: each step of the walk, and what the leaf permits.',
    arguments: object({
      address: described('Virtual address', address),
      threadId: optional(described('Hart + 1; the one that stopped last by default', integer(1))),
    }),
    result: object({
      mode: oneOf('bare', 'sv39', 'sv48', 'sv57'),
      entries: list(
        object({
          level: described('0 is the level of 4 KiB pages', integer(0)),
          address: described('Physical address of the entry: "0x…"', text),
          value: hexadecimal,
          text: described('Its flags and where it leads', text),
        }),
      ),
      physical: optional(described('Missing where nothing is mapped', text)),
      page: optional(described('First address that the leaf maps', text)),
      pageSize: optional(described('Bytes that it maps', integer(1))),
      permissions: optional(permissions),
      stale: optional(described("What the hart's TLB remembers, where that differs", text)),
      linked: optional(described('As the image declares it', text)),
      problem: optional(described('Why it does not translate', text)),
    }),
  },
  'sealscope/sendInput': {
    summary: "Types at the guest's console.",
    arguments: object({
      text: described('Sent as UTF-8; a line ends with "\\n" or "\\r", as the guest likes', text),
    }),
    result: object({}),
  },
} as const satisfies Readonly<Record<`sealscope/${string}`, CustomRequest>>;

type CustomRequests = typeof customRequests;
export type CustomCommand = keyof CustomRequests;
export type CustomArguments<C extends CustomCommand> = TypeOf<CustomRequests[C]['arguments']>;
export type CustomResult<C extends CustomCommand> = TypeOf<CustomRequests[C]['result']>;
