/** What became of what-if seals, as a Markdown document. Knows no VS Code. */
import type { CustomResult } from '../../server/debug/protocol.ts';
import { codeSpan, plainText } from '../../server/session/report/markdown.ts';

export type WhatIf = CustomResult<'sealscope/whatIf'>;
export type WhatIfSeal = WhatIf['seals'][number];
type Writer = WhatIfSeal['writers'][number];
type Place = Writer['place'];

const verdicts: Readonly<Record<WhatIfSeal['verdict'], string>> = {
  ro_after_init: 'not written since: could be `__ro_after_init`',
  const: 'never changed: could be `const`',
  redundant: 'written since, always with the value that was there',
  written: 'written since',
  unknown: 'does not hold yet',
};

/** The name of a seal for people. */
export const nameOf = ({ symbol, spec }: WhatIfSeal): string => symbol ?? spec;

export const verdictText = ({ verdict, state }: WhatIfSeal): string =>
  state === 'dropped' ? `given up by a retry; ${verdicts[verdict]}` : verdicts[verdict];

export function reportOf({ after, since, seals }: WhatIf): string {
  const hold =
    since === undefined
      ? `They do not hold yet: they wait for the moment ${codeSpan(after)}.`
      : `They hold since ${plainText(since)}.`;
  const written = seals.filter(({ writers }) => writers.length > 0);
  const lines =
    seals.length === 0
      ? ['Nothing is sealed what-if.']
      : [
          `${hold} What was not written since was not written in this run; that does not make it safe.`,
          '',
          '| Sealed | Bytes | Declared | Verdict | Changes before | Stores since |',
          '| --- | ---: | --- | --- | ---: | ---: |',
          ...seals.map(rowOf),
          ...written.flatMap(writersOf),
        ];
  return `${['# What-if seals', '', ...lines].join('\n')}\n`;
}

function rowOf(seal: WhatIfSeal): string {
  const { address, size, declared, before, after } = seal;
  const cells = [
    `${codeSpan(nameOf(seal))} ${address}`,
    String(size),
    declared === undefined ? '' : plainText(`${declared.path}:${declared.line}`),
    verdictText(seal),
    String(before.changes),
    String(after.stores),
  ];
  return `| ${cells.join(' | ')} |`;
}

function writersOf(seal: WhatIfSeal): string[] {
  return ['', `## Who writes ${codeSpan(nameOf(seal))}`, '', ...seal.writers.flatMap(writerLines)];
}

const redundancy: Readonly<Record<Writer['redundant'], string>> = {
  always: ', always with the value that was there',
  sometimes: ', sometimes with the value that was there',
  never: '',
};

function writerLines({ place, hart, step, count, redundant, stack }: Writer): string[] {
  const times = count === 1 ? 'once' : `${count} times`;
  return [
    `- ${placeText(place)}, ${times}${redundancy[redundant]}; first at step ${step} on hart ${hart}`,
    ...stack.slice(1).map((caller) => `  - called from ${placeText(caller)}`),
  ];
}

function placeText({ pc, function: name, path, line }: Place): string {
  const at = path === undefined || line === undefined ? '' : ` at ${plainText(`${path}:${line}`)}`;
  return `${codeSpan(name === '' ? pc : name)}${at}`;
}
