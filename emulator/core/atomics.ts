/** AMO, LR and SC (unprivileged spec, "A" extension): naturally aligned, RAM only. */
import {
  ACCESS_AMO,
  ACCESS_LOAD,
  ACCESS_SC,
  EXIT_NONE,
  EXIT_REASON,
  FAST_READ,
  FAST_WRITE,
  RESERVATION,
  RESERVED_VALUE,
  SLOT_RD,
  X,
} from '../layout';
import { complete, enter } from './hart';
import { begin, check, dataEntry, fillRead, refused, stopsAtWatch, storeAs, vacant } from './memory';
import { inRam, physicalOf, ramAddress } from './ram';
import { fastAddress, fastHit } from './tlb';
import { INSPECT, NOWHERE, commit, peek, physicallyAllowed, translate } from './translate';
import { LOAD_MISALIGNED, STORE_MISALIGNED, clearReservation } from './trap';

const INLINE = 1;
const FAILED = 2;

/** What the AMO in progress puts in rd. */
let amoOld: i64 = 0;

/**
 * Address of the old value, or 0: redirected. It may be read without W, so that an AMO which its page refuses can
 * tell what it would have written; `amoWrite` is the one that is refused.
 */
export function amoRead(hart: usize, slot: usize, va: u64, size: i32): usize {
  const entry = dataEntry(hart, FAST_WRITE, va);
  const misaligned = (va & (size - 1)) != 0;
  if (!misaligned && fastHit(entry, va)) return remembered(fastAddress(entry, va), size);
  enter(hart, slot);
  begin(ACCESS_AMO, va, 0, size);
  if (misaligned) {
    refused(hart, STORE_MISALIGNED, va);
    return 0;
  }
  let pa = translate(hart, va, INSPECT);
  if (pa == NOWHERE || !inRam(pa) || !physicallyAllowed(hart, pa, size, INSPECT)) {
    pa = check(hart, ACCESS_AMO, va, size); // says why not, the lack of W before that of memory
    if (pa == NOWHERE) return 0;
  }
  return remembered(ramAddress(pa), size);
}

export function amoWrite(hart: usize, slot: usize, va: u64, value: u64, size: i32): i32 {
  if (!storeAs(ACCESS_AMO, hart, slot, va, value, size)) return 0;
  return inlineUnlessExit(hart, slot, amoOld);
}

/** Address of the value, now reserved; or 0: redirected. */
export function lr(hart: usize, slot: usize, va: u64, size: i32): usize {
  const entry = dataEntry(hart, FAST_READ, va);
  const misaligned = (va & (size - 1)) != 0;
  if (!misaligned && fastHit(entry, va)) return reserved(hart, fastAddress(entry, va), size);
  enter(hart, slot);
  begin(ACCESS_LOAD, va, 0, size);
  if (misaligned) {
    refused(hart, LOAD_MISALIGNED, va);
    return 0;
  }
  const pa = check(hart, ACCESS_LOAD, va, size);
  if (pa == NOWHERE) return 0;
  if (!inRam(pa)) vacant(hart, ACCESS_LOAD, va);
  if (!inRam(pa) || stopsAtWatch(hart, pa, NOWHERE)) return 0;
  commit(hart, va, ACCESS_LOAD);
  fillRead(hart, va, pa);
  return reserved(hart, ramAddress(pa), size);
}

function reserved(hart: usize, address: usize, size: i32): usize {
  store<u64>(hart, physicalOf(address), RESERVATION);
  store<i64>(hart, signed(address, size), RESERVED_VALUE);
  return address;
}

/**
 * 1 = stored, 2 = failed, 0 = redirected. The reservation is lost if the bytes changed, whoever changed them; a
 * store of the same value goes unseen. It survives a stop, after which the instruction runs again.
 */
export function sc(hart: usize, slot: usize, va: u64, value: u64, size: i32): i32 {
  if (va & (size - 1)) {
    enter(hart, slot);
    begin(ACCESS_SC, va, value, size);
    refused(hart, STORE_MISALIGNED, va);
    return 0;
  }
  if (!isReserved(hart, va, size)) {
    clearReservation(hart);
    return FAILED;
  }
  if (!storeAs(ACCESS_SC, hart, slot, va, value, size)) return 0;
  clearReservation(hart);
  return inlineUnlessExit(hart, slot, 0);
}

function isReserved(hart: usize, va: u64, size: i32): bool {
  const pa = load<u64>(hart, RESERVATION);
  if (pa == NOWHERE) return false;
  const entry = dataEntry(hart, FAST_WRITE, va);
  const target = fastHit(entry, va) ? physicalOf(fastAddress(entry, va)) : peek(hart, va, ACCESS_SC);
  return target == pa && signed(ramAddress(pa), size) == load<i64>(hart, RESERVED_VALUE);
}

function remembered(address: usize, size: i32): usize {
  amoOld = signed(address, size);
  return address;
}

/** The host, hearing of this store, may want the run to end; then the instruction is completed here. */
function inlineUnlessExit(hart: usize, slot: usize, rd: u64): i32 {
  if (load<i32>(EXIT_REASON) == EXIT_NONE) return INLINE;
  enter(hart, slot);
  store<u64>(hart + load<u16>(slot, SLOT_RD), rd, X);
  complete(hart, slot);
  return 0;
}

function signed(address: usize, size: i32): i64 {
  return size == 8 ? load<i64>(address) : load<i32>(address);
}
