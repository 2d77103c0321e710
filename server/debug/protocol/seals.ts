/** Regions, the phases of a run, and running to a seal. */
import { described, flag, integer, list, object, oneOf, optional, text } from '../schema.ts';
import {
  hexadecimal,
  moment,
  permissions,
  place,
  sealState,
  steps,
  type CustomEvent,
  type CustomRequest,
} from './common.ts';

const currentPhase = described(
  '`unsealed`: there is nothing to seal, or the guest took all seals off again',
  oneOf('booting', 'sealed', 'partly-sealed', 'degraded', 'unsealed'),
);

export const sealRequests = {
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
          origin: described(
            'Which layer named the region',
            oneOf('configuration', 'preset', 'observed', 'whatIf'),
          ),
          source: described('The specification or the preset, for people', text),
          state: sealState,
          linked: optional(described('As the image declares it', permissions)),
          sealedBy: optional(moment),
          layer: optional(described('What refuses stores to a sealed region', oneOf('page-table', 'pmp'))),
          holes: described(
            'What keeps it from being sealed: mappings, TLB entries, harts without paging, PMP entries',
            list(
              object({
                address: hexadecimal,
                permissions,
                why: oneOf('page-table', 'tlb', 'no-paging', 'pmp'),
                harts: list(integer(0)),
                text: described('The hole by name, in a sentence', text),
              }),
            ),
          ),
        }),
      ),
    }),
  },
  'sealscope/phases': {
    summary:
      'What the run went through so far, from boot to seal to fault; also answered while the guest runs.',
    arguments: object({}),
    result: object({
      current: currentPhase,
      phases: described(
        'Oldest first; bounded: of very many the first and the latest ones',
        list(
          object({
            kind: oneOf(
              'boot',
              'sealed',
              'partly-sealed',
              'degraded',
              'reopened',
              'resealed',
              'suspend',
              'resume',
              'hotplug',
              'fault',
              'exit',
            ),
            step: steps,
            hart: optional(integer(0)),
            text: described('"sealed by seal_kernel (hart 0)"', text),
            place: optional(place),
          }),
        ),
      ),
    }),
  },
  'sealscope/runToSeal': {
    summary:
      'Lets the guest run until the next region is sealed, which stops it as `stopAtSeal` does: a `continued` event follows the response.',
    arguments: object({}),
    result: object({}),
  },
  'sealscope/stopAtSeal': {
    summary: 'Switches the launch attribute `stopAtSeal`; also answered while the guest runs.',
    arguments: object({ enabled: flag }),
    result: object({ enabled: flag }),
  },
} as const satisfies Readonly<Record<`sealscope/${string}`, CustomRequest>>;

export const sealEvents = {
  'sealscope/phase': {
    summary: 'A phase of the run has begun.',
    body: object({ current: currentPhase, text: described('The phase that began, in a line', text) }),
  },
} as const satisfies Readonly<Record<`sealscope/${string}`, CustomEvent>>;
