/** A specification of write-once memory that cannot be used gets one clear error. */
import { describe, expect, it } from 'vitest';
import {
  readWriteOnceSpecs,
  WriteOnceSpecError,
} from '../../../../server/sealing/writeOnce/specification.ts';

const alloc = { function: 'alloc', size: 64 };
const initOnce = { function: 'init', object: 'a1' };
const free = { function: 'free', object: 'a1' };

describe('specifications of write-once memory', () => {
  it('have names, and return values for what alloc gives', () => {
    expect(readWriteOnceSpecs('writeOnce', [{ alloc, initOnce, free }])).toEqual([
      {
        name: 'init',
        alloc: { function: 'alloc', object: 'return', size: '64', cache: undefined },
        initOnce: { function: 'init', object: 'a1', callback: undefined },
        free: { function: 'free', object: 'a1' },
        makeWritable: [],
        closedIn: [],
      },
    ]);
  });

  it('or markers in their place', () => {
    expect(readWriteOnceSpecs('writeOnce', [{ markers: true, closedIn: ['trap'] }])).toEqual([
      { name: 'write-once memory', markers: true, makeWritable: [], closedIn: ['trap'] },
    ]);
  });

  it.each<[unknown, RegExp]>([
    ['kmem_cache', /"writeOnce" is "kmem_cache", but has to be a list of objects/],
    [[7], /"writeOnce\[0\]" is 7, but has to be an object/],
    [[{ alloc, initOnce }], /"writeOnce\[0\]\.free" is missing, but has to be an object/],
    [
      [{ alloc, initOnce, fre: free }],
      /"writeOnce\[0\]" has no "fre"; there are name, alloc, initOnce, free/,
    ],
    [[{ alloc: { function: 'a' }, initOnce, free }], /"writeOnce\[0\]\.alloc\.size" is missing/],
    [
      [{ alloc: { ...alloc, align: 8 }, initOnce, free }],
      /alloc" has no "align"; there are function, size, object, cache/,
    ],
    [[{ alloc, initOnce: { ...initOnce, object: ' ' }, free }], /"writeOnce\[0\]\.initOnce\.object" is " "/],
    [
      [{ alloc, initOnce, free, closedIn: 'trap' }],
      /"writeOnce\[0\]\.closedIn" is "trap", but has to be a list/,
    ],
    [[{ markers: true, alloc }], /"writeOnce\[0\]" has "markers" and "alloc"; give markers or functions/],
    [[{ markers: 'yes' }], /"writeOnce\[0\]\.markers" is "yes", but has to be true/],
    [[{ name: '', alloc, initOnce, free }], /"writeOnce\[0\]\.name" is ""/],
  ])('refuses %j', (value, message) => {
    expect(() => readWriteOnceSpecs('writeOnce', value)).toThrow(message);
    expect(() => readWriteOnceSpecs('writeOnce', value)).toThrow(WriteOnceSpecError);
  });
});
