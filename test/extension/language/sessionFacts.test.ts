/** What a session adds to a hover. */
import { describe, expect, it } from 'vitest';
import { sessionText } from '../../../extension/language/sessionFacts.ts';

const sealed = {
  step: '1204311',
  hart: 0,
  place: { pc: '0x80', function: 'seal_kernel', path: '/k/rodata [1].c', line: 31 },
};
const written = { step: '900', hart: 1, place: { pc: '0x90', function: 'cpu_caps_init' } };

describe('What a session adds to a hover', () => {
  it.each([
    [{ found: false }, ''],
    [{ found: true }, 'Not mapped now'],
    [{ found: true, pageFlags: 'r---gad' }, 'Now `r---gad`'],
    [
      { found: true, pageFlags: 'r---gad', sealedBy: sealed },
      'Now `r---gad`, sealed by `seal_kernel` at [rodata \\[1\\].c:31](file:///k/rodata%20%5B1%5D.c#L31), step 1,204,311, hart 0',
    ],
    [
      { found: true, pageFlags: 'rw--gad', firstWriter: written, lastWriter: written },
      'Now `rw--gad`  \nWritten by `cpu_caps_init`, step 900, hart 1',
    ],
    [
      { found: true, pageFlags: 'rw--gad', firstWriter: written, lastWriter: { ...written, step: '901' } },
      'Now `rw--gad`  \nFirst written by `cpu_caps_init`, step 900, hart 1, last by `cpu_caps_init`, step 901, hart 1',
    ],
  ] as const)('%j', (description, expected) => expect(sessionText(description)).toBe(expected));
});
