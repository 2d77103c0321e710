import { describe, expect, it } from 'vitest';
import { parseHitCondition } from '../../../../server/session/breakpoints/hitCondition.ts';
import { parseLogMessage } from '../../../../server/session/breakpoints/logMessage.ts';

describe('hit counts', () => {
  const stops: Record<string, number[]> = {
    '3': [3, 4, 5, 6],
    '>=3': [3, 4, 5, 6],
    '> 4': [5, 6],
    '=2': [2],
    '== 2': [2],
    '<3': [1, 2],
    '<=3': [1, 2, 3],
    '%2': [2, 4, 6],
    ' % 3 ': [3, 6],
  };
  for (const [text, expected] of Object.entries(stops)) {
    it(text, () => expect([1, 2, 3, 4, 5, 6].filter(parseHitCondition(text))).toEqual(expected));
  }
  for (const text of ['', 'x', '-1', '%0', '1.5', '>', '3 times', '99999999999999999999'])
    it(`refuses "${text}"`, () => expect(() => parseHitCondition(text)).toThrow(/hit count/));
});

describe('log messages', () => {
  const cases: Record<string, unknown[]> = {
    plain: [{ text: 'plain' }],
    'x={x}': [{ text: 'x=' }, { expression: 'x' }],
    '{a}{ b->c[1] }!': [{ expression: 'a' }, { expression: 'b->c[1]' }, { text: '!' }],
    '{{literal}} {x}': [{ text: '{literal} ' }, { expression: 'x' }],
    '': [],
  };
  for (const [message, pieces] of Object.entries(cases))
    it(`"${message}"`, () => expect(parseLogMessage(message)).toEqual(pieces));
  for (const message of ['{', '{}', 'x {y', '{ }'])
    it(`refuses "${message}"`, () => expect(() => parseLogMessage(message)).toThrow(/needs an expression/));
});
