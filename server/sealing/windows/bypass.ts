/**
 * A store that lands in a sealed frame although every address at which the frame was sealed refuses stores: through a
 * writable alias, through a TLB entry that the page tables contradict, or on a hart that runs without paging.
 */
import type { Machine, WatchedAccess } from '../../../emulator/index.ts';
import type { Moment } from '../sealEvent.ts';
import { pageOf, permitsUnder } from './reach.ts';
import type { SealedFrame, SealedFrames } from './sealedFrames.ts';

export type BypassKind = 'alias' | 'stale-tlb' | 'no-paging';

export interface Bypass {
  readonly kind: BypassKind;
  /** Who sealed that address. */
  readonly sealed: Moment;
  readonly frame: SealedFrame;
  /** The sealed address of the first byte that lands. */
  readonly home: bigint;
  /** The address that the store uses for that byte. */
  readonly virtual: bigint;
}

/** Undefined for a store that is no bypass: the frame is not sealed now, or a window is open at its own address. */
export function bypassOf(machine: Machine, frames: SealedFrames, access: WatchedAccess): Bypass | undefined {
  for (const { virtual, physical } of landings(machine, access)) {
    const frame = frames.at(physical);
    const home = frame && refusingHome(machine, access.hart, frame);
    if (frame === undefined || home === undefined) continue;
    const kind = wayOf(machine, access.hart, virtual, frame.physical);
    if (kind === undefined) continue;
    const [page, sealed] = home;
    return { kind, sealed, frame, home: page + (physical - frame.physical), virtual };
  }
  return undefined;
}

/** The first byte that a store writes in each page: one place, or two for one that crosses into the next page. */
export function landings(
  machine: Machine,
  { hart, address, physical, size }: Pick<WatchedAccess, 'hart' | 'address' | 'physical' | 'size'>,
): { readonly virtual: bigint; readonly physical: bigint }[] {
  const first = { virtual: address, physical };
  const next = pageOf(address) + 4096n;
  if (address + BigInt(size) <= next) return [first];
  const second =
    machine.virtual.tlbEntry(hart, next)?.physical ??
    machine.virtual.physicalOf(hart, BigInt.asUintN(64, next));
  return second === undefined ? [first] : [first, { virtual: next, physical: second }];
}

/** A home of the frame that is mapped and refuses stores, if all that are mapped do. */
function refusingHome(
  machine: Machine,
  hart: number,
  { homes, physical, satp: first }: SealedFrame,
): [page: bigint, sealed: Moment] | undefined {
  const own = machine.virtual.satp(hart);
  const others = machine.harts
    .filter(({ state }) => state !== 'stopped')
    .map(({ id }) => machine.virtual.satp(id));
  // Without paging the hart has no page tables that say what was sealed; those say it in which it was.
  const paged = [own, ...others].filter((satp) => satp >> 60n !== 0n);
  for (const satp of new Set(paged.length > 0 ? paged : [first])) {
    let refusing: [bigint, Moment] | undefined;
    for (const [home, sealed] of homes) {
      const found = machine.virtual.translate(hart, home, satp);
      if (!found.ok || found.leaf === undefined || pageOf(found.physical) !== physical) continue;
      if (found.permissions.write) return undefined;
      refusing ??= [home, sealed];
    }
    if (refusing !== undefined) return refusing;
  }
  return undefined;
}

/** The store is known to be permitted: by what? Undefined where a debugger lets a refused store pass. */
function wayOf(machine: Machine, hart: number, virtual: bigint, frame: bigint): BypassKind | undefined {
  const satp = machine.virtual.dataSatp(hart);
  if (satp >> 60n === 0n) return 'no-paging';
  if (permitsUnder(machine, satp, virtual, frame)) return 'alias';
  return machine.virtual.tlbEntry(hart, virtual)?.permissions.write === true ? 'stale-tlb' : undefined;
}
