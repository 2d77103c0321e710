/** Address spaces of any number of mappings, in the adapter's own shape. */
import type { Permissions } from '../../extension/views/permissions/messages.ts';

const hexadecimal = (value: bigint): string => `0x${BigInt.asUintN(64, value).toString(16)}`;

/** `count` mappings with a hole behind each, in a kernel's part of the address space. */
export function syntheticSpace(count: number): Permissions {
  const base = 0xffff_ffd8_0000_0000n;
  const kinds = ['rw---ad', 'r---gad', 'r-x-ga-', 'rw--gad'];
  const mappings = Array.from({ length: count }, (_, index) => {
    const start = base + BigInt(index) * 0x4000n;
    return {
      start: hexadecimal(start),
      end: hexadecimal(start + 0x3000n),
      physical: hexadecimal(0x8000_0000n + BigInt(index) * 0x3000n),
      pageSize: 4096,
      flags: kinds[index % kinds.length]!,
      sections: index % 7 === 0 ? ['.data'] : [],
      aliases: [{ start: hexadecimal(start + 0x10_0000_0000n), permissions: 'rw-', name: 'linear map' }],
      aliasCount: index % 3 === 0 ? 1 : 0,
      ...(index % 50 === 0 ? { change: { from: 'rw--gad' } } : {}),
    };
  });
  return {
    ...{
      stop: 3,
      since: 2,
      hart: 0,
      mode: 'sv39',
      satp: '0x8000000000080200',
      complete: true,
      removed: [],
      mappings,
    },
    stops: [1, 2, 3].map((ordinal) => ({ ordinal, step: String(ordinal * 1000), text: 'breakpoint' })),
  };
}
