/** The platform-level interrupt controller (RISC-V PLIC specification 1.0.0), two contexts a hart: M, then S. */
import { INTERRUPT, PLIC_BASE, PLIC_SIZE, PLIC_SOURCES } from '../memoryMap.ts';
import type { Device, HartWire } from './device.ts';
import type { StateVisitor } from './state.ts';

const PENDING = 0x1000;
const ENABLE = 0x2000;
const ENABLE_STRIDE = 0x80;
const CONTEXT = 0x20_0000;
const CONTEXT_STRIDE = 0x1000;
const CLAIM = 4;
const PRIORITY_MASK = 7;
/** Source numbers from 0, which does not exist. */
const NUMBERS = PLIC_SOURCES + 1;
const WORDS = Math.ceil(NUMBERS / 32);
/** Which bits of an enable or pending word are sources. */
const EXISTING = Uint32Array.from({ length: WORDS }, (_, word) => {
  const bits = NUMBERS - word * 32;
  return (bits >= 32 ? 0xffff_ffff : (1 << bits) - 1) & (word === 0 ? ~1 : ~0);
});

interface Context {
  readonly hart: number;
  readonly interrupt: number;
  readonly enable: Uint32Array;
  threshold: number;
}

export class Plic implements Device {
  readonly name = 'plic';
  readonly base = PLIC_BASE;
  readonly size = PLIC_SIZE;
  readonly widths = [4];
  readonly #wire: HartWire;
  readonly #priority = new Uint32Array(NUMBERS);
  /** The sources' wires. */
  readonly #level = new Uint32Array(WORDS);
  readonly #pending = new Uint32Array(WORDS);
  /** Claimed and not completed: the gateway lets nothing through. */
  readonly #claimed = new Uint32Array(WORDS);
  readonly #contexts: readonly Context[];

  readonly #claimedSource: (source: number) => void;

  /** `claimed` is told of each source whose interrupt a hart takes. */
  constructor(harts: number, wire: HartWire, claimed: (source: number) => void = () => undefined) {
    this.#wire = wire;
    this.#claimedSource = claimed;
    this.#contexts = Array.from({ length: harts * 2 }, (_, index) => ({
      hart: index >> 1,
      interrupt: index % 2 === 0 ? INTERRUPT.machineExternal : INTERRUPT.supervisorExternal,
      enable: new Uint32Array(WORDS),
      threshold: 0,
    }));
  }

  /** A source's wire. What was requested stays pending when it falls before anybody claimed it (section 1.2.1). */
  setSource(source: number, level: boolean): void {
    if (getBit(this.#level, source) === level) return;
    setBit(this.#level, source, level);
    if (!level || getBit(this.#claimed, source)) return;
    setBit(this.#pending, source, true);
    this.drive();
  }

  read(offset: number): bigint {
    return BigInt(this.#readWord(offset));
  }

  write(offset: number, _width: number, value: bigint): void {
    this.#writeWord(offset, Number(value));
    this.drive();
  }

  visit(state: StateVisitor): void {
    const arrays = [this.#priority, this.#level, this.#pending, this.#claimed];
    for (const array of [...arrays, ...this.#contexts.map(({ enable }) => enable)]) {
      array.forEach((word, index) => {
        array[index] = state.u32(word);
      });
    }
    for (const context of this.#contexts) context.threshold = state.u32(context.threshold);
  }

  #readWord(offset: number): number {
    if (offset < PENDING) return this.#priority[offset >> 2] ?? 0;
    if (offset < ENABLE) return this.#pending[(offset - PENDING) >> 2] ?? 0;
    if (offset < CONTEXT) {
      const context = this.#contexts[Math.floor((offset - ENABLE) / ENABLE_STRIDE)];
      return context?.enable[(offset % ENABLE_STRIDE) >> 2] ?? 0;
    }
    const context = this.#contexts[Math.floor((offset - CONTEXT) / CONTEXT_STRIDE)];
    if (context === undefined) return 0;
    const register = offset % CONTEXT_STRIDE;
    if (register === 0) return context.threshold;
    return register === CLAIM ? this.#claim(context) : 0;
  }

  #writeWord(offset: number, value: number): void {
    if (offset < PENDING) {
      const source = offset >> 2;
      if (source > 0 && source < NUMBERS) this.#priority[source] = value & PRIORITY_MASK;
    } else if (offset >= ENABLE && offset < CONTEXT) {
      const enable = this.#contexts[Math.floor((offset - ENABLE) / ENABLE_STRIDE)]?.enable;
      const word = (offset % ENABLE_STRIDE) >> 2;
      if (enable !== undefined && word < WORDS) enable[word] = value & EXISTING[word]!;
    } else if (offset >= CONTEXT) {
      const context = this.#contexts[Math.floor((offset - CONTEXT) / CONTEXT_STRIDE)];
      const register = offset % CONTEXT_STRIDE;
      if (context !== undefined && register === 0) context.threshold = value & PRIORITY_MASK;
      if (context !== undefined && register === CLAIM) this.#complete(context, value);
    }
  }

  #claim(context: Context): number {
    const source = this.#best(context);
    if (source > 0) {
      setBit(this.#pending, source, false);
      setBit(this.#claimed, source, true);
      this.#claimedSource(source);
      this.drive();
    }
    return source;
  }

  #complete(context: Context, source: number): void {
    if (source >= NUMBERS || !getBit(context.enable, source)) return;
    setBit(this.#claimed, source, false);
    setBit(this.#pending, source, getBit(this.#level, source));
  }

  /** The pending, enabled source of highest priority above the threshold; the lowest number among equals; 0 for none. */
  #best(context: Context): number {
    let best = 0;
    let bestPriority = context.threshold;
    for (let word = 0; word < WORDS; word++) {
      let ready = this.#pending[word]! & context.enable[word]!;
      while (ready !== 0) {
        const bit = 31 - Math.clz32(ready & -ready);
        ready &= ready - 1;
        const source = word * 32 + bit;
        if (this.#priority[source]! > bestPriority) {
          best = source;
          bestPriority = this.#priority[source]!;
        }
      }
    }
    return best;
  }

  /** Drive the wires of all contexts. */
  drive(): void {
    for (const context of this.#contexts) {
      this.#wire(context.hart, context.interrupt, this.#best(context) > 0);
    }
  }
}

function getBit(words: Uint32Array, index: number): boolean {
  return ((words[index >> 5] ?? 0) & (1 << (index & 31))) !== 0;
}

function setBit(words: Uint32Array, index: number, value: boolean): void {
  const mask = 1 << (index & 31);
  const old = words[index >> 5] ?? 0;
  words[index >> 5] = value ? old | mask : old & ~mask;
}
