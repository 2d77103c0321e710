/** From a virtual address to a guest-physical one: TLB or walk, access check, then A and D and the TLB's refill. */
import {
  ACCESS_AMO,
  ACCESS_FETCH,
  ACCESS_LOAD,
  ACCESS_SC,
  ACCESS_STORE,
  EXTENSION_SVADE,
  EXTENSION_SVADU,
  LEAF_LEVEL,
  LEAF_PTE,
  LEAF_PTE_ADDRESS,
  MENVCFG,
  MSTATUS,
  OVERRIDE,
  OVERRIDE_DROP,
  OVERRIDE_STEP,
  OVERRIDE_WRITE,
  PAGE_SIZE,
  SATP,
  SATP_BARE,
  TLB_PTE,
} from '../layout';
import { ADUE } from './envcfg';
import { hasExtension } from './extensions';
import { M, MXR, S, SUM, U, dataPrivilege, now, privilege } from './hart';
import {
  ACCESS_FAULT,
  FOUND,
  PAGE_FAULT,
  PPN,
  leaf,
  leafAddress,
  leafFrame,
  leafGlobal,
  leafLevel,
  walk,
} from './pagewalk';
import { PTE_A, PTE_D, PTE_FLAGS, PTE_R, PTE_U, PTE_V, PTE_W, PTE_X } from './pte';
import { PMP_R, PMP_W, PMP_X, pmpAllows } from './pmp';
import { PAGE_OFFSET, storeLeaf } from './ram';
import {
  FETCH_ACCESS_FAULT,
  FETCH_PAGE_FAULT,
  LOAD_ACCESS_FAULT,
  LOAD_PAGE_FAULT,
  STORE_ACCESS_FAULT,
  STORE_PAGE_FAULT,
} from './trap';
import { insert, lookup } from './tlb';

/** An AMO's read: the leaf must exist and be of the right privilege; W, A and D are its write's business. */
export const INSPECT = 5;

/** No translation: `cause` says why. Guest-physical addresses have 56 bits. */
export const NOWHERE: u64 = u64.MAX_VALUE;
const PHYSICAL_BITS = 56;

/** Exception cause of the last access that `translate` or `physicallyAllowed` refused. */
export let cause: i32 = 0;
/** Flags of the leaf of the last translation, with those that `commit` adds; R, W, X, A and D of a bare one. */
export let flags: u64 = 0;
/** Privilege of the last access that was translated. */
export let mode: i32 = 0;
/** What PMP grants that access in the whole page: fast TLBs need it. */
export let pageRights: i32 = 0;
/** The last translation would have been refused, but for OVERRIDE: its page stays as it is. */
let forced: bool = false;
/** The last translation came from a walk: `commit` has something to do. */
let walked: bool = false;
const BARE_FLAGS = PTE_V | PTE_R | PTE_W | PTE_X | PTE_A | PTE_D;

function isStore(kind: i32): bool {
  return kind == ACCESS_STORE || kind == ACCESS_AMO || kind == ACCESS_SC;
}

function accessPrivilege(hart: usize, kind: i32): i32 {
  return kind == ACCESS_FETCH ? privilege(hart) : dataPrivilege(hart);
}

/** Guest-physical address, or NOWHERE. Changes nothing that the guest could see until `commit`. */
export function translate(hart: usize, va: u64, kind: i32): u64 {
  walked = false;
  forced = false;
  mode = accessPrivilege(hart, kind);
  const satp = load<u64>(hart, SATP);
  if (mode == M || satp >> 60 == SATP_BARE) {
    flags = BARE_FLAGS;
    return va >> PHYSICAL_BITS ? refuse(kind, ACCESS_FAULT) : va;
  }

  const entry = lookup(hart, va, kind);
  if (entry) {
    const pte = load<u64>(entry, TLB_PTE);
    flags = pte & PTE_FLAGS;
    if (!permitted(hart, flags, kind)) return refuse(kind, PAGE_FAULT);
    // A cached page that is not dirty has to be walked to become so.
    if (forced || !isStore(kind) || flags & PTE_D) return physical(pte >> 10, va);
  }

  const result = walk(hart, satp, va);
  if (result != FOUND) return refuse(kind, result);
  if (!permitted(hart, leaf, kind)) return refuse(kind, PAGE_FAULT); // 5
  flags = leaf & PTE_FLAGS;
  if (!forced && kind != INSPECT) {
    const needed = PTE_A | (isStore(kind) ? PTE_D : 0); // 7
    if ((leaf & needed) != needed) {
      if (!updatesAccessedDirty(hart)) return refuse(kind, PAGE_FAULT);
      if (!(pmpAllows(hart, leafAddress, 8, S) & PMP_W)) return refuse(kind, ACCESS_FAULT);
    }
    flags = (leaf & PTE_FLAGS) | leafGlobal | needed;
    walked = true;
  }
  return physical(leafFrame, va); // 8
}

/** With Svadu M-mode decides; else a clear A or D faults with Svade, and without it is set as on older harts. */
function updatesAccessedDirty(hart: usize): bool {
  if (hasExtension(EXTENSION_SVADU)) return (load<u64>(hart, MENVCFG) & ADUE) != 0;
  return !hasExtension(EXTENSION_SVADE);
}

/** The access of the last `translate` is going to happen: the walk's A and D are set, the TLB remembers. */
export function commit(hart: usize, va: u64, kind: i32): void {
  if (!walked) return;
  const updated = leaf | (flags & (PTE_A | PTE_D));
  if (updated != leaf) storeLeaf(leafAddress, updated);
  insert(hart, va, kind, (leafFrame << 10) | flags, leafAddress, leafLevel);
}

function physical(frame: u64, va: u64): u64 {
  return ((frame & PPN) << 12) | (va & PAGE_OFFSET);
}

function refuse(kind: i32, fault: i32): u64 {
  if (kind == ACCESS_FETCH) cause = fault == PAGE_FAULT ? FETCH_PAGE_FAULT : FETCH_ACCESS_FAULT;
  else if (kind == ACCESS_LOAD) cause = fault == PAGE_FAULT ? LOAD_PAGE_FAULT : LOAD_ACCESS_FAULT;
  else cause = fault == PAGE_FAULT ? STORE_PAGE_FAULT : STORE_ACCESS_FAULT;
  return NOWHERE;
}

/** The access is to an address that neither RAM nor a device has. */
export function refuseVacant(kind: i32): void {
  refuse(kind, ACCESS_FAULT);
}

/** Step 5: the leaf's R, W, X and U against the access, its mode, SUM and MXR. */
function permitted(hart: usize, pte: u64, kind: i32): bool {
  const mstatus = load<u64>(hart, MSTATUS);
  if (pte & PTE_U) {
    if (mode == S && (kind == ACCESS_FETCH || !(mstatus & SUM))) return false;
  } else if (mode == U) return false;
  if (kind == ACCESS_FETCH) return (pte & PTE_X) != 0;
  if (kind == ACCESS_LOAD) return (pte & (mstatus & MXR ? PTE_R | PTE_X : PTE_R)) != 0;
  return kind == INSPECT || pte & PTE_W || granted();
}

/**
 * PMP's verdict on [pa, pa + size), which lies within a page and was just translated. False leaves the access
 * fault's `cause`.
 */
export function physicallyAllowed(hart: usize, pa: u64, size: i32, kind: i32): bool {
  const needed = kind == ACCESS_FETCH ? PMP_X : kind == ACCESS_LOAD || kind == INSPECT ? PMP_R : PMP_W;
  pageRights = pmpAllows(hart, pa & ~PAGE_OFFSET, PAGE_SIZE, mode);
  if (pageRights & needed || pmpAllows(hart, pa, size, mode) & needed) return true;
  if (needed == PMP_W && granted()) return true;
  refuse(kind, ACCESS_FAULT);
  return false;
}

/** A store that its page refuses passes if the host has chosen so for this step. */
function granted(): bool {
  if (!overriding(OVERRIDE_WRITE) && !overriding(OVERRIDE_DROP)) return false;
  forced = true;
  return true;
}

/** What the host has chosen for the store of this step. */
export function overriding(choice: i32): bool {
  return load<i32>(OVERRIDE) == choice && load<u64>(OVERRIDE_STEP) == now();
}

/** Where `va` leads, as the TLB or else the page tables say, whatever the permissions; or NOWHERE. */
export function peek(hart: usize, va: u64, kind: i32): u64 {
  const satp = load<u64>(hart, SATP);
  if (accessPrivilege(hart, kind) == M || satp >> 60 == SATP_BARE) return va >> PHYSICAL_BITS ? NOWHERE : va;
  const entry = lookup(hart, va, kind);
  if (entry) return physical(load<u64>(entry, TLB_PTE) >> 10, va);
  return walk(hart, satp, va) == FOUND ? physical(leafFrame, va) : NOWHERE;
}

export function probe(satp: u64, va: u64): u64 {
  store<u64>(LEAF_PTE, 0);
  if (satp >> 60 == SATP_BARE) return va;
  if (walk(0, satp, va) != FOUND) return NOWHERE;
  store<u64>(LEAF_PTE, leaf);
  store<u64>(LEAF_PTE_ADDRESS, leafAddress);
  store<i32>(LEAF_LEVEL, leafLevel);
  return physical(leafFrame, va);
}
