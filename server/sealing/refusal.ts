/**
 * Was this page fault a seal's doing? It was when the page is mapped for the hart's privilege and lacks nothing but
 * W. A page that is not mapped, a user page or a stale TLB entry over a writable page is the guest's own business.
 */
import type { Machine, Trap, Translation } from '../../emulator/index.ts';

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
  /** It lacks W. */
  readonly refused: boolean;
}

/** A store that a page without W refused; one or two pages, at least one refused. */
export interface Refusal {
  readonly trap: Trap;
  readonly store: NonNullable<Trap['store']>;
  readonly pages: readonly TouchedPage[];
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
