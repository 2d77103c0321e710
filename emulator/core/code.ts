/**
 * Code pages: for a frame that is executed, a slot for each halfword, decoded when it is first reached. Stores keep
 * them coherent, so FENCE.I has nothing to do.
 */
import {
  ACCESS_FETCH,
  CODE_OWNERS,
  CODE_PAGES,
  CODE_PAGE_STRIDE,
  CODE_SLOTS,
  CROSSING_SLOTS,
  FAST_ADDEND,
  FAST_FETCH,
  FETCH_TLB,
  FRAME_CODE,
  FRAME_CODE_CACHED,
  FRAME_FLAGS,
  HARTS,
  HART_STRIDE,
  NEXT_CODE_PAGE,
  OP_PAGE_END,
  OP_UNDECODED,
  PAGE_SIZE,
  PC,
  PC_BASE,
  RAM,
  SLOTS_PER_PAGE,
  SLOT_OP,
  SLOT_PC_SHIFT,
  SLOT_REAL_OP,
  SLOT_SIZE,
} from '../layout';
import { enter, hartsEnd } from './hart';
import { decodeWord } from './host';
import { begin, check } from './memory';
import { PMP_X } from './pmp';
import { PAGE_OFFSET, frameOf, ramAddress } from './ram';
import { fastEntry, fastFill, fastHit, flushFast, flushFetches, flushFrameStores } from './tlb';
import { NOWHERE, commit, pageRights } from './translate';

const PAGE_SLOTS = (SLOTS_PER_PAGE - 1) * SLOT_SIZE;
/** In CROSSING_SLOTS: ends behind a 2-byte and a 4-byte instruction, and the bits decoded there with bit 32 set. */
const END_2 = CROSSING_SLOTS + SLOT_SIZE;
const END_4 = CROSSING_SLOTS + 2 * SLOT_SIZE;
const DECODED_BITS = CROSSING_SLOTS + 3 * SLOT_SIZE;
const VALID: u64 = 1 << 32;

/** Slot of the instruction at HART.PC, with PC_BASE set for it; or 0: redirected. */
export function fetch(hart: usize): usize {
  const pc = load<u64>(hart, PC);
  const entry = fastEntry(load<usize>(hart, FETCH_TLB) + FAST_FETCH, pc);
  const slots = fastHit(entry, pc) ? load<usize>(entry, FAST_ADDEND) : fetchPage(hart, pc);
  if (!slots) return 0;
  if (slots == hart + CROSSING_SLOTS) return slots;
  store<u64>(hart, (pc & ~PAGE_OFFSET) - (slots >> SLOT_PC_SHIFT), PC_BASE);
  return slots + ((<usize>(pc & (PAGE_OFFSET - 1))) << SLOT_PC_SHIFT);
}

/** Slots of the page of `pc`, from now on in the fast TLB; or those of a single instruction; or 0: redirected. */
function fetchPage(hart: usize, pc: u64): usize {
  begin(ACCESS_FETCH, pc, 0, 2);
  const pa = check(hart, ACCESS_FETCH, pc, 2);
  if (pa == NOWHERE) return 0;
  // Slots run without a look at PMP: where it does not grant the whole page, instructions run one by one.
  if (!(pageRights & PMP_X)) return fetchSingle(hart, pc);
  commit(hart, pc, ACCESS_FETCH);
  const slots = codePage(frameOf(pa));
  fastFill(load<usize>(hart, FETCH_TLB) + FAST_FETCH, pc, slots);
  return slots;
}

/** Slot for a 4-byte instruction that begins in a page's last halfword; or 0: redirected. */
export function crossPage(hart: usize, slot: usize): usize {
  enter(hart, slot);
  return fetchSingle(hart, load<u64>(hart, PC));
}

/** The instruction at `pc` alone, in the hart's CROSSING_SLOTS; or 0: redirected. */
function fetchSingle(hart: usize, pc: u64): usize {
  const low = fetchHalfword(hart, pc);
  if (low < 0) return 0;
  let bits = <u32>low;
  if ((bits & 3) == 3) {
    const high = fetchHalfword(hart, pc + 2);
    if (high < 0) return 0;
    bits |= high << 16;
  }
  const slot = hart + CROSSING_SLOTS;
  if (load<u64>(hart, DECODED_BITS) != (bits | VALID)) {
    store<u64>(hart, bits | VALID, DECODED_BITS);
    decodeWord(slot, bits, 1);
    storeOp(hart + END_2, OP_PAGE_END);
    storeOp(hart + END_4, OP_PAGE_END);
  }
  store<u64>(hart, pc - (slot >> SLOT_PC_SHIFT), PC_BASE);
  return slot;
}

/** −1: redirected, and the trap value is the address of this halfword. */
function fetchHalfword(hart: usize, va: u64): i32 {
  const entry = fastEntry(load<usize>(hart, FETCH_TLB) + FAST_FETCH, va);
  if (fastHit(entry, va)) {
    return load<u16>(ramOfSlots(load<usize>(entry, FAST_ADDEND)) + <usize>(va & PAGE_OFFSET));
  }
  begin(ACCESS_FETCH, va, 0, 2);
  const pa = check(hart, ACCESS_FETCH, va, 2);
  if (pa == NOWHERE) return -1;
  commit(hart, va, ACCESS_FETCH);
  return load<u16>(ramAddress(pa));
}

/** The instruction in `slot` as the guest wrote it, 2 or 4 bytes: what an illegal one leaves in mtval. */
export function rawBits(hart: usize, slot: usize): u64 {
  if (slot == hart + CROSSING_SLOTS) return <u32>load<u64>(hart, DECODED_BITS);
  const slots = CODE_SLOTS + ((slot - CODE_SLOTS) / CODE_PAGE_STRIDE) * CODE_PAGE_STRIDE;
  const address = ramOfSlots(slots) + ((slot - slots) >> SLOT_PC_SHIFT);
  const low = load<u16>(address);
  return (low & 3) == 3 ? load<u32>(address) : low;
}

/** Address in this memory of the frame that a code page caches. */
function ramOfSlots(slots: usize): usize {
  const page = (slots - CODE_SLOTS) / CODE_PAGE_STRIDE;
  return RAM + (load<u32>(page << 2, CODE_OWNERS) - 1) * PAGE_SIZE;
}

/** Slots of a frame's code page, which takes the place of the oldest one if it is new. */
function codePage(frame: usize): usize {
  const known = load<u16>(frame << 1, FRAME_CODE);
  if (known) return slotsOf(known - 1);
  const page = load<u32>(NEXT_CODE_PAGE);
  store<u32>(NEXT_CODE_PAGE, (page + 1) % CODE_PAGES);
  release(page);

  const slots = slotsOf(page);
  memory.fill(slots, <u8>OP_UNDECODED, PAGE_SLOTS);
  storeOp(slots + PAGE_SLOTS, OP_PAGE_END);
  store<u32>(page << 2, frame + 1, CODE_OWNERS);
  store<u16>(frame << 1, page + 1, FRAME_CODE);
  store<u8>(frame, load<u8>(frame, FRAME_FLAGS) | FRAME_CODE_CACHED, FRAME_FLAGS);
  flushFrameStores(frame);
  return slots;
}

/** Gives a code page back; no hart finds its slots any more. */
function release(page: u32): void {
  const owner = load<u32>(page << 2, CODE_OWNERS);
  if (!owner) return;
  const frame = owner - 1;
  store<u32>(page << 2, 0, CODE_OWNERS);
  store<u16>(frame << 1, 0, FRAME_CODE);
  store<u8>(frame, load<u8>(frame, FRAME_FLAGS) & ~FRAME_CODE_CACHED, FRAME_FLAGS);
  flushFetches(slotsOf(page));
}

function slotsOf(page: u32): usize {
  return CODE_SLOTS + page * CODE_PAGE_STRIDE;
}

function storeOp(slot: usize, op: i32): void {
  store<u16>(slot, <u16>op, SLOT_OP);
  store<u16>(slot, <u16>op, SLOT_REAL_OP);
}

/** Everything in the frame has to be decoded again, breakpoints included. */
export function dropCode(frame: u32): void {
  const known = load<u16>(frame << 1, FRAME_CODE);
  if (known) memory.fill(slotsOf(known - 1), <u8>OP_UNDECODED, PAGE_SLOTS);
}

export function dropAll(): void {
  for (let page: u32 = 0; page < <u32>CODE_PAGES; page++) release(page);
  store<u32>(NEXT_CODE_PAGE, 0);
  for (let hart: usize = HARTS; hart < hartsEnd(); hart += HART_STRIDE) {
    store<u64>(hart, 0, DECODED_BITS);
    flushFast(hart);
  }
}
