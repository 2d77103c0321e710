/** Write-once memory in which everything has happened that its view can show, in the adapter's own shape. */
import type { QuestionArguments } from '../../extension/views/common/messages.ts';
import type { ObjectPages, Violation, WriteOnceObject } from '../../extension/views/objects/messages.ts';
import type { CustomResult } from '../../server/debug/protocol.ts';

const BASE = 0xffff_ffd6_00a5_4000n;
const SIZE = 128;
const hexadecimal = (value: bigint): string => `0x${value.toString(16)}`;
const place = (name: string, line: number): WriteOnceObject['events'][number]['place'] => ({
  ...{ pc: '0xffffffff80200c10', function: name, path: '/src/slab.c', line },
});
const addressOf = (index: number): string => hexadecimal(BASE + BigInt(index * SIZE));

function objectOf(index: number): WriteOnceObject {
  const start = 1_000_000 + index * 4_000;
  const at = (offset: number): { step: string; hart: number; life: number } => ({
    step: String(start + offset),
    ...{ hart: index % 2, life: 1 },
  });
  const events: WriteOnceObject['events'] = [
    { kind: 'allocated', ...at(0), place: place('cred_alloc', 40) },
    { kind: 'initialising', ...at(900), place: place('kmem_cache_init_once', 120) },
    { kind: 'sealed', ...at(1200), place: place('kmem_cache_init_once', 131) },
    ...(index === 2
      ? ([
          { kind: 'violation', ...at(2000), place: place('cred_drop', 77), check: 'init-after-seal' },
        ] as const)
      : []),
    ...(index % 3 === 1 ? ([{ kind: 'freed', ...at(3000), place: place('cred_put', 90) }] as const) : []),
  ];
  return {
    ...{ address: addressOf(index), size: SIZE, memory: 'slab', cache: 'cred', lives: 1, stores: index + 3 },
    ...{ state: index % 3 === 1 ? 'freed' : index === 5 ? 'initialising' : 'sealed', events },
    droppedEvents: index === 0 ? 4 : 0,
  };
}

/** As many objects as asked for, 32 on a page. */
export const objectsOf = (count: number): WriteOnceObject[] =>
  Array.from({ length: count }, (_, index) => objectOf(index));

const violations: Violation[] = [
  {
    ...{ id: 1, check: 'init-after-seal', memory: 'slab', count: 3, lastStep: '1010500' },
    story:
      'init-after-seal: a store to an object that is sealed; by cred_drop() at slab.c:77, step 1,010,000',
    moment: { step: '1010000', hart: 0, place: place('cred_drop', 77) },
    cause: place('cred_drop', 77),
    object: { address: addressOf(2), size: SIZE, life: 1, cache: 'cred' },
    page: hexadecimal(BASE),
  },
  {
    ...{ id: 2, check: 'visible-to-other-harts', memory: 'slab', count: 1, lastStep: '1000900' },
    story: 'visible-to-other-harts: other harts can write while a window is open',
    moment: { step: '1000900', hart: 0, place: place('kmem_cache_init_once', 120) },
    cause: place('kmem_cache_init_once', 120),
    page: hexadecimal(BASE),
    harts: [1],
  },
];

function pagesOf(objects: readonly WriteOnceObject[]): ObjectPages {
  const starts = [...new Set(objects.map(({ address }) => BigInt(address) & ~0xfffn))];
  const pages = starts.map((start, index): ObjectPages['pages'][number] => {
    const here = objects.filter(({ address }) => (BigInt(address) & ~0xfffn) === start);
    return {
      ...{ address: hexadecimal(start), physical: hexadecimal(0x80a5_4000n + BigInt(index) * 4096n) },
      live: here.filter(({ state }) => state !== 'freed').length,
      stores: here.reduce((sum, { stores }) => sum + stores, 0),
      ...{ strayStores: index === 0 ? 2 : 0, open: index === 0 },
      objects: here.map(({ address, size, state, stores }) => ({ address, size, state, stores })),
    };
  });
  const live = objects.filter(({ state }) => state !== 'freed').length;
  return {
    total: pages.length,
    pages,
    fragmentation: {
      ...{ pages: pages.length, heldByOne: 1, empty: 0, liveObjects: live, liveBytes: String(live * SIZE) },
      allocatedBytes: String(pages.length * 4096),
      onePerPage: { pages: live, bytes: String(live * 4096) },
    },
  };
}

/** What the adapter answers of these objects. */
export const answersOf = (objects: readonly WriteOnceObject[]) => ({
  'sealscope/objects': ({
    first = 0,
    count = 200,
    page,
  }: QuestionArguments<'sealscope/objects'>): CustomResult<'sealscope/objects'> => {
    const within = objects.filter(
      ({ address }) => page === undefined || BigInt(address) >> 12n === BigInt(page) >> 12n,
    );
    return {
      ...{ memories: ['slab'], complete: true, total: within.length },
      objects: within.slice(first, first + count),
    };
  },
  'sealscope/objectPages': ({
    first = 0,
    count = 200,
  }: QuestionArguments<'sealscope/objectPages'>): ObjectPages => {
    const found = pagesOf(objects);
    return { ...found, pages: found.pages.slice(first, first + count) };
  },
  'sealscope/objectViolations': (): CustomResult<'sealscope/objectViolations'> => ({ violations }),
});
