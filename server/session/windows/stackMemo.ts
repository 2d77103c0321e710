/**
 * Stacks that were unwound before. A kernel that patches itself opens tens of thousands of windows from the same place:
 * where a hart stands at the same pc with the same stack pointer, and every return address on the stack is the one
 * that was there, the call chain is the same, and need not be looked for in the unwind information again.
 */
import type { Machine } from '../../../emulator/index.ts';
import type { Activation, UnwoundStack } from '../../sealing/windows/windowTracker.ts';
import type { GuestInspector } from '../inspect/guestInspector.ts';
import type { Frame } from '../inspect/inspector.ts';

interface Known {
  readonly ra: bigint;
  /** Where return addresses are saved, and which. */
  readonly saved: readonly (readonly [address: bigint, value: bigint])[];
  readonly stack: UnwoundStack;
}

const [RA, SP] = [1, 2];
const DEPTH = 64;
const MAX_KNOWN = 1024;
const PAGE = 4096n;

export class StackMemo {
  readonly #machine: Machine;
  readonly #inspector: GuestInspector;
  readonly #known = new Map<string, Known>();

  constructor(machine: Machine, inspector: GuestInspector) {
    this.#machine = machine;
    this.#inspector = inspector;
  }

  stackOf(hartId: number): UnwoundStack {
    const hart = this.#machine.harts[hartId]!;
    const key = `${hart.pc} ${hart.register(SP)}`;
    const known = this.#known.get(key);
    if (known?.ra === hart.register(RA) && this.#holds(hartId, known)) return known.stack;
    const { frames } = this.#inspector.stack(hartId, DEPTH);
    const places = frames.map(({ place }) => place);
    const stack: UnwoundStack = {
      places,
      activationOf: (place) => activationIn(frames, places.indexOf(place)),
    };
    const saved = this.#savedIn(hartId, frames);
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    if (saved !== undefined) this.#known.set(key, { ra: hart.register(RA), saved, stack });
    return stack;
  }

  /** Undefined where a return address is not where the calling convention puts it, below the caller's frame. */
  #savedIn(hart: number, frames: readonly Frame[]): Known['saved'] | undefined {
    const real = frames.filter(({ symbols }) => !symbols.inlined);
    const read = this.#reader(hart);
    const saved: [bigint, bigint][] = [];
    for (const [index, { place }] of real.slice(1).entries()) {
      const address = (real[index]?.symbols.cfa ?? 0n) - 8n;
      if (read(address) === place.pc) saved.push([address, place.pc]);
      else if (index > 0 || this.#machine.harts[hart]!.register(RA) !== place.pc) return undefined;
    }
    return saved;
  }

  #holds(hart: number, { saved }: Known): boolean {
    const read = this.#reader(hart);
    return saved.every(([address, value]) => read(address) === value);
  }

  /** Doublewords of the hart's memory; a stack is a few pages, each of which is translated once. */
  #reader(hart: number): (address: bigint) => bigint | undefined {
    let [page, frame]: [bigint, bigint | undefined] = [-1n, undefined];
    return (address) => {
      const base = address & ~(PAGE - 1n);
      if (base !== page) [page, frame] = [base, this.#machine.virtual.physicalOf(hart, base)];
      return frame === undefined ? undefined : this.#machine.memory.read64(frame + (address - base));
    };
  }
}

/** @param level Of the frame, which may be that of an inlined function; negative for none. */
function activationIn(frames: readonly Frame[], level: number): Activation | undefined {
  const real = frames.findIndex((frame, index) => index >= level && !frame.symbols.inlined);
  const { [real]: own, [real + 1]: caller } = frames;
  const cfa = own?.symbols.cfa;
  return level < 0 || caller === undefined || cfa === undefined
    ? undefined
    : { returnPc: caller.place.pc, cfa };
}
