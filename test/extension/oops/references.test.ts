/** Which words of an oops are links, and where they lead. */
import { describe, expect, it } from 'vitest';
import { referencesIn } from '../../../extension/oops/references.ts';

const check = (line: string): [string, unknown][] =>
  referencesIn(line).map(({ start, end, target }) => [line.slice(start, end), target]);

describe('References in an oops', () => {
  it.each<[string, [string, unknown][]]>([
    [
      'Unable to handle kernel paging request at virtual address ffffffff80601188',
      [['ffffffff80601188', { address: '0xffffffff80601188' }]],
    ],
    ['epc : cpu_up+0x5c/0x8a', [['cpu_up+0x5c/0x8a', { symbol: 'cpu_up', offset: '0x5c' }]]],
    [
      ' ra : probe.part.0+0x5c/0x8a [nfsd]',
      [['probe.part.0+0x5c/0x8a', { symbol: 'probe.part.0', offset: '0x5c' }]],
    ],
    [
      '[<ffffffff80001406>] cpu_up+0x5c/0x8a',
      [['[<ffffffff80001406>] cpu_up+0x5c/0x8a', { address: '0xffffffff80001406' }]],
    ],
    [
      '[<80001406>] 0x80001406',
      [
        ['80001406', { address: '0x80001406' }],
        ['0x80001406', { address: '0x80001406' }],
      ],
    ],
    [
      ' epc : 0000000080001406 ra : ffffffff80001400 a0 : 0000000000000015 t1 : fffffffeffe00000',
      [
        ['0000000080001406', { address: '0x0000000080001406' }],
        ['ffffffff80001400', { address: '0xffffffff80001400' }],
        ['fffffffeffe00000', { address: '0xfffffffeffe00000' }],
      ],
    ],
    [
      'status: 0000000200000100 badaddr: ffffffff80601188 cause: 000000000000000f',
      [['ffffffff80601188', { address: '0xffffffff80601188' }]],
    ],
    ['badaddr: 0000000000000000', []],
    ['kernel BUG at mm/slub.c:448!', [['mm/slub.c:448', { path: 'mm/slub.c', line: 448 }]]],
    [
      'WARNING: CPU: 0 PID: 1 at /src/linux/kernel/cpu.c:12 cpu_up+0x5c/0x8a',
      [
        ['/src/linux/kernel/cpu.c:12', { path: '/src/linux/kernel/cpu.c', line: 12 }],
        ['cpu_up+0x5c/0x8a', { symbol: 'cpu_up', offset: '0x5c' }],
      ],
    ],
    [
      '#0  0xffffffff80001406  cpu_up+0x5c  samples/smp.c:70',
      [
        ['0xffffffff80001406  cpu_up+0x5c', { address: '0xffffffff80001406' }],
        ['samples/smp.c:70', { path: 'samples/smp.c', line: 70 }],
      ],
    ],
    ['Code: 90df c119 (a323) d897', []],
    ['CPU: 1 PID: 0 Comm: swapper/1 Not tainted 6.12.0 #1', []],
    ['---[ end trace 0000000000000000 ]---', []],
    ['0x15 → 0x15  REDUNDANT', []],
  ])('%s', (line, expected) => {
    expect(check(line)).toEqual(expected);
  });
});
