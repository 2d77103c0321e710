/** From names and expressions to memory: for jumps, hovers and watches; and the guest's console. */
import { address, described, flag, integer, list, object, optional, text } from '../schema.ts';
import { flags, hexadecimal, moment, type CustomRequest } from './common.ts';

export const placeRequests = {
  'sealscope/locate': {
    summary: 'Where an expression or an address lies in memory.',
    arguments: object({
      expression: optional(described('C expression of an object or of a pointer', text)),
      frameId: optional(described('Frame of the expression; the innermost one by default', integer())),
      address: optional(described('Instead of an expression', address)),
    }),
    result: object({
      address: hexadecimal,
      size: optional(described('Bytes', integer(0))),
      symbol: optional(described('"cpu_caps+0x8"', text)),
      section: optional(text),
      page: described('First address of its page: "0x…"', text),
      mapped: flag,
      problem: optional(described('Why it is not mapped', text)),
    }),
  },
  'sealscope/watchWrites': {
    summary: 'Stops the guest before every write to some bytes, whatever else the client asks to watch.',
    arguments: object({
      address: described('Virtual address', address),
      size: described('Bytes', integer(1, 65536)),
      name: optional(described('For the text of the stop', text)),
    }),
    result: object({ id: integer(1), text }),
  },
  'sealscope/unwatchWrites': {
    summary: 'Takes a watch off again.',
    arguments: object({ id: integer(1) }),
    result: object({}),
  },
  'sealscope/watches': {
    summary: 'The watches of `sealscope/watchWrites`; also answered while the guest runs.',
    arguments: object({}),
    result: object({
      watches: list(
        object({
          id: integer(1),
          text,
          address: hexadecimal,
          size: described('Bytes', integer(1)),
          hits: described('How often it has stopped the guest', integer(0)),
        }),
      ),
    }),
  },
  'sealscope/describe': {
    summary: 'What is known of a symbol, statically and now: for hovers.',
    arguments: object({
      name: optional(described('As the sources write it', text)),
      address: optional(described('Instead of a name', address)),
    }),
    result: object({
      found: described('False: there is no such symbol, and the rest is missing', flag),
      name: optional(text),
      address: optional(hexadecimal),
      size: optional(described('Bytes', integer(0))),
      kind: optional(described('"object", "function" or "label"', text)),
      section: optional(text),
      region: optional(described('The region that it is sealed with', text)),
      policy: optional(described('Who says that it shall be sealed', text)),
      page: optional(described('First address of its page: "0x…"', text)),
      pageFlags: optional(described('Of its page now; missing where it is not mapped', flags)),
      neighbours: optional(described('Other symbols of its page; bounded', list(text))),
      neighbourCount: optional(integer(0)),
      sealedBy: optional(moment),
      firstWriter: optional(moment),
      lastWriter: optional(moment),
      value: optional(described('As the debugger shows it', text)),
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
