/**
 * Was this page fault a seal's doing? It was when the page is mapped for the hart's privilege and lacks nothing but
 * W. A page that is not mapped, a user page or a stale TLB entry over a writable page is the guest's own business.
 */
import type { Machine, Trap, Translation, WatchedAccess } from '../../emulator/index.ts';
import { landings, type Bypass } from './windows/bypass.ts';
import type { SealRegion } from './region.ts';

/** Cause 15 (privileged spec, table "Supervisor cause register values"). */
export const STORE_PAGE_FAULT = 15;
const PAGE = 4096n;
const USER = 0;

type Mapped = Extract<Translation, { ok: true }>;

/** A page that the store touches: all of it lies in one leaf. */
export interface TouchedPage {
  /** First byte of the store on this page, and how many there are. */
  readonly address: bigint;
  readonly size: number;
  readonly physical: bigint;
  readonly leaf: NonNullable<Mapped['leaf']>;
  readonly permissions: Mapped['permissions'];
  /** It lacks W, is sealed at another address, or has bytes with a what-if seal that the store touches. */
  readonly refused: boolean;
}

/** What refuses a store where no page does. */
export interface WhatIfBytes {
  /** The what-if seal on a physical byte. */
  readonly regionAt: (physical: bigint) => SealRegion | undefined;
  /** Gives up the seals that the store touches. */
  readonly drop: () => void;
}

/** A store that was refused, or should have been; one or two pages, at least one refused. */
export interface Refusal {
  /** Where nothing refuses it, the trap that a page without W would have raised. */
  readonly trap: Trap;
  readonly store: NonNullable<Trap['store']>;
  readonly pages: readonly TouchedPage[];
  /** Undefined when a page without W refused it. */
  readonly whatIf?: WhatIfBytes | undefined;
  /** How it gets past a seal that should refuse it. */
  readonly bypass?: Bypass | undefined;
}

export function refusalOf(machine: Machine, trap: Trap): Refusal | undefined {
  const { store } = trap;
  if (trap.interrupt || trap.cause !== STORE_PAGE_FAULT || store === undefined) return undefined;
  const hart = machine.harts[trap.hart];
  if (hart === undefined || hart.privilege === USER) return undefined;
  const pages: TouchedPage[] = [];
  for (let done = 0; done < store.size;) {
    const address = BigInt.asUintN(64, store.address + BigInt(done));
    const size = Math.min(store.size - done, Number(PAGE - (address & (PAGE - 1n))));
    const page = touchedPage(machine, trap.hart, address, size);
    // A page beside that is not mapped faults in its own right, whatever the refused one says.
    if (page === undefined) return undefined;
    pages.push(page);
    done += size;
  }
  return pages.some((page) => page.refused) ? { trap, store, pages } : undefined;
}

function touchedPage(machine: Machine, hart: number, address: bigint, size: number): TouchedPage | undefined {
  const translation = machine.virtual.translate(hart, address);
  if (!translation.ok || translation.leaf === undefined || translation.permissions.user) return undefined;
  const { leaf, permissions, physical } = translation;
  return { address, size, physical, leaf, permissions, refused: !permissions.write };
}

/** A store that nothing refuses although what it hits is sealed, as if the seal had refused it. */
export function refusalOfBypass(machine: Machine, access: WatchedAccess, bypass: Bypass): Refusal {
  const { hart, step, pc, kind, address, physical, size, oldValue, newValue } = access;
  const store = { kind: kind === 'load' ? 'store' : kind, address, physical, size, oldValue, newValue };
  const trap = { hart, step, pc, cause: STORE_PAGE_FAULT, interrupt: false, value: bypass.virtual, store };
  const parts = landings(machine, access);
  const pages = parts.map((part, index): TouchedPage => {
    const behind = parts[index + 1]?.virtual ?? address + BigInt(size);
    const way = wayTo(machine, hart, part.virtual, part.physical);
    return {
      ...way,
      address: part.virtual,
      physical: part.physical,
      size: Number(behind - part.virtual),
      refused: part.virtual === bypass.virtual,
    };
  });
  return { trap, store, pages, bypass };
}

/** The leaf by which a store reaches a frame: the page table's, or the one that the TLB remembers; made up where none is. */
function wayTo(
  machine: Machine,
  hart: number,
  virtual: bigint,
  physical: bigint,
): Pick<TouchedPage, 'leaf' | 'permissions'> {
  const found = machine.virtual.translate(hart, virtual);
  if (found.ok && found.leaf !== undefined && found.physical === physical)
    return { leaf: found.leaf, permissions: found.permissions };
  const entry = machine.virtual.tlbEntry(hart, virtual);
  const base = virtual - (virtual % PAGE);
  const everything = {
    read: true,
    write: true,
    execute: true,
    user: false,
    global: false,
    accessed: true,
    dirty: true,
  };
  if (entry === undefined)
    return { leaf: { level: 0, pteAddress: 0n, pte: 0n, base, size: PAGE }, permissions: everything };
  return {
    leaf: { level: 0, pteAddress: entry.pteAddress, pte: entry.pte, base, size: PAGE },
    permissions: entry.permissions,
  };
}
