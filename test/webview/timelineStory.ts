/** A run in which everything has happened that the view of the timeline can show, in the adapter's own shape. */
import type { QuestionArguments } from '../../extension/views/common/messages.ts';
import type {
  PermissionEvent,
  Region,
  SealWindow,
  Timeline,
  WindowDetails,
  Windows,
} from '../../extension/views/timeline/messages.ts';
import type { CustomResult } from '../../server/debug/protocol.ts';

const BASE = 0xffff_ffff_8020_0000n;
const SATP = '0x8000000000080240';
const hexadecimal = (value: bigint): string => `0x${value.toString(16)}`;
const placeOf = (name: string, path: string, line: number): PermissionEvent['place'] => ({
  ...{ pc: '0xffffffff80200c10', function: name, path, line },
});
const setter = placeOf('set_pte', '/src/pgtable.h', 30);
const sealer = placeOf('mark_rodata_ro', '/src/mm/rodata.c', 44);
const patcher = placeOf('patch_map', '/src/patch.c', 61);

/** Changes every 1000 steps: mapped, then every second page sealed, then some opened again. */
function eventOf(serial: number): PermissionEvent {
  const turn = serial % 4;
  const start = BASE + BigInt(serial % 64) * 0x1000n;
  const [kind, from, to, by] = (
    [
      ['map', '', 'rw-', placeOf('setup_vm', '/src/mm/init.c', 12)],
      ['change', 'rw-', 'r--', sealer],
      ['change', 'r--', 'rw-', patcher],
      ['unmap', 'r--', '', patcher],
    ] as const
  )[turn]!;
  return {
    ...{ serial, step: String(serial * 1000), hart: serial % 2, cause: 'store', kind, satp: SATP },
    ...{ start: hexadecimal(start), end: hexadecimal(start + 0x1000n), from, to, place: setter, by },
    ...{ physical: hexadecimal(0x8020_0000n + BigInt(serial % 64) * 0x1000n), stack: [setter, by] },
    ...(serial % 3 === 0 ? { symbol: 'cpu_caps+0x8' } : {}),
  };
}

const phases: Timeline['phases'] = [
  { step: '0', kind: 'boot', text: 'the machine starts' },
  { step: '40000', kind: 'sealed', text: 'sealed by mark_rodata_ro (hart 0)' },
  { step: '60000', kind: 'suspend', text: 'hart 0 suspends' },
  { step: '70000', kind: 'resume', text: 'hart 0 resumes' },
  { step: '90000', kind: 'fault', text: 'store to cpu_caps refused' },
];

const region: Region = {
  ...{ name: 'rodata', start: hexadecimal(BASE), end: hexadecimal(BASE + 0x2000n), state: 'sealed' },
  ...{ origin: 'preset', source: 'the sample', holes: [] },
};

const moment = (step: string, place = patcher): SealWindow['opened'] => ({ step, hart: 0, place });

const windows: SealWindow[] = [
  {
    ...{ number: 1, opened: moment('42000'), opener: patcher, allowedBy: 'patch_map', length: '300' },
    pages: [{ address: '0xffffffff80300000', sealedAt: hexadecimal(BASE), kind: 'alias', user: false }],
    ...{ pageCount: 1, storeCount: 2, harts: [0, 1], crossings: [], staleHarts: [], violations: [] },
    closed: { moment: moment('42300'), byOpener: true },
  },
  {
    ...{ number: 2, opened: moment('80000', sealer), opener: sealer, length: '20000' },
    pages: [{ address: hexadecimal(BASE), sealedAt: hexadecimal(BASE), kind: 'home', user: false }],
    ...{ pageCount: 1, storeCount: 0, harts: [0] },
    crossings: [{ kind: 'trap', step: '80100' }],
    ...{ staleHarts: [1], violations: ['opener', 'length'] },
  },
];

const windowList: Windows = {
  ...{ total: 2, known: 2, histogram: [0, 0, 0, 0, 0, 0, 0, 0, 1], windows, violations: [] },
  ...{ violationCount: 2, dma: [] },
};

const details: WindowDetails = {
  stores: [
    {
      ...{ step: '42100', hart: 0, place: patcher, address: '0xffffffff80300010', object: 'limits+0x10' },
      ...{ size: 8, oldValue: '0x1', newValue: '0x2' },
    },
  ],
  exposed: [{ name: 'limits', address: '0xffffffff80200010', size: 64 }],
  ...{ stack: [setter, patcher], text: '' },
};

/** What the adapter answers of a run with so many changes. */
export function answersOf(count: number) {
  const all = Array.from({ length: count }, (_, serial) => eventOf(serial)).reverse();
  const end = count * 1000;
  return {
    'sealscope/timeline': (args: QuestionArguments<'sealscope/timeline'>): Timeline => {
      const wanted = all.filter(
        ({ serial, step, start, from, to }) =>
          serial < (args.before ?? Infinity) &&
          BigInt(step) <= BigInt(args.to ?? end) &&
          (args.start === undefined ||
            (BigInt(start) < BigInt(args.end ?? 0) && BigInt(args.start) < BigInt(start) + 0x1000n)) &&
          (args.write === undefined ||
            (args.write === 'gained'
              ? to.includes('w') && !from.includes('w')
              : from.includes('w') && !to.includes('w'))) &&
          args.writeAndExecute !== true,
      );
      const parts = args.parts ?? 0;
      const width = Math.max(1, Math.ceil(end / Math.max(1, parts)));
      return {
        events: wanted.slice(0, args.count),
        more: wanted.length > (args.count ?? 200),
        ...{ completeFrom: '0', supervisorCompleteFrom: '0', exhaustive: true, phases },
        parts: {
          ...{ from: '0', width: String(width) },
          counts: Array.from({ length: parts }, (_, part) => {
            const events = all.filter(({ step }) => Math.floor(Number(step) / width) === part).length;
            return { events, gained: Math.floor(events / 3), lost: Math.floor(events / 4) };
          }),
        },
      };
    },
    'sealscope/permissionDifference': ({
      from,
      to,
    }: QuestionArguments<'sealscope/permissionDifference'>): CustomResult<'sealscope/permissionDifference'> => {
      const last = all.find(({ step }) => BigInt(step) > BigInt(from) && BigInt(step) <= BigInt(to ?? end));
      const { satp, start, end: behind } = last ?? eventOf(0);
      return {
        ...{ total: last === undefined ? 0 : 1, completeFrom: '0' },
        differences:
          last === undefined
            ? []
            : [{ satp, start, end: behind, symbol: 'cpu_caps', from: 'rw-', to: 'r--', last }],
      };
    },
    'sealscope/windows': () => windowList,
    'sealscope/window': () => details,
    'sealscope/seals': () => ({ degraded: false, regions: [region] }),
    'sealscope/find': ({ query }: QuestionArguments<'sealscope/find'>) => ({
      hits:
        query === 'cpu_caps'
          ? [
              {
                ...{ label: 'cpu_caps', detail: '', kind: 'symbol' as const, mapped: true, size: 64 },
                address: hexadecimal(BASE + 0x1000n),
              },
            ]
          : [],
    }),
  };
}
