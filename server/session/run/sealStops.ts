/** Which seals stop the guest: every one, or the next one. */
import type { SealChange } from '../../sealing/sealEvent.ts';

export class SealStops {
  /** Stop at every seal. */
  always: boolean;
  /** Stop at the next one, for the command that runs now. */
  once = false;
  #taken: SealChange | undefined;

  constructor(always: boolean) {
    this.always = always;
  }

  /** Whether the guest has to stop for this change. */
  note(change: SealChange): boolean {
    const isSeal = change.kind === 'sealed' || change.kind === 'resealed';
    if (!isSeal || !(this.always || this.once)) return false;
    this.#taken = change;
    return true;
  }

  /** The seal to stop at, once. */
  take(): SealChange | undefined {
    const taken = this.#taken;
    this.#taken = undefined;
    return taken;
  }
}
