import { describe, expect, it } from 'vitest';
import { expressionAt } from '../../extension/jump/expressionAt.ts';

/** The cursor is at `|`. */
const cases: [string, string | undefined][] = [
  ['|cpu_caps = 1;', 'cpu_caps'],
  ['cpu_c|aps.features[2].bits = pm;', 'cpu_caps'],
  ['cpu_caps.feat|ures[2].bits = pm;', 'cpu_caps.features[2]'],
  ['cpu_caps.features[FEATURE_|PM].bits = pm;', 'cpu_caps.features[FEATURE_PM]'],
  ['cpu_caps.features[2].bits| = pm;', 'cpu_caps.features[2].bits'],
  ['f(a, list->ne|xt->prev);', 'list->next'],
  ['table[1][2|] = 0;', 'table[1][2]'],
  ['  |  return;', undefined],
  ['a = 1;  | b = 2;', undefined],
  ['1|23', undefined],
];

describe('expressionAt', () => {
  it.each(cases)('%s', (marked, expected) => {
    const column = marked.indexOf('|');
    expect(expressionAt(marked.replace('|', ''), column)).toBe(expected);
  });
});
