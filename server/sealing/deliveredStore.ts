/**
 * The refused store whose trap was delivered last. A guest's handler may find that the fault could be a stale
 * translation, and run the instruction again: Linux does so once after it has mapped kernel memory anew
 * (`new_vmalloc_check` in arch/riscv/kernel/entry.S). The fault that follows is the same refusal, not another.
 */
import type { Machine, Trap } from '../../emulator/index.ts';
import type { RefusedStore } from './refusedStore.ts';

/** Steps of all harts within which a handler goes back; what takes longer has done something about the fault. */
const SOON = 10_000n;

export class DeliveredStore {
  #latest: RefusedStore | undefined;

  note(refused: RefusedStore): void {
    this.#latest = refused;
  }

  /** Whether the guest runs the store again that was delivered to it, every register as it was. True once. */
  isRetried(machine: Machine, { hart, pc, step, store }: Trap): boolean {
    const latest = this.#latest;
    if (latest?.hart !== hart || latest.place.pc !== pc || latest.address !== store?.address) return false;
    if (step - latest.step > SOON) return false;
    const { [hart]: now } = machine.harts;
    if (latest.registers.some((value, index) => now?.register(index) !== value)) return false;
    this.#latest = undefined;
    return true;
  }
}
