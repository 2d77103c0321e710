/** Time as the guest has it: steps, and the idle time that was skipped. */
import type { Timebase } from '../devices/device.ts';
import { BUDGET, END_STEP, IDLE_STEPS, START_STEP, STEPS_PER_TICK } from '../layout.ts';
import type { EngineMemory } from './memory.ts';

const TICK = BigInt(STEPS_PER_TICK);
/** 2 ** 62 steps: 1,400 years at 100 MIPS. */
const TIME_BITS = 62;

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
    this.#begin(step, 0);
  }

  /** A run of at most `budget` steps begins now. */
  beginRun(budget: number): void {
    this.#begin(this.step, budget);
  }

  /** It has ended: the step is what the engine made of it. */
  endRun(): void {
    this.#begin(this.step, 0);
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

  /** Whether a time is so far away that it never comes. */
  static isNever(time: bigint): boolean {
    return time >> BigInt(TIME_BITS) !== 0n;
  }

  /** The first time at which mtime has this value. */
  static timeOf(mtime: bigint): bigint {
    return mtime * TICK;
  }

  read(): bigint {
    return this.time / TICK;
  }

  /** Times that no 64-bit clock at this rate could reach wrap around. */
  write(mtime: bigint): void {
    this.skipTo(BigInt.asUintN(TIME_BITS, Clock.timeOf(mtime)));
  }

  #begin(step: bigint, budget: number): void {
    this.#memory.setU64(START_STEP, step);
    this.#memory.setU64(END_STEP, step + BigInt(budget));
    this.#memory.setI32(BUDGET, budget);
  }
}
