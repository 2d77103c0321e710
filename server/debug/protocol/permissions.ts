/** Address spaces: mappings, pages, translations, and what changed in them from stop to stop. */
import {
  address,
  described,
  endAddress,
  flag,
  integer,
  list,
  object,
  oneOf,
  optional,
  text,
} from '../schema.ts';
import {
  flags,
  hexadecimal,
  moment,
  pagingMode,
  permissions,
  sealState,
  steps,
  threadId,
  type CustomRequest,
} from './common.ts';

const since = described(
  'Ordinal of the stop to compare with; the previous one by default, 0 for none',
  integer(0),
);

const change = object({
  from: described('What it was: flags, or empty where nothing was mapped; a and d alone do not count', text),
  movedFrom: optional(described('Guest-physical address that it led to, if another one: "0x…"', text)),
  isDegraded: optional(described('A sealed page became writable', flag)),
});

const seal = object({ region: text, state: sealState, sealedBy: optional(moment) });

const end = described('The first address behind it: "0x…"', text);

export const permissionRequests = {
  'sealscope/permissions': {
    summary:
      "The address space of a hart, merged as QEMU's `info mem` merges (contiguous addresses on both sides, same flags), and cut where the linked permissions, the seal or the change differ.",
    arguments: object({ threadId: optional(threadId), since: optional(since) }),
    result: object({
      stop: described('Ordinal of the stop that the guest stands at, from 1', integer(1)),
      stops: described(
        'Stops that can be compared with, newest last; bounded',
        list(object({ ordinal: integer(1), step: steps, text })),
      ),
      since: described(
        'The stop compared with; 0 for none, and where one of the two does not translate',
        integer(0),
      ),
      hart: integer(0),
      mode: pagingMode,
      satp: optional(hexadecimal),
      complete: described('False: there are more mappings than are told', flag),
      mappings: list(
        object({
          start: hexadecimal,
          end,
          physical: described('Guest-physical address of `start`: "0x…"', text),
          pageSize: described(
            'Bytes that a leaf maps, the smallest of them where they differ',
            integer(4096),
          ),
          flags,
          name: optional(described('"linear map", "identity map"', text)),
          linked: optional(described('As the image declares it', permissions)),
          seal: optional(seal),
          sections: described('Sections of the image that lie here', list(text)),
          aliases: described(
            'Other mappings of the same frames: up to 8, in very long lists the first one',
            list(object({ start: hexadecimal, permissions, name: optional(text) })),
          ),
          aliasCount: integer(0),
          change: optional(change),
          fault: optional(described('The refused store that waits hits this', flag)),
        }),
      ),
      removed: described(
        'What was mapped at the stop compared with, and is not any more',
        list(object({ start: hexadecimal, end, physical: hexadecimal, flags })),
      ),
    }),
  },
  'sealscope/pages': {
    summary: 'Pages inside an address range, with the symbols that lie on each.',
    arguments: object({
      start: described('Virtual address', address),
      end: described('The first address behind the range', endAddress),
      first: optional(described('How many pages to pass over', integer(0), 0)),
      count: optional(described('How many pages to tell', integer(1, 512), 512)),
      threadId: optional(threadId),
      since: optional(since),
    }),
    result: object({
      total: described('Mapped pages in the range', integer(0)),
      pages: list(
        object({
          address: hexadecimal,
          size: described('Bytes of its leaf that lie in the range', integer(1)),
          physical: hexadecimal,
          flags,
          linked: optional(permissions),
          seal: optional(seal),
          change: optional(change),
          symbolCount: integer(0),
          symbols: described(
            'By address; bounded',
            list(
              object({
                name: text,
                address: hexadecimal,
                size: integer(0),
                sealed: described('Lies in a region that is or shall be sealed', flag),
              }),
            ),
          ),
          fault: optional(
            described('"store refused: cpu_caps.features[2] 0x15 → 0x15", where one waits', text),
          ),
        }),
      ),
    }),
  },
  'sealscope/find': {
    summary: "Places by address, expression, part of a symbol's name, section or region; best first.",
    arguments: object({ query: text, limit: optional(integer(1, 50)) }),
    result: object({
      hits: list(
        object({
          label: text,
          detail: text,
          kind: oneOf('symbol', 'section', 'address', 'region'),
          address: hexadecimal,
          size: optional(integer(0)),
          mapped: flag,
        }),
      ),
    }),
  },
  'sealscope/pageTable': {
    summary: 'How a hart translates an address: each step of the walk, and what the leaf permits.',
    arguments: object({
      address: described('Virtual address', address),
      threadId: optional(threadId),
    }),
    result: object({
      mode: pagingMode,
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
} as const satisfies Readonly<Record<`sealscope/${string}`, CustomRequest>>;
