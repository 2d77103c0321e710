/** Zicbom and Zicboz (unprivileged spec, "CMO Extensions"). There is no cache: managing a block only asks for permission. */
import { ACCESS_LOAD, ACCESS_STORE } from '../layout';
import { CBCFE, CBIE, CBZE, enabled } from './envcfg';
import { enter } from './hart';
import { begin, refused, storeSlow, vacant } from './memory';
import { inRam } from './ram';
import { illegal } from './system';
import { NOWHERE, cause, commit, physicallyAllowed, translate } from './translate';
import { LOAD_PAGE_FAULT, STORE_PAGE_FAULT } from './trap';

/** Bytes; the device tree says so. */
const BLOCK = 64;
const INVAL = 0;
const ZERO = 4;
/** From the cause of a refused load to that of a refused store. */
const AS_STORE = STORE_PAGE_FAULT - LOAD_PAGE_FAULT;

export function cacheBlock(hart: usize, slot: usize, va: u64, operation: i32): i32 {
  const field = operation == ZERO ? CBZE : operation == INVAL ? CBIE : CBCFE;
  if (!enabled(hart, field)) return illegal(hart, slot);
  return operation == ZERO ? storeSlow(hart, slot, va & ~(BLOCK - 1), 0, BLOCK) : manage(hart, slot, va);
}

/** Permitted where a load is, and refused like a store. */
function manage(hart: usize, slot: usize, va: u64): i32 {
  enter(hart, slot);
  begin(ACCESS_STORE, va, 0, 1);
  const pa = translate(hart, va, ACCESS_LOAD);
  if (pa == NOWHERE || !physicallyAllowed(hart, pa & ~(BLOCK - 1), BLOCK, ACCESS_LOAD)) {
    refused(hart, cause + AS_STORE, va);
    return 0;
  }
  if (!inRam(pa)) {
    vacant(hart, ACCESS_STORE, va);
    return 0;
  }
  commit(hart, va, ACCESS_LOAD);
  return 1;
}
