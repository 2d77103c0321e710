/** What keeps a region from being sealed, by name: the mapping, the TLB entry, the hart without paging, the PMP entry. */
import type { FrameMapping, Machine, RegionReport } from '../../emulator/index.ts';
import { grouped } from './grouped.ts';
import { pmpEntryAt } from './pmp.ts';
import { permissionText } from './region.ts';
import type { Mapping, Moment, SealHole } from './sealEvent.ts';
import { sealerOf } from './story.ts';

/** What is looked at for one region. */
export interface HoleFacts {
  readonly machine: Machine;
  readonly report: RegionReport | undefined;
  /** Every known mapping of its frames. */
  readonly mappings: readonly FrameMapping[];
  /** Guest-physical address of its first frame; undefined where that is not known. */
  readonly physical: bigint | undefined;
  /** Who took W away from its pages, as far as that has happened. */
  readonly sealed: Moment | undefined;
  /** When a hart's TLB last lost entries to a fence. */
  readonly lastFence: (hart: number) => bigint | undefined;
}

const PAGE = 4096n;
const MAX_HOLES = 16;
const [PTE_WRITE, PTE_USER] = [4, 16];
const PMP_WRITE = 2;

/** Page tables first: a TLB is only told of when they are sealed. Bounded. */
export function holesOf(facts: HoleFacts): SealHole[] {
  const inTables = [...trackedHoles(facts), ...mappedHoles(facts)];
  const others = [...pagingHoles(facts), ...pmpHoles(facts)];
  const isOpen = facts.report?.state === 'open';
  const holes = inTables.length > 0 || isOpen ? [...inTables, ...others] : [...tlbHoles(facts), ...others];
  return holes.slice(0, MAX_HOLES);
}

/** Mappings in other address spaces than those that are followed with the region, and those of U-mode. */
export function mappedHoles({ report, mappings }: HoleFacts): SealHole[] {
  const followed = (report?.tables ?? []).flatMap(({ ranges }) => ranges.map(({ range }) => range));
  return mappings
    .filter(({ permissions, used, virtual }) => {
      if ((permissions & PTE_WRITE) === 0 || (!used && (permissions & PTE_USER) === 0)) return false;
      return !used || !followed.some(({ start, end }) => start <= virtual && virtual < end);
    })
    .map(({ satp, virtual, pte, level, permissions }) => {
      const mapping = mappingOf(virtual, 1n << BigInt(12 + 9 * level), pte, true);
      const who = (permissions & PTE_USER) === 0 ? '' : 'user mode may write: ';
      return {
        mapping,
        why: 'page-table' as const,
        harts: [],
        satp,
        text: `${who}${hex(virtual)} is ${permissionText(mapping.permissions)} in the page tables at ${hex(rootOf(satp))}`,
      };
    });
}

function trackedHoles({ report }: HoleFacts): SealHole[] {
  return (report?.tables ?? []).flatMap(({ satp, harts, ranges }) =>
    ranges.flatMap(({ range, extents }) =>
      extents
        .filter((extent) => extent.writability === 'writable')
        .map(({ start, end, pte, level }) => {
          const size = level === 0 ? end - start : 1n << BigInt(12 + 9 * level);
          const mapping = mappingOf(start, size, pte, range.alias === true);
          const what = range.alias === true ? 'the alias ' : '';
          return {
            mapping,
            why: 'page-table' as const,
            harts,
            satp,
            text: `${what}${hex(start)} is ${permissionText(mapping.permissions)} in the page tables at ${hex(rootOf(satp))}, used by hart ${harts.join(', ')}`,
          };
        }),
    ),
  );
}

function tlbHoles({ report, sealed, lastFence }: HoleFacts): SealHole[] {
  return (report?.writableTlb ?? []).map(({ hart, virtual, pte }) => ({
    mapping: mappingOf(virtual, PAGE, pte, false),
    why: 'tlb' as const,
    harts: [hart],
    text: staleText(hart, virtual, sealed, lastFence(hart)),
  }));
}

/** `hart 1 still has a writable TLB entry for 0x…: … no sfence.vma has reached it since`. */
export function staleText(
  hart: number,
  virtual: bigint,
  sealed: Moment | undefined,
  fence: bigint | undefined,
): string {
  const entry = `hart ${hart} still has a writable TLB entry for ${hex(virtual & ~(PAGE - 1n))}`;
  if (sealed === undefined) return entry;
  const by = sealerOf(sealed).function;
  const taken = `since before step ${grouped(sealed.step)}, when ${by === '' ? 'W was' : `${by}() had W`} taken away`;
  const missing =
    fence === undefined || fence < sealed.step
      ? 'no sfence.vma has reached it since'
      : `its last sfence.vma, at step ${grouped(fence)}, did not cover it`;
  return `${entry}, ${taken}; ${missing}`;
}

/** Harts that no page table refuses anything. */
function pagingHoles({ machine, physical }: HoleFacts): SealHole[] {
  const harts = machine.harts.filter(
    (hart) =>
      hart.state !== 'stopped' &&
      machine.virtual.satp(hart.id) >> 60n === 0n &&
      (physical === undefined || (hart.pmpAllows(physical, PAGE) & PMP_WRITE) !== 0),
  );
  if (harts.length === 0) return [];
  const ids = harts.map(({ id }) => id);
  const verb = ids.length === 1 ? 'runs' : 'run';
  return [
    {
      mapping: bareMapping(physical ?? 0n),
      why: 'no-paging',
      harts: ids,
      text: `hart ${ids.join(', ')} ${verb} without paging: only PMP could refuse stores, and it permits them`,
    },
  ];
}

/** Entries that were made for the region, and do not hold. */
function pmpHoles({ machine, physical }: HoleFacts): SealHole[] {
  if (physical === undefined) return [];
  const running = machine.harts.filter(({ state }) => state !== 'stopped');
  const refused = running.filter((hart) => (hart.pmpAllows(physical, PAGE) & PMP_WRITE) === 0);
  if (refused.length === 0) return [];
  return running.flatMap((hart): SealHole[] => {
    const entry = pmpEntryAt(hart, physical);
    const name = entry === undefined ? 'no PMP entry' : `PMP entry ${entry.index}`;
    const hole = { mapping: bareMapping(physical), why: 'pmp' as const, harts: [hart.id] };
    if (!refused.includes(hart))
      return [
        { ...hole, text: `${name} of hart ${hart.id} permits stores, which those of other harts refuse` },
      ];
    if (entry?.locked === false)
      return [
        {
          ...hole,
          text: `${name} of hart ${hart.id} refuses stores, but is not locked: M-mode may store, and change it`,
        },
      ];
    return [];
  });
}

function bareMapping(physical: bigint): Mapping {
  const permissions = { read: true, write: true, execute: true, user: false };
  return { address: physical & ~(PAGE - 1n), size: PAGE, permissions, kind: 'alias' };
}

function mappingOf(address: bigint, size: bigint, pte: bigint, isAlias: boolean): Mapping {
  const has = (bit: number): boolean => ((pte >> BigInt(bit)) & 1n) === 1n;
  return {
    address,
    size,
    permissions: { read: has(1), write: has(2), execute: has(3), user: has(4) },
    kind: isAlias ? 'alias' : 'kernel',
  };
}

function rootOf(satp: bigint): bigint {
  return (satp & ((1n << 44n) - 1n)) << 12n;
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
