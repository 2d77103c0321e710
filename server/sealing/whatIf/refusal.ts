/** A store to bytes with a what-if seal, told as the MMU would tell it: with the trap that a page without W raises. */
import type { Machine, WatchedAccess } from '../../../emulator/index.ts';
import { STORE_PAGE_FAULT, type Refusal, type TouchedPage, type WhatIfBytes } from '../refusal.ts';

const PAGE = 4096n;

export function whatIfRefusal(
  machine: Machine,
  { hart, step, pc, kind, address, physical, size, oldValue, newValue }: Omit<WatchedAccess, 'watches'>,
  whatIf: WhatIfBytes,
): Refusal {
  const pages: TouchedPage[] = [];
  for (let done = 0; done < size;) {
    const at = BigInt.asUintN(64, address + BigInt(done));
    const part = Math.min(size - done, Number(PAGE - (at % PAGE)));
    pages.push(pageOf(machine, hart, at, part, done === 0 ? physical : undefined, whatIf));
    done += part;
  }
  const store = { kind: kind === 'load' ? 'store' : kind, address, physical, size, oldValue, newValue };
  const value = pages.find((page) => page.refused)?.address ?? address;
  return {
    trap: { hart, step, pc, cause: STORE_PAGE_FAULT, interrupt: false, value, store },
    store,
    pages,
    whatIf,
  };
}

/** Where no table translates, the page is as the hart sees it: everything permitted, and no entry says so. */
function pageOf(
  machine: Machine,
  hart: number,
  address: bigint,
  size: number,
  known: bigint | undefined,
  { regionAt }: WhatIfBytes,
): TouchedPage {
  const found = machine.virtual.translate(hart, address);
  const physical = known ?? (found.ok ? found.physical : address);
  const bare = { base: address - (address % PAGE), size: PAGE, level: 0, pte: 0n, pteAddress: 0n };
  const rights = { read: true, write: true, execute: true, user: false, global: false };
  let refused = false;
  for (let index = 0; index < size; index++) refused ||= regionAt(physical + BigInt(index)) !== undefined;
  return {
    address,
    size,
    physical,
    leaf: (found.ok ? found.leaf : undefined) ?? bare,
    permissions: found.ok ? found.permissions : { ...rights, accessed: true, dirty: true },
    refused,
  };
}
