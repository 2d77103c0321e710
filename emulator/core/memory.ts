/**
 * Loads and stores that the fast TLBs do not answer: the first touch of a page, devices, misaligned accesses, and
 * pages where something has to be noticed. Every page of an access is checked before anything is committed.
 */
import {
  ACCESS_ADDRESS,
  ACCESS_KIND,
  ACCESS_LOAD,
  ACCESS_OLD,
  ACCESS_PHYSICAL,
  ACCESS_SIZE,
  ACCESS_STORE,
  ACCESS_VALUE,
  DATA_TLB,
  EXIT_NONE,
  EXIT_REASON,
  EXIT_RESCHEDULE,
  FAST_READ,
  FAST_WRITE,
  FRAME_WATCH_READ,
  FRAME_WATCH_WRITE,
  LOAD_BUFFER,
  OVERRIDE_ADDRESS,
  OVERRIDE_DROP,
  OVERRIDE_FAULT,
  PAGE_SIZE,
} from '../layout';
import { complete, enter, stop } from './hart';
import { isDevice, mmioRead, mmioWrite, watch } from './host';
import { PTE_D, PTE_R, PTE_W } from './pte';
import { PMP_R, PMP_W } from './pmp';
import { PAGE_OFFSET, frameFlags, inRam, loadBytes, ramAddress, storeBytes, storeRam } from './ram';
import { fastAddress, fastEntry, fastFill, fastHit } from './tlb';
import {
  NOWHERE,
  cause,
  commit,
  flags,
  overriding,
  pageRights,
  peek,
  physicallyAllowed,
  refuseVacant,
  translate,
} from './translate';
import { STORE_PAGE_FAULT, exceptAccess, filtered } from './trap';

/** FRAME_FLAGS of the frames that the access in progress touches. */
let touched: i32 = 0;

/** Address in this memory from which to load, or 0: redirected. */
export function loadSlow(hart: usize, slot: usize, va: u64, size: i32): usize {
  const inPage = PAGE_SIZE - <i32>(va & PAGE_OFFSET);
  if (size > inPage) return loadAcross(hart, slot, va, size, inPage);
  const entry = dataEntry(hart, FAST_READ, va);
  if (fastHit(entry, va)) return fastAddress(entry, va); // slow only because it is misaligned

  enter(hart, slot);
  begin(ACCESS_LOAD, va, 0, size);
  const pa = check(hart, ACCESS_LOAD, va, size);
  if (pa == NOWHERE || stopsAtWatch(hart, pa, NOWHERE)) return 0;
  commit(hart, va, ACCESS_LOAD);
  if (inRam(pa)) fillRead(hart, va, pa);
  return read(hart, pa, size);
}

function loadAcross(hart: usize, slot: usize, va: u64, size: i32, inPage: i32): usize {
  const next = va + inPage;
  enter(hart, slot);
  begin(ACCESS_LOAD, va, 0, size);
  const first = check(hart, ACCESS_LOAD, va, inPage);
  if (first == NOWHERE) return 0;
  const second = check(hart, ACCESS_LOAD, next, size - inPage);
  if (second == NOWHERE || stopsAtWatch(hart, first, second)) return 0;
  commitAnew(hart, va, ACCESS_LOAD);
  commitAnew(hart, next, ACCESS_LOAD);
  const low = loadBytes(read(hart, first, inPage), inPage);
  const high = loadBytes(read(hart, second, size - inPage), size - inPage);
  store<u64>(LOAD_BUFFER, low | (high << (inPage * 8)));
  return LOAD_BUFFER;
}

/** 1 = done, 0 = redirected; the latter also if the host, hearing of this store, wants the run to end. */
export function storeSlow(hart: usize, slot: usize, va: u64, value: u64, size: i32): i32 {
  if (!storeAs(ACCESS_STORE, hart, slot, va, value, size)) return 0;
  if (load<i32>(EXIT_REASON) == EXIT_NONE) return 1;
  enter(hart, slot);
  complete(hart, slot);
  return 0;
}

/** A store of kind STORE, AMO or SC: 1 = done, 0 = redirected. */
export function storeAs(kind: i32, hart: usize, slot: usize, va: u64, value: u64, size: i32): i32 {
  const inPage = PAGE_SIZE - <i32>(va & PAGE_OFFSET);
  if (size > inPage) return storeAcross(hart, slot, va, value, size, inPage);
  const entry = dataEntry(hart, FAST_WRITE, va);
  if (fastHit(entry, va)) {
    storeBytes(fastAddress(entry, va), value, size);
    return 1;
  }

  enter(hart, slot);
  begin(kind, va, value, size);
  const pa = check(hart, kind, va, size);
  if (pa == NOWHERE || stopsAtWatch(hart, pa, NOWHERE)) return 0;
  if (overriding(OVERRIDE_DROP)) return 1;
  commit(hart, va, kind);
  write(hart, pa, value, size);
  if (inRam(pa)) {
    fillWrite(hart, va, pa);
    return 1;
  }
  complete(hart, slot); // the device may have raised an interrupt
  return 0;
}

function storeAcross(hart: usize, slot: usize, va: u64, value: u64, size: i32, inPage: i32): i32 {
  const next = va + inPage;
  enter(hart, slot);
  begin(ACCESS_STORE, va, value, size);
  const first = check(hart, ACCESS_STORE, va, inPage);
  if (first == NOWHERE) return 0;
  const second = check(hart, ACCESS_STORE, next, size - inPage);
  if (second == NOWHERE || stopsAtWatch(hart, first, second)) return 0;
  if (overriding(OVERRIDE_DROP)) return 1;
  commitAnew(hart, va, ACCESS_STORE);
  commitAnew(hart, next, ACCESS_STORE);
  write(hart, first, value, inPage);
  write(hart, second, value >> (inPage * 8), size - inPage);
  if (inRam(first) && inRam(second)) return 1;
  complete(hart, slot);
  return 0;
}

/** Entry of the current READ or WRITE table for the page of `va`. */
export function dataEntry(hart: usize, table: usize, va: u64): usize {
  return fastEntry(load<usize>(hart, DATA_TLB) + table, va);
}

/** Describes the access in progress; no later check knows more than its own part of it. */
export function begin(kind: i32, va: u64, value: u64, size: i32): void {
  store<u64>(ACCESS_ADDRESS, va);
  store<u64>(ACCESS_VALUE, size == 8 ? value : value & ((u64(1) << (size * 8)) - 1));
  store<i32>(ACCESS_SIZE, size);
  store<i32>(ACCESS_KIND, kind);
  touched = 0;
}

/** Guest-physical address of the part [va, va + size), within a page, of the access; or NOWHERE: redirected. */
export function check(hart: usize, kind: i32, va: u64, size: i32): u64 {
  const pa = translate(hart, va, kind);
  if (pa == NOWHERE || !physicallyAllowed(hart, pa, size, kind)) return refused(hart, cause, va);
  if (kind != ACCESS_LOAD && overriding(OVERRIDE_FAULT))
    return refused(hart, STORE_PAGE_FAULT, load<u64>(OVERRIDE_ADDRESS));
  if (inRam(pa)) {
    touched |= frameFlags(pa);
    return pa;
  }
  return (kind == ACCESS_LOAD || kind == ACCESS_STORE) && isDevice(pa, size) ? pa : vacant(hart, kind, va);
}

/** Nothing is at that address, or nothing that this kind of access can use. */
export function vacant(hart: usize, kind: i32, va: u64): u64 {
  refuseVacant(kind);
  return refused(hart, cause, va);
}

/** Raises the access's exception, whose trap value is the address of the part that is to blame. Always NOWHERE. */
export function refused(hart: usize, cause: i32, va: u64): u64 {
  if (filtered(cause)) {
    const address = load<u64>(ACCESS_ADDRESS);
    const inPage = PAGE_SIZE - <i32>(address & PAGE_OFFSET);
    const across = load<i32>(ACCESS_SIZE) > inPage;
    const kind = load<i32>(ACCESS_KIND);
    describe(peek(hart, address, kind), across ? peek(hart, address + inPage, kind) : NOWHERE);
  }
  exceptAccess(hart, cause, va);
  return NOWHERE;
}

/** The host is asked once for an access that touches a watched frame. True: stopped. */
export function stopsAtWatch(hart: usize, first: u64, second: u64): bool {
  const kind = load<i32>(ACCESS_KIND);
  const watching =
    kind == ACCESS_LOAD
      ? FRAME_WATCH_READ
      : kind == ACCESS_STORE
        ? FRAME_WATCH_WRITE
        : FRAME_WATCH_READ | FRAME_WATCH_WRITE;
  if (!(touched & watching)) return false;
  describe(first, second);
  if (watch(hart)) {
    stop();
    return true;
  }
  translate(hart, load<u64>(ACCESS_ADDRESS), kind); // the host may have walked page tables since
  return false;
}

/** ACCESS_PHYSICAL and ACCESS_OLD of an access that goes on at `second` in its next page. */
function describe(first: u64, second: u64): void {
  const size = load<i32>(ACCESS_SIZE);
  const low = min(size, PAGE_SIZE - <i32>(load<u64>(ACCESS_ADDRESS) & PAGE_OFFSET));
  let old: u64 = 0;
  if (inRam(first)) old = low > 8 ? firstNonzero(ramAddress(first), low) : loadBytes(ramAddress(first), low);
  if (low < size && inRam(second)) old |= loadBytes(ramAddress(second), size - low) << (low * 8);
  store<u64>(ACCESS_PHYSICAL, first);
  store<u64>(ACCESS_OLD, old);
}

/** Of a cache block that would be zeroed: 0 only if nothing changes. */
function firstNonzero(address: usize, size: i32): u64 {
  for (let i = 0; i < size; i += 8) if (load<u64>(address + i)) return load<u64>(address + i);
  return 0;
}

/** `commit` for a page of an access that has translated another page since. */
function commitAnew(hart: usize, va: u64, kind: i32): void {
  translate(hart, va, kind);
  commit(hart, va, kind);
}

function read(hart: usize, pa: u64, size: i32): usize {
  if (inRam(pa)) return ramAddress(pa);
  store<u64>(LOAD_BUFFER, mmioRead(hart, pa, size));
  return LOAD_BUFFER;
}

function write(hart: usize, pa: u64, value: u64, size: i32): void {
  if (inRam(pa)) storeRam(hart, pa, value, size);
  else if (mmioWrite(hart, pa, value, size)) store<i32>(EXIT_REASON, EXIT_RESCHEDULE);
}

/** Later loads from the page of the last translation are fast: it needs no MXR, and nothing watches it. */
export function fillRead(hart: usize, va: u64, pa: u64): void {
  if (!(flags & PTE_R) || !(pageRights & PMP_R) || frameFlags(pa) & FRAME_WATCH_READ) return;
  fastFill(load<usize>(hart, DATA_TLB) + FAST_READ, va, ramAddress(pa) - <usize>va);
}

/** Later stores are fast, too: the page is writable and dirty, and nobody has to hear of them. */
function fillWrite(hart: usize, va: u64, pa: u64): void {
  if ((flags & (PTE_W | PTE_D)) != (PTE_W | PTE_D) || !(pageRights & PMP_W) || frameFlags(pa)) return;
  fastFill(load<usize>(hart, DATA_TLB) + FAST_WRITE, va, ramAddress(pa) - <usize>va);
}
