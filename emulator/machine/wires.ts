/** The interrupt wires from devices into harts. */
import type { HartWire } from '../devices/device.ts';
import { INTERRUPT } from '../memoryMap.ts';
import type { Hart } from './hart.ts';

export class InterruptWires {
  readonly #harts: readonly Hart[];
  readonly #changed: () => void;

  /** `changed` is told whenever a wire rises or falls. */
  constructor(harts: readonly Hart[], changed: () => void) {
    this.#harts = harts;
    this.#changed = changed;
  }

  readonly drive: HartWire = (id, interrupt, level) => {
    const hart = this.#harts[id]!;
    const bit = 1 << interrupt;
    if (((hart.wires & bit) !== 0) === level) return;
    // S-mode's timer has no wire: M-mode firmware raises STIP, and built-in firmware does so through the CLINT.
    if (interrupt === INTERRUPT.supervisorTimer) hart.setPending(bit, level ? bit : 0);
    else hart.setWires(bit, level ? bit : 0);
    this.#changed();
  };
}
