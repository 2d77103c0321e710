/** An address space in which everything has happened that the view can show, in the adapter's own shape. */
import type { QuestionArguments } from '../../extension/views/common/messages.ts';
import type {
  Found,
  Pages,
  Permissions,
  Phases,
  Region,
} from '../../extension/views/permissions/messages.ts';

type Mapping = Permissions['mappings'][number];
type Seal = NonNullable<Mapping['seal']>;

const place = { pc: '0xffffffff80200234', function: 'seal_kernel', path: '/src/mm/seal.c', line: 40 };

const seal = (region: string, state: Seal['state']): Seal => ({
  region,
  state,
  ...(state === 'open' ? {} : { sealedBy: { step: '1204311', hart: 0, place } }),
});

const mapping = (start: string, end: string, flags: string, more: Partial<Mapping> = {}): Mapping => ({
  ...{ start, end, physical: '0x80200000', pageSize: 4096, flags, sections: [], aliases: [], aliasCount: 0 },
  ...more,
});

const ro = '.data..ro_after_init';

export const permissions: Permissions = {
  ...{ stop: 4, since: 3, hart: 0, mode: 'sv39', satp: '0x8000000000080240', complete: true },
  stops: [
    { ordinal: 1, step: '0', text: 'entry' },
    { ordinal: 2, step: '1000312', text: 'breakpoint' },
    { ordinal: 3, step: '1204311', text: 'sealed' },
    { ordinal: 4, step: '1404311', text: 'store refused' },
  ],
  mappings: [
    mapping('0xc000000', '0xc400000', 'rw---ad', { pageSize: 0x20_0000 }),
    mapping('0x10000000', '0x10001000', 'rw---ad'),
    mapping('0xffffffd800000000', '0xffffffd800204000', 'rw--gad'),
    mapping('0xffffffd800204000', '0xffffffd800206000', 'r---gad', {
      seal: seal(ro, 'sealed'),
      change: { from: 'rw--gad' },
    }),
    mapping('0xffffffd800206000', '0xffffffd808000000', 'rw--gad'),
    mapping('0xffffffff80200000', '0xffffffff80203000', 'r-x-ga-', { linked: 'r-x', sections: ['.text'] }),
    mapping('0xffffffff80203000', '0xffffffff80204000', 'r---ga-', { linked: 'r--', sections: ['.rodata'] }),
    mapping('0xffffffff80204000', '0xffffffff80206000', 'r---gad', {
      ...{
        linked: 'rw-',
        sections: [ro],
        seal: seal(ro, 'sealed'),
        fault: true,
        change: { from: 'rw--gad' },
      },
      aliases: [{ start: '0xffffffd800204000', permissions: 'r--', name: 'linear map' }],
      aliasCount: 1,
    }),
    mapping('0xffffffff80206000', '0xffffffff80207000', 'rw--gad', {
      ...{ linked: 'rw-', sections: ['.data.irq'], seal: seal('irq_table', 'degraded') },
      change: { from: 'r---gad', isDegraded: true },
    }),
    mapping('0xffffffff80207000', '0xffffffff80208000', 'r---gad', {
      ...{ linked: 'rw-', sections: ['.data.caps'], seal: seal('caps', 'partial') },
    }),
    mapping('0xffffffff80208000', '0xffffffff80209000', 'rw--gad', {
      ...{ linked: 'rw-', sections: ['.data.late'], seal: seal('late', 'open') },
    }),
    mapping('0xffffffff80209000', '0xffffffff8020a000', 'rwx-gad', {
      linked: 'r-x',
      sections: ['.text.patch'],
    }),
    mapping('0xffffffff8020a000', '0xffffffff80240000', 'rw--gad', {
      linked: 'rw-',
      sections: ['.data', '.bss'],
    }),
  ],
  removed: [
    { start: '0xffffffff80300000', end: '0xffffffff80302000', physical: '0x80300000', flags: 'r-x-gad' },
  ],
};

/** `caps` is sealed where its code uses it, and nowhere else. */
export const regions: Region[] = [
  {
    ...{ name: 'caps', start: '0xffffffff80207000', end: '0xffffffff80208000', state: 'partial' },
    ...{ origin: 'preset', source: 'the sample' },
    holes: [
      {
        ...{ address: '0xffffffd800207000', permissions: 'rw-', why: 'page-table', harts: [0, 1] },
        text: 'the linear map at 0xffffffd800207000 is rw-',
      },
      {
        ...{ address: '0xffffffff80207000', permissions: 'rw-', why: 'tlb', harts: [1] },
        text: 'the TLB of hart 1 remembers rw-: no sfence.vma came after the change',
      },
    ],
  },
];

export const phases: Phases = {
  current: 'degraded',
  phases: [
    { kind: 'boot', step: '0', text: 'the machine starts' },
    { kind: 'sealed', step: '1204311', hart: 0, text: 'sealed by seal_kernel (hart 0)', place },
    { kind: 'suspend', step: '1300000', text: 'hart 0 suspends' },
    { kind: 'resume', step: '1400000', text: 'hart 0 resumes' },
    { kind: 'fault', step: '1404311', text: 'store to cpu_caps refused' },
  ],
};

const names = ['cpu_caps', 'boot_cpu', 'console_ops'];

/** The pages of a mapping of `space`, with three symbols on each. */
export function pagesOf(
  space: Permissions,
  { start, end, first = 0, count = 512 }: QuestionArguments<'sealscope/pages'>,
): Pages {
  const { flags, linked, seal, change, fault, pageSize } = space.mappings.find(
    (each) => each.start === start,
  )!;
  const total = Number((BigInt(end) - BigInt(start)) / BigInt(pageSize));
  const pages = Array.from({ length: Math.min(count, total - first) }, (_, offset) => {
    const address = BigInt(start) + BigInt((first + offset) * pageSize);
    return {
      ...{ address: `0x${address.toString(16)}`, size: pageSize, physical: '0x80200000', flags },
      ...(linked === undefined ? {} : { linked }),
      ...(seal === undefined ? {} : { seal }),
      ...(change === undefined ? {} : { change }),
      symbolCount: names.length + 1,
      symbols: names.map((name, index) => ({
        ...{ name, address: `0x${(address + BigInt(index * 64)).toString(16)}`, size: 64 },
        sealed: seal !== undefined,
      })),
      ...(fault === true && first + offset === 0
        ? { fault: 'store refused: cpu_caps.features[2] 0x15 → 0x15' }
        : {}),
    };
  });
  return { total, pages };
}

export const found = ({ query }: QuestionArguments<'sealscope/find'>): Found => ({
  hits: [
    {
      label: 'console_ops',
      detail: ro,
      kind: 'symbol' as const,
      address: '0xffffffff80205080',
      size: 64,
      mapped: true,
    },
    {
      label: 'console_init',
      detail: '.init.text',
      kind: 'symbol' as const,
      address: '0xffffffff80900000',
      mapped: false,
    },
  ].filter(({ label }) => label.includes(query)),
});
