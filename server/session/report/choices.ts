/** What can be done about a refused store, and what follows from it here. */
import type { SealChoice } from '../../sealing/choice.ts';
import type { RefusedStore } from '../../sealing/refusedStore.ts';
import { counted, sizeText } from './format.ts';

/** `log` is a policy for a whole run; the others can be chosen at one store. */
export type OfferedChoice = Exclude<SealChoice, 'log'>;

export interface Choice {
  readonly action: OfferedChoice;
  /** What happens, in a line. */
  readonly consequence: string;
  /** Why not, or what it costs: the gravest first, since lists cut off the end. */
  readonly caution?: string | undefined;
}

const namesShown = 3;

/** The choices in the order in which they are offered: the architecture's own first, the unsafe one last. */
export function choicesFor(refused: RefusedStore): Choice[] {
  const skip: Choice = {
    action: 'skip',
    consequence: 'step over the store and drop its value',
    caution:
      'unsafe: a dropped write may help an exploit (PaX Team)' +
      (refused.redundant ? '; this one is redundant and would drop nothing' : ''),
  };
  if (refused.bypass !== undefined)
    return [
      {
        action: 'write-once',
        consequence: 'let the store happen, as the hardware does; the way past the seal stays open',
      },
      {
        action: 'oops',
        consequence:
          "raise the store page fault that the seal would have raised; the guest's own handler decides",
        caution: 'the hardware raises none: from here on the run is not what it would be there',
      },
      skip,
    ];
  if (refused.whatIf !== undefined)
    return [
      {
        action: 'oops',
        consequence: "raise the store page fault of a read-only page; the guest's own handler decides",
        caution: 'the page is writable: a handler that looks at its tables finds nothing wrong',
      },
      {
        action: 'retry',
        consequence: `drop the what-if seal of ${refused.region.name} and store; nothing else loses its seal`,
      },
      { action: 'write-once', consequence: 'let this one store through; the what-if seal stays' },
      skip,
    ];
  return [
    {
      action: 'oops',
      consequence: "deliver the store page fault; the guest's own handler decides, as on hardware",
    },
    {
      action: 'retry',
      consequence: "set W in the leaf PTE, flush every hart's TLB, store again; the page stays open",
      caution: `${exposure(refused)}; marks the run degraded`,
    },
    { action: 'write-once', consequence: 'let this one store through; the page stays sealed' },
    skip,
  ];
}

function exposure({ page, neighbours }: RefusedStore): string {
  const opened = `${sizeText(page.size)} writable again`;
  const exposed = neighbours.filter(({ inRegion }) => inRegion).map(({ name }) => name);
  if (exposed.length === 0) return `${opened}, no other sealed symbol on the page`;
  const names = exposed.slice(0, namesShown).join(', ') + (exposed.length > namesShown ? '…' : '');
  return `${counted(exposed.length, 'other symbol')} ${exposed.length === 1 ? 'loses' : 'lose'} protection: ${names}; ${opened}`;
}
