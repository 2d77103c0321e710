/** Sstc: where M-mode has switched it on, S-mode's timer interrupt is pending whenever mtime ≥ stimecmp. */
import type { HartWire } from '../devices/device.ts';
import { MENVCFG, STIMECMP } from '../layout.ts';
import { INTERRUPT } from '../memoryMap.ts';
import type { Clock } from './clock.ts';
import type { Hart } from './hart.ts';
import type { EngineMemory } from './memory.ts';

const STCE = 1n << 63n;
const STIMECMP_CSR = 0x14d;

export class SupervisorTimers {
  readonly #harts: readonly Hart[];
  readonly #memory: EngineMemory;
  readonly #clock: Clock;
  readonly #wire: HartWire;

  constructor(harts: readonly Hart[], memory: EngineMemory, clock: Clock, wire: HartWire) {
    this.#harts = harts;
    this.#memory = memory;
    this.#clock = clock;
    this.#wire = wire;
  }

  /** False, and nothing done, if the hart's timer is not stimecmp. */
  set(hart: Hart, mtime: bigint): boolean {
    if (!this.#has(hart)) return false;
    hart.setCsr(STIMECMP_CSR, mtime);
    this.update();
    return true;
  }

  /** The next mtime at which a timer elapses that has not elapsed yet; undefined for never. */
  nextEvent(): bigint | undefined {
    const now = this.#clock.read();
    let next: bigint | undefined;
    for (const hart of this.#harts) {
      if (!this.#has(hart)) continue;
      const time = this.#deadline(hart);
      if (time > now && (next === undefined || time < next)) next = time;
    }
    return next;
  }

  /** Drive the pending bits from mtime. */
  update(): void {
    const now = this.#clock.read();
    for (const hart of this.#harts) {
      if (this.#has(hart)) this.#wire(hart.id, INTERRUPT.supervisorTimer, now >= this.#deadline(hart));
    }
  }

  #has(hart: Hart): boolean {
    return (this.#memory.u64(hart.block + MENVCFG) & STCE) !== 0n;
  }

  #deadline(hart: Hart): bigint {
    return this.#memory.u64(hart.block + STIMECMP);
  }
}
