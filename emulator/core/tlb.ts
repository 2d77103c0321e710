/**
 * The architectural TLBs, what fences do to them, and the fast TLBs, which hold nothing that those do not hold.
 * (M-mode and bare translations, which need no architectural entry, are fast only.)
 */
import {
  ACCESS_FETCH,
  DTLB,
  FAST_ADDEND,
  FAST_FETCH,
  FAST_READ,
  FAST_SETS,
  FAST_SET_M,
  FAST_SET_S,
  FAST_SET_SIZE,
  FAST_SET_S_SUM,
  FAST_SET_U,
  FAST_TAG,
  FAST_TLBS,
  FAST_TLB_ENTRIES,
  FAST_TLB_ENTRY_SIZE,
  FAST_WRITE,
  HARTS,
  HART_STRIDE,
  ITLB,
  PAGE_SIZE,
  RAM,
  SATP,
  TLBS_END,
  TLB_ASID,
  TLB_ENTRIES,
  TLB_ENTRY_SIZE,
  TLB_HAS_SUPERPAGES,
  TLB_LEVEL,
  TLB_PTE,
  TLB_PTE_ADDRESS,
  TLB_VPN,
} from '../layout';
import { hartsEnd } from './hart';
import { PTE_G, PTE_U } from './pte';

const TLB_INDEX_BITS = 10;
const INVALID: i64 = i64.MIN_VALUE;

/** satp's address-space identifier: all 16 bits are implemented. */
function asidOf(satp: u64): i32 {
  return (<i32>(satp >> 44)) & 0xffff;
}

/** The next bits of the page number are folded in: kernels like arrays and stacks at distances of megabytes. */
function entryOf(tlb: usize, vpn: i64): usize {
  const index = (vpn ^ (vpn >> TLB_INDEX_BITS)) & (TLB_ENTRIES - 1);
  return tlb + <usize>index * TLB_ENTRY_SIZE;
}

/** The TLB that accesses of this kind use. */
function tlbFor(hart: usize, kind: i32): usize {
  return hart + (kind == ACCESS_FETCH ? ITLB : DTLB);
}

/** The entry that translates `va` for this kind of access in the current address space, or 0. */
export function lookup(hart: usize, va: u64, kind: i32): usize {
  const vpn = (<i64>va) >> 12;
  const entry = entryOf(tlbFor(hart, kind), vpn);
  if (load<i64>(entry, TLB_VPN) != vpn) return 0;
  if (load<u64>(entry, TLB_PTE) & PTE_G) return entry;
  return load<i32>(entry, TLB_ASID) == asidOf(load<u64>(hart, SATP)) ? entry : 0;
}

/** `pte` has the 4 KiB frame in its PPN, and G if any level had it. */
export function insert(hart: usize, va: u64, kind: i32, pte: u64, pteAddress: u64, level: i32): void {
  const vpn = (<i64>va) >> 12;
  const entry = entryOf(tlbFor(hart, kind), vpn);
  evict(hart, entry);
  store<i64>(entry, vpn, TLB_VPN);
  store<u64>(entry, pte, TLB_PTE);
  store<u64>(entry, pteAddress, TLB_PTE_ADDRESS);
  store<i32>(entry, asidOf(load<u64>(hart, SATP)), TLB_ASID);
  store<i32>(entry, level, TLB_LEVEL);
  if (level) store<i32>(hart, 1, TLB_HAS_SUPERPAGES);
}

function evict(hart: usize, entry: usize): void {
  const vpn = load<i64>(entry, TLB_VPN);
  if (vpn == INVALID) return;
  store<i64>(entry, INVALID, TLB_VPN);
  const page = <u64>(vpn << 12);
  // S reaches pages of U only with SUM, and never fetches from them; U reaches no others.
  const user = (load<u64>(entry, TLB_PTE) & PTE_U) != 0;
  const own = hart + FAST_TLBS + (user ? FAST_SET_U : FAST_SET_S) * FAST_SET_SIZE;
  const sum = hart + FAST_TLBS + FAST_SET_S_SUM * FAST_SET_SIZE;
  if (entry >= hart + ITLB) {
    dropTag(fastEntry(own + FAST_FETCH, page), page);
    return;
  }
  dropTag(fastEntry(own + FAST_READ, page), page);
  dropTag(fastEntry(own + FAST_WRITE, page), page);
  dropTag(fastEntry(sum + FAST_READ, page), page);
  dropTag(fastEntry(sum + FAST_WRITE, page), page);
}

/**
 * SFENCE.VMA for the pages of [start, start + size) or for everything (size −1, or start and size 0, as SBI's RFENCE
 * has it); if `hasAsid`, only for one address space, whose fence spares global mappings.
 */
export function fence(hart: usize, start: u64, size: u64, asid: u64, hasAsid: i32): void {
  const first = (<i64>start) >> 12;
  const last = (<i64>(start + size - 1)) >> 12;
  if (size == u64.MAX_VALUE || (start | size) == 0 || last < first) {
    if (hasAsid) fenceScan(hart, i64.MIN_VALUE, i64.MAX_VALUE, asid, true);
    else flushTlb(hart);
  } else if (load<i32>(hart, TLB_HAS_SUPERPAGES) || last - first >= TLB_ENTRIES) {
    fenceScan(hart, first, last, asid, hasAsid != 0);
  } else {
    for (let vpn = first; vpn <= last; vpn++) {
      fenceEntry(hart, entryOf(hart + DTLB, vpn), vpn, asid, hasAsid != 0);
      fenceEntry(hart, entryOf(hart + ITLB, vpn), vpn, asid, hasAsid != 0);
    }
  }
}

function fenceEntry(hart: usize, entry: usize, vpn: i64, asid: u64, hasAsid: bool): void {
  if (load<i64>(entry, TLB_VPN) == vpn && fenced(entry, asid, hasAsid)) evict(hart, entry);
}

/** A fence of one address covers the whole superpage whose leaf PTE translates it, so all its grains go. */
function fenceScan(hart: usize, first: i64, last: i64, asid: u64, hasAsid: bool): void {
  const end = hart + TLBS_END;
  for (let entry = hart + DTLB; entry < end; entry += TLB_ENTRY_SIZE) {
    const vpn = load<i64>(entry, TLB_VPN);
    if (vpn == INVALID) continue;
    const indexBits = 9 * load<i32>(entry, TLB_LEVEL);
    const within = (i64(1) << indexBits) - 1;
    if ((vpn | within) < first || (vpn & ~within) > last) continue;
    if (fenced(entry, asid, hasAsid)) evict(hart, entry);
  }
}

function fenced(entry: usize, asid: u64, hasAsid: bool): bool {
  if (!hasAsid) return true;
  return load<i32>(entry, TLB_ASID) == <i32>(asid & 0xffff) && !(load<u64>(entry, TLB_PTE) & PTE_G);
}

export function flushTlb(hart: usize): void {
  const end = hart + TLBS_END;
  for (let entry = hart + DTLB; entry < end; entry += TLB_ENTRY_SIZE) store<i64>(entry, INVALID, TLB_VPN);
  store<i32>(hart, 0, TLB_HAS_SUPERPAGES);
  flushPaged(hart);
}

/** Entry of one of the fast tables that may hold the page of `va`. */
export function fastEntry(table: usize, va: u64): usize {
  return table + ((<usize>(va >> 12)) & (FAST_TLB_ENTRIES - 1)) * FAST_TLB_ENTRY_SIZE;
}

export function fastHit(entry: usize, va: u64): bool {
  return load<u64>(entry, FAST_TAG) == (va & ~(<u64>PAGE_SIZE - 1));
}

export function fastAddress(entry: usize, va: u64): usize {
  return <usize>va + load<usize>(entry, FAST_ADDEND);
}

/** `addend` + va is the address in this memory; for a fetch table it is the address of the page's slots. */
export function fastFill(table: usize, va: u64, addend: usize): void {
  const entry = fastEntry(table, va);
  store<u64>(entry, va & ~(<u64>PAGE_SIZE - 1), FAST_TAG);
  store<usize>(entry, addend, FAST_ADDEND);
}

function dropTag(entry: usize, page: u64): void {
  if (load<u64>(entry, FAST_TAG) == page) drop(entry);
}

function drop(entry: usize): void {
  store<u64>(entry, u64.MAX_VALUE, FAST_TAG);
}

/** The sets that satp and the TLB decide about: all but M-mode's. */
export function flushPaged(hart: usize): void {
  memory.fill(hart + FAST_TLBS, 0xff, FAST_SET_M * FAST_SET_SIZE);
}

export function flushFast(hart: usize): void {
  memory.fill(hart + FAST_TLBS, 0xff, FAST_SETS * FAST_SET_SIZE);
}

export function flushFastAll(): void {
  for (let hart: usize = HARTS; hart < hartsEnd(); hart += HART_STRIDE) flushFast(hart);
}

/** Drops the loads' and stores' fast entries that lead to a RAM frame, on every hart and by every alias. */
export function flushFrame(frame: usize): void {
  const address = <usize>RAM + frame * PAGE_SIZE;
  dropEach(FAST_READ, address, true);
  dropEach(FAST_WRITE, address, true);
}

/** The same for stores only. */
export function flushFrameStores(frame: usize): void {
  dropEach(FAST_WRITE, <usize>RAM + frame * PAGE_SIZE, true);
}

/** Drops the fast entries that lead to these slots. */
export function flushFetches(slots: usize): void {
  dropEach(FAST_FETCH, slots, false);
}

function dropEach(table: usize, target: usize, relative: bool): void {
  for (let hart: usize = HARTS; hart < hartsEnd(); hart += HART_STRIDE) {
    for (let set: usize = 0; set < <usize>FAST_SETS; set++) {
      const start = hart + FAST_TLBS + set * FAST_SET_SIZE + table;
      const end = start + FAST_TLB_ENTRIES * FAST_TLB_ENTRY_SIZE;
      for (let entry = start; entry < end; entry += FAST_TLB_ENTRY_SIZE) {
        const addend = load<usize>(entry, FAST_ADDEND);
        if ((relative ? addend + load<usize>(entry, FAST_TAG) : addend) == target) drop(entry);
      }
    }
  }
}
