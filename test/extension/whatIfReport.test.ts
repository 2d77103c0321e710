import { describe, expect, it } from 'vitest';
import { type WhatIfSeal, reportOf } from '../../extension/whatIf/report.ts';

const place = (name: string, line: number): WhatIfSeal['writers'][number]['place'] => ({
  ...{ pc: '0x80200000', function: name, path: '/src/smp.c', line },
});

const seal = (more: Partial<WhatIfSeal>): WhatIfSeal => ({
  ...{ id: 1, spec: 'limits', address: '0x80400000', size: 8, state: 'sealed', verdict: 'ro_after_init' },
  ...{ before: { stores: 3, changes: 2 }, after: { stores: 0, changes: 0 }, writers: [] },
  ...more,
});

const writer: WhatIfSeal['writers'][number] = {
  ...{ place: place('smp_init', 40), hart: 1, step: '1234', count: 3, redundant: 'sometimes' },
  stack: [place('smp_init', 40), place('resume', 9)],
};

describe('The report on what-if seals', () => {
  it.each<[string, Parameters<typeof reportOf>[0], RegExp]>([
    ['says when nothing is sealed', { after: 'seal', total: 0, seals: [] }, /Nothing is sealed what-if\./],
    [
      'says what they wait for',
      { after: 'call late_init', total: 1, seals: [seal({ state: 'waiting', verdict: 'unknown' })] },
      /wait for the moment `call late_init`[^]*does not hold yet/,
    ],
    [
      'never calls anything safe',
      { after: 'seal', since: 'step 5', total: 1, seals: [seal({})] },
      /They hold since step 5\. What was not written since was not written in this run; that does not make it safe\.\n\n\| Sealed[^]*\| `limits` 0x80400000 \| 8 \| {2}\| not written since: could be `__ro_after_init` \| 2 \| 0 \|/,
    ],
    [
      'names the writers and who called them',
      {
        ...{ after: 'seal', since: 'step 5', total: 1 },
        seals: [seal({ verdict: 'written', after: { stores: 3, changes: 2 }, writers: [writer] })],
      },
      /## Who writes `limits`\n\n- `smp_init` at \/src\/smp\.c:40, 3 times, sometimes with the value that was there; first at step 1234 on hart 1\n {2}- called from `resume` at \/src\/smp\.c:9\n/,
    ],
    [
      'keeps names of the image text',
      { after: 'seal', total: 1, seals: [seal({ symbol: 'a`|b' })] },
      /`a'\\?\|b`/,
    ],
  ])('%s', (_, whatIf, expected) => {
    expect(reportOf(whatIf)).toMatch(expected);
  });
});
