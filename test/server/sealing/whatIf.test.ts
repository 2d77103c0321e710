/** The parts of what-if seals that need no machine: bisecting and moments. */
import { describe, expect, it } from 'vitest';
import { bisect } from '../../../server/sealing/whatIf/bisect.ts';
import { readWhatIfFile } from '../../../server/sealing/whatIf/file.ts';
import { parseWhatIfMoment } from '../../../server/sealing/whatIf/moment.ts';

describe('bisect', () => {
  it.each([
    ['none breaks: one run', [], 1],
    ['one of 64', [17], 13],
    ['the first and the last', [0, 63], 25],
    ['three', [5, 6, 40], 29],
  ])('%s', async (_, breaking, runs) => {
    const all = Array.from({ length: 64 }, (_each, index) => index);
    let count = 0;
    const { held, broken } = await bisect([], all, (set) => {
      count++;
      return Promise.resolve(!set.some((each) => breaking.includes(each)));
    });
    expect(broken).toEqual(breaking);
    expect(held).toEqual(all.filter((each) => !breaking.includes(each)));
    expect(count).toBeLessThanOrEqual(runs);
  });

  it('what holds alone but not together is told apart', async () => {
    const seen: (readonly string[])[] = [];
    const result = await bisect(['known'], ['a', 'b', 'c'], (set) => {
      seen.push(set);
      return Promise.resolve(!(set.includes('a') && set.includes('c')));
    });
    expect(result).toEqual({ held: ['known', 'a', 'b'], broken: ['c'] });
    expect(seen.every((set) => set[0] === 'known')).toBe(true);
  });
});

it('files have a specification a line, and comments', () => {
  expect(readWhatIfFile('# all\r\ncpu_caps.features[2]  # a member\r\n\r\n0x80000000+8')).toEqual([
    { spec: 'cpu_caps.features[2]', line: 2 },
    { spec: '0x80000000+8', line: 4 },
  ]);
});

it.each([
  ['seal', { kind: 'seal' }],
  [' start ', { kind: 'start' }],
  ['function mark_rodata_ro', { kind: 'call', function: 'mark_rodata_ro' }],
  ['return  kernel_init', { kind: 'return', function: 'kernel_init' }],
  ['step 12', { kind: 'step', step: 12n }],
  ['step', undefined],
  ['step -1', undefined],
  ['function a b', undefined],
  ['seal x', undefined],
  ['', undefined],
])('the moment "%s"', (text, moment) => {
  expect(parseWhatIfMoment(text)).toEqual(moment);
});
