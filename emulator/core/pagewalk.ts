/**
 * The page walk. Layouts (privileged spec, "Page-Based Virtual-Memory Systems"; Sv39's va, Sv48 and Sv57 have one and
 * two VPN fields more):
 *
 *   satp  63..60 MODE | 59..44 ASID | 43..0 PPN
 *   va    38..30 VPN[2] | 29..21 VPN[1] | 20..12 VPN[0] | 11..0 offset
 *   PTE   see pte.ts
 */
import {
  EXTENSION_SVNAPOT,
  EXTENSION_SVPBMT,
  FRAME_FLAGS,
  FRAME_PAGE_TABLE,
  MENVCFG,
  TRACK_PAGE_TABLES,
} from '../layout';
import { PBMTE } from './envcfg';
import { hasExtension } from './extensions';
import { flushFrame } from './tlb';
import { S } from './hart';
import { PMP_R, pmpAllows } from './pmp';
import { PTE_A, PTE_D, PTE_G, PTE_N, PTE_PBMT, PTE_R, PTE_U, PTE_V, PTE_W, PTE_X } from './pte';
import { frameOf, inRam, ramAddress } from './ram';

export const PPN: u64 = (1 << 44) - 1;
const RESERVED: u64 = 0x7f << 54;
/** Svnapot: the one size of naturally aligned ranges, 64 KiB, marked by the lowest bits of the PPN. */
const NAPOT_PAGES: u64 = 16;
const NAPOT_MARK: u64 = 8;

export const FOUND = 0;
export const PAGE_FAULT = 1;
export const ACCESS_FAULT = 2;

/** The leaf that `walk` found, its guest-physical address and level; the frame of the 4 KiB page; G of any level. */
export let leaf: u64 = 0;
export let leafAddress: u64 = 0;
export let leafLevel: i32 = 0;
export let leafFrame: u64 = 0;
export let leafGlobal: u64 = 0;

/**
 * Steps 1 to 4 and 6 of "Virtual Address Translation Process" for a paged `satp`. Steps 5 and 7 depend on the access
 * and follow in translate.ts, where a TLB hit joins. Without a hart (0) no PMP is asked: a debugger's walk.
 */
export function walk(hart: usize, satp: u64, va: u64): i32 {
  const levels = <i32>(satp >> 60) - 5; // Sv39 is MODE 8
  const unused = 52 - 9 * levels;
  if (<u64>((<i64>(va << unused)) >> unused) != va) return PAGE_FAULT; // bits above the VPN must equal its highest

  const reserved = reservedBits(hart);
  let a = (satp & PPN) << 12; // 1
  leafGlobal = 0;
  for (let i = levels - 1; i >= 0; i--) {
    const address = a + ((va >> (12 + 9 * i)) & 511) * 8; // 2
    if (!readable(hart, address)) return ACCESS_FAULT;
    const pte = load<u64>(ramAddress(address));
    if (!(pte & PTE_V) || (pte & (PTE_R | PTE_W)) == PTE_W || pte & reserved) return PAGE_FAULT; // 3
    const ppn = (pte >> 10) & PPN;
    leafGlobal |= pte & PTE_G;
    if (!(pte & (PTE_R | PTE_X))) {
      if (pte & (PTE_D | PTE_A | PTE_U | PTE_N | PTE_PBMT)) return PAGE_FAULT; // reserved in a pointer
      a = ppn << 12; // 4
      continue;
    }
    if ((pte & PTE_PBMT) == PTE_PBMT) return PAGE_FAULT; // reserved
    let within: u64 = ((<u64>1) << (9 * i)) - 1;
    if (ppn & within) return PAGE_FAULT; // 6: a misaligned superpage
    if (pte & PTE_N) {
      within = NAPOT_PAGES - 1;
      if (i != 0 || (ppn & within) != NAPOT_MARK) return PAGE_FAULT; // reserved
    }
    leaf = pte;
    leafAddress = address;
    leafLevel = i;
    leafFrame = (ppn & ~within) | ((va >> 12) & within);
    return FOUND;
  }
  return PAGE_FAULT; // 4: i < 0
}

/** Bits of a PTE that must be zero. Memory types are for whom menvcfg gives them to; a debugger's walk asks no hart. */
function reservedBits(hart: usize): u64 {
  const types = hasExtension(EXTENSION_SVPBMT) && (!hart || (load<u64>(hart, MENVCFG) & PBMTE) != 0);
  return RESERVED | (hasExtension(EXTENSION_SVNAPOT) ? 0 : PTE_N) | (types ? 0 : PTE_PBMT);
}

/** Page tables are read with S-mode's permissions; only RAM holds any. */
function readable(hart: usize, address: u64): bool {
  if (!inRam(address)) return false;
  if (!hart) return true;
  if (load<i32>(TRACK_PAGE_TABLES)) markPageTable(frameOf(address));
  return (pmpAllows(hart, address, 8, S) & PMP_R) != 0;
}

function markPageTable(frame: usize): void {
  const flags = load<u8>(frame, FRAME_FLAGS);
  if (flags & FRAME_PAGE_TABLE) return;
  store<u8>(frame, flags | FRAME_PAGE_TABLE, FRAME_FLAGS);
  flushFrame(frame);
}
