/** Decodes instructions into code pages when the interpreter reaches them for the first time. */
import type { Extension } from '../isa/extensions.ts';
import { decodeIntoSlot } from '../isa/slot.ts';
import { lengthOf } from '../isa/table.ts';
import {
  CODE_OWNERS,
  CODE_PAGE_STRIDE,
  CODE_SLOTS,
  OP_CROSS_PAGE,
  PAGE_SIZE,
  RAM,
  SLOT_OP,
  SLOT_REAL_OP,
  SLOT_SIZE,
} from '../layout.ts';
import type { Breakpoints } from './breakpoints.ts';
import type { EngineMemory } from './memory.ts';

const LAST_HALFWORD = PAGE_SIZE - 2;
/** Page offset of an instruction that has none: no jump of it is near. */
const CROSSING = -1;

export class Decoder {
  readonly #memory: EngineMemory;
  readonly #breakpoints: Breakpoints;
  readonly #extensions: ReadonlySet<Extension>;

  constructor(memory: EngineMemory, breakpoints: Breakpoints, extensions: ReadonlySet<Extension>) {
    this.#memory = memory;
    this.#breakpoints = breakpoints;
    this.#extensions = extensions;
  }

  /** Fill a slot of a code page from the frame that the page caches. */
  decode(slot: number): void {
    const { view } = this.#memory;
    const place = (slot >>> 0) - CODE_SLOTS;
    const page = Math.floor(place / CODE_PAGE_STRIDE);
    const pageOffset = ((place % CODE_PAGE_STRIDE) / SLOT_SIZE) * 2;
    const frame = view.getUint32(CODE_OWNERS + page * 4, true) - 1;
    const code = RAM + frame * PAGE_SIZE + pageOffset;
    const low = view.getUint16(code, true);
    if (pageOffset === LAST_HALFWORD && lengthOf(low) === 4) {
      view.setUint16(slot + SLOT_OP, OP_CROSS_PAGE, true);
      view.setUint16(slot + SLOT_REAL_OP, OP_CROSS_PAGE, true);
    } else {
      const bits = pageOffset === LAST_HALFWORD ? low : view.getInt32(code, true);
      decodeIntoSlot(view, slot, bits, { pageOffset }, this.#extensions);
    }
    this.#breakpoints.cover(slot, pageOffset);
  }

  /** Fill one of a hart's crossing slots (`crossing`), or another one that lies in no code page. */
  decodeWord(slot: number, bits: number): void {
    decodeIntoSlot(this.#memory.view, slot, bits, { pageOffset: CROSSING }, this.#extensions);
  }
}
