/** Carries out what was decided about a refused store, while the machine stands right before it. DESIGN.md §4. */
import type { Machine } from '../../emulator/index.ts';
import type { SealChoice } from './choice.ts';
import type { Refusal } from './refusal.ts';

/** PTE bits (privileged spec, "Sv39: Addressing and Memory Protection"). */
const WRITE = 1n << 2n;
const ACCESSED = 1n << 6n;
const DIRTY = 1n << 7n;

/**
 * Prepares the machine so that its next run does what the choice means:
 *
 * - `oops`: the trap is delivered. A what-if seal raises it as a page without W would.
 * - `retry`, `log`: W in every leaf that refuses, every hart's TLB flushed; the store runs again and succeeds. A and D
 *   are set too, for a machine whose page walks do not set them: the guest must not fault a second time. Of a what-if
 *   seal `retry` drops the seal, and `log` nothing: the store passes, and the next one is refused again.
 * - `write-once`: the store goes through as if W were set; no page-table entry and no TLB changes.
 * - `skip`: the instruction completes without its write. An AMO still loads its old value, an SC still succeeds.
 *
 * A bypass is refused by nothing: `oops` raises the page fault that the seal would have raised, `skip` drops the
 * write, and everything else lets the store happen as the hardware does.
 */
export function carryOut(machine: Machine, refusal: Refusal, choice: SealChoice): void {
  if (choice === 'skip') machine.override('drop');
  else if (refusal.whatIf === undefined) carryOutAtPage(machine, refusal, choice);
  else if (choice === 'oops') machine.refuseStore(refusal.trap.value);
  else if (choice === 'retry') refusal.whatIf.drop();
}

/** The watchpoint of a what-if seal lets the store pass at which it has stopped; a page has to be made to. */
function carryOutAtPage(machine: Machine, refusal: Refusal, choice: Exclude<SealChoice, 'skip'>): void {
  if (refusal.bypass !== undefined) {
    if (choice === 'oops') machine.refuseStore(refusal.trap.value);
    return;
  }
  switch (choice) {
    case 'oops':
      return;
    case 'write-once':
      machine.override('write');
      return;
    case 'retry':
    case 'log':
      for (const { refused, leaf } of refusal.pages)
        if (refused) machine.setPte(leaf.pteAddress, leaf.pte | WRITE | ACCESSED | DIRTY);
      machine.flushTlbs();
  }
}
