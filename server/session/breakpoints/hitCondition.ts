/** Hit counts: `5` and `>=5` from the fifth hit, `=5` (`==5`) only then, `%5` every fifth, and `>`, `<`, `<=`. */
import { SessionError } from '../errors.ts';

export type HitTest = (hits: number) => boolean;

/** @throws SessionError `request` that says what can be written. */
export function parseHitCondition(text: string): HitTest {
  const match = /^\s*(%|==?|>=?|<=?)?\s*(\d+)\s*$/.exec(text);
  const count = Number(match?.[2]);
  const operator = match?.[1];
  if (match === null || !Number.isSafeInteger(count) || (operator === '%' && count === 0))
    throw new SessionError('request', `hit count "${text}" is not a number, nor one of >N >=N =N <N <=N %N`);
  switch (operator) {
    case '%':
      return (hits) => hits % count === 0;
    case '=':
    case '==':
      return (hits) => hits === count;
    case '>':
      return (hits) => hits > count;
    case '<':
      return (hits) => hits < count;
    case '<=':
      return (hits) => hits <= count;
    default:
      return (hits) => hits >= count;
  }
}
