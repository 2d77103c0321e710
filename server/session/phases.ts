/** The phases of a run, from boot to seal to fault: what happened to the seals, and what explains it. */
import type { HartEvent } from '../../emulator/index.ts';
import type { CodePlace } from '../sealing/codePlace.ts';
import { callerOf } from '../sealing/runtimeRoot.ts';
import type { Moment, SealChange } from '../sealing/sealEvent.ts';
import { faultText, sealerOf } from '../sealing/story.ts';
import type { SessionEvent } from './events.ts';
import type { Phase, PhaseState, Phases } from './phase.ts';

/** How the regions stand, by number. */
export interface SealCount {
  readonly regions: number;
  readonly sealed: number;
  /** Regions of which some pages are sealed, or some mappings. */
  readonly partial: number;
  readonly degraded: boolean;
}

/** The first ones tell how the guest came up, the latest ones what it does now. */
const [FIRST, LATEST] = [64, 192];

export class GuestPhases implements Phases {
  readonly #count: () => SealCount;
  readonly #began: (phase: Phase) => void;
  readonly #list: Phase[] = [{ kind: 'boot', step: 0n, hart: undefined, text: 'booted', place: undefined }];
  readonly #stopped = new Set<number>();
  readonly #told = new Set<string>();
  #everSealed = false;

  /** @param began Told of each new phase. */
  constructor(count: () => SealCount, began: (phase: Phase) => void) {
    this.#count = count;
    this.#began = began;
  }

  get list(): readonly Phase[] {
    return this.#list;
  }

  get current(): PhaseState {
    const { regions, sealed, partial, degraded } = this.#count();
    if (degraded) return 'degraded';
    if (sealed > 0 || partial > 0) return sealed === regions ? 'sealed' : 'partly-sealed';
    return regions === 0 || this.#everSealed ? 'unsealed' : 'booting';
  }

  /** Something happened in the session. */
  note(event: SessionEvent): void {
    switch (event.type) {
      case 'seal':
        this.#sealed(event.change);
        break;
      case 'refusedStore': {
        const { refused, action } = event;
        // A store that is refused over and over is one thing that happened.
        const key = `${refused.place.pc}@${refused.object?.symbol ?? refused.address}`;
        if (action === 'ignored' || (action !== 'ask' && this.#told.has(key))) break;
        this.#told.add(key);
        const text = `${faultText(refused)} (hart ${refused.hart})`;
        this.#begin({ kind: 'fault', step: refused.step, hart: refused.hart, text, place: refused.place });
        break;
      }
      case 'exited':
        this.#begin({
          kind: 'exit',
          step: event.step,
          hart: undefined,
          text: `ended: ${event.exit.reason}`,
          place: undefined,
        });
        break;
    }
  }

  /** @param stack Of the hart whose call it was, innermost first. */
  noteHart({ kind, step, hart, by, retentive }: HartEvent, stack: readonly CodePlace[]): void {
    // Idle loops suspend retentively all the time.
    if (retentive || step === 0n) return;
    const place = callerOf(stack);
    const caller = by === undefined ? '' : ` by ${place?.function ? `${place.function} on ` : ''}hart ${by}`;
    if (kind === 'stop') this.#stopped.add(hart);
    else if (kind === 'start') {
      // The first start is part of booting, unless the kernel was sealed by then.
      const isLate = this.#stopped.has(hart) || this.#everSealed;
      this.#begin({
        kind: isLate ? 'hotplug' : 'boot',
        step,
        hart,
        text: `hart ${hart} started${caller}`,
        place,
      });
    } else {
      const text = kind === 'suspend' ? `hart ${hart} suspended${caller}` : `hart ${hart} resumed`;
      this.#begin({ kind, step, hart, text, place });
    }
  }

  #sealed({ kind, moment, regions }: SealChange): void {
    const { regions: all, sealed } = this.#count();
    const isPart = kind === 'sealed' && sealed < all;
    this.#everSealed ||= kind === 'sealed' || kind === 'resealed';
    const names = regions.map(({ name }) => name).join(', ');
    const what = isPart ? `${names} sealed` : kind === 'sealed' ? 'sealed' : `${names} ${kind}`;
    const { step, hart } = moment;
    this.#begin({
      kind: isPart ? 'partly-sealed' : kind,
      step,
      hart,
      text: `${what}${byText(moment)}`,
      place: sealerOf(moment),
    });
  }

  #begin(phase: Phase): void {
    this.#list.push(phase);
    if (this.#list.length > FIRST + LATEST) this.#list.splice(FIRST, 1);
    this.#began(phase);
  }
}

function byText(moment: Moment): string {
  const { function: name } = sealerOf(moment);
  return name === '' ? ` on hart ${moment.hart}` : ` by ${name} (hart ${moment.hart})`;
}
