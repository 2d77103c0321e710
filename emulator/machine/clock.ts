/** Time as the guest has it: steps, and the idle time that was skipped. */
import type { Timebase } from '../devices/device.ts';
import { BUDGET, END_STEP, IDLE_STEPS, STEPS_PER_TICK } from '../layout.ts';
import type { EngineMemory } from './memory.ts';

const TICK = BigInt(STEPS_PER_TICK);

export class Clock implements Timebase {
  readonly #memory: EngineMemory;

  constructor(memory: EngineMemory) {
    this.#memory = memory;
  }

  /** Steps done. Exact also inside a run. */
  get step(): bigint {
    return this.#memory.u64(END_STEP) - BigInt(this.#memory.i32(BUDGET));
  }

  set step(step: bigint) {
    this.#memory.setU64(END_STEP, step);
    this.#memory.setI32(BUDGET, 0);
  }

  /** Steps skipped while every hart waited. */
  get idle(): bigint {
    return this.#memory.u64(IDLE_STEPS);
  }

  /** Steps done or skipped: what time is made of. */
  get time(): bigint {
    return BigInt.asUintN(64, this.step + this.idle);
  }

  /** Let time pass without a step. */
  skipTo(time: bigint): void {
    this.#memory.setU64(IDLE_STEPS, time - this.step);
  }

  /** The first time at which mtime has this value. */
  static timeOf(mtime: bigint): bigint {
    return mtime * TICK;
  }

  read(): bigint {
    return this.time / TICK;
  }

  write(mtime: bigint): void {
    this.skipTo(Clock.timeOf(mtime));
  }
}
