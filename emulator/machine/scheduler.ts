/**
 * Whose turn it is. Harts run round robin, a quantum of steps each; the hart whose turn it is and what is left of its
 * quantum are state, so a pause anywhere changes nothing. Runs end exactly where a timer elapses or input arrives.
 */
import type { Stateful, StateVisitor } from '../devices/state.ts';
import { BUDGET, EXIT_NONE, EXIT_REASON, EXIT_RESCHEDULE, EXIT_SBI } from '../layout.ts';
import type { Clock } from './clock.ts';
import type { Engine } from './engine.ts';
import type { Hart } from './hart.ts';
import type { Power } from './power.ts';
import type { Stop } from './stop.ts';
import type { StopControl } from './stopControl.ts';

/** Things that happen at a point in time and not because of an instruction. */
export interface TimedEvents {
  /** Do everything that is due. */
  service(): void;
  /** When the next thing happens (Clock.time); undefined for never. */
  nextEvent(): bigint | undefined;
}

/** The first of these times; undefined (never) if none of them comes. */
export function earliest(times: readonly (bigint | undefined)[]): bigint | undefined {
  let first: bigint | undefined;
  for (const time of times) if (time !== undefined && (first === undefined || time < first)) first = time;
  return first;
}

/** How much the engine has asked of TypeScript: devices, decoding, observers. */
export interface Work {
  calls: number;
}

/** SBI, where it is built in. */
export interface Firmware {
  /** Serve the ecall at which this hart stands. */
  call(hart: Hart): void;
  /** Wake the suspended harts that have something to wake for. */
  resumeSuspended(): void;
}

/**
 * A hart that runs alone needs no turns. But device accesses and the like take microseconds of TypeScript instead of
 * nanoseconds, and only between engine runs can be seen how many there were.
 */
const MAX_BUDGET = 1 << 14;

/** Of turns that a seed draws: at most 4096 steps. */
const MAX_TURN_BITS = 12;

/** 32 bits that depend on all of both numbers (the finalizer of MurmurHash3). */
function mixed(seed: number, step: number): number {
  let bits = Math.imul(seed, 0x9e3779b1) ^ step;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

export class Scheduler implements Stateful {
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #harts: readonly Hart[];
  readonly #events: TimedEvents;
  readonly #stops: StopControl;
  readonly #power: Power;
  readonly #firmware: Firmware | undefined;
  readonly #quantum: number;
  readonly #work: Work;
  #turn = 0;
  /** Steps left of the turn. */
  #left: number;
  /** Of the lengths of turns; 0: every turn is a quantum. */
  #seed = 0;
  #stopRequested = false;
  /** The run in progress ends when more calls than this have been made. */
  #lastCall = Infinity;
  #looksAgain = false;

  constructor(parts: {
    engine: Engine;
    clock: Clock;
    harts: readonly Hart[];
    events: TimedEvents;
    stops: StopControl;
    power: Power;
    firmware: Firmware | undefined;
    quantum: number;
    /** Steps of hart 0's first turn. */
    firstTurn: number;
    work: Work;
  }) {
    this.#engine = parts.engine;
    this.#clock = parts.clock;
    this.#harts = parts.harts;
    this.#events = parts.events;
    this.#stops = parts.stops;
    this.#power = parts.power;
    this.#firmware = parts.firmware;
    this.#quantum = parts.quantum;
    this.#left = parts.firstTurn;
    this.#work = parts.work;
  }

  /** The hart whose turn it is. */
  get turn(): number {
    return this.#turn;
  }

  /** The run in progress, or the next one, comes back after the current instruction. */
  requestStop(): void {
    this.#stopRequested = true;
    this.#endEngineRun();
  }

  /** Turns, the one in progress included, have lengths that a seed draws; 0: those of the configuration. */
  interleave(seed: number): void {
    this.#seed = seed;
    if (seed !== 0) this.#left = this.#turnLength();
  }

  /** A function of the seed and the step alone. Short turns are as likely as long ones: races need both. */
  #turnLength(): number {
    if (this.#seed === 0) return this.#quantum;
    const random = mixed(this.#seed, Number(this.#clock.step & 0xffff_ffffn));
    const longest = 1 << (1 + (random % MAX_TURN_BITS));
    return 1 + ((random >>> 8) % longest);
  }

  /** After the current instruction. */
  #endEngineRun(): void {
    const { memory } = this.#engine;
    if (memory.i32(EXIT_REASON) === EXIT_NONE) memory.setI32(EXIT_REASON, EXIT_RESCHEDULE);
  }

  /** Work was done that is worth so many calls; when it is too much for the run in progress, that ends soon. */
  worked(calls: number): void {
    this.#work.calls += calls;
    if (this.#work.calls > this.#lastCall) this.#endEngineRun();
  }

  /** Wires, deadlines or the power changed: the engine's run has to end after the current instruction. */
  lookAgain(): void {
    this.#looksAgain = true;
  }

  /** `lookAgain` was called in the engine's run in progress. */
  get looksAgain(): boolean {
    return this.#looksAgain;
  }

  run(limit: bigint, stepHart: number | undefined, calls: number): Stop {
    const end = this.#clock.step + limit;
    this.#lastCall = this.#work.calls + calls;
    while (true) {
      if (this.#power.exit !== undefined) return this.#power.exit;
      if (this.#stopRequested) {
        this.#stopRequested = false;
        return { kind: 'request' };
      }
      if (this.#clock.step >= end || this.#work.calls > this.#lastCall) return { kind: 'limit' };
      this.#events.service();
      this.#firmware?.resumeSuspended();
      const hart = this.#pick();
      if (hart === undefined) {
        const next = this.#events.nextEvent();
        if (next === undefined) return { kind: 'idle' };
        this.#clock.skipTo(next);
        continue;
      }
      const stop = this.#runHart(hart, hart.id === stepHart ? 1 : this.#budget(end));
      if (stop.kind === 'stop') return stop.at;
      if (hart.id === stepHart && stop.steps > 0) return this.#stepped(stepHart);
    }
  }

  visit(state: StateVisitor): void {
    this.#turn = state.u32(this.#turn);
    this.#left = state.u32(this.#left);
  }

  /** The one step may have switched the machine off. */
  #stepped(hart: number): Stop {
    return this.#power.exit ?? { kind: 'step', hart };
  }

  /** The hart to run next; undefined when none can. */
  #pick(): Hart | undefined {
    const current = this.#harts[this.#turn]!;
    if (current.state === 'running' && this.#left > 0) return current;
    for (let distance = 1; distance <= this.#harts.length; distance++) {
      const hart = this.#harts[(this.#turn + distance) % this.#harts.length]!;
      if (hart.state !== 'running') continue;
      this.#turn = hart.id;
      this.#left = this.#turnLength();
      return hart;
    }
    return undefined;
  }

  /** Steps that may run before anything else has to be looked at. At least 1. */
  #budget(end: bigint): number {
    let budget = end - this.#clock.step;
    const next = this.#events.nextEvent();
    if (next !== undefined && next - this.#clock.time < budget) budget = next - this.#clock.time;
    // A hart that runs alone may have many turns at once; only events can end that, and they end the run.
    const alone = this.#harts.every(({ id, state }) => id === this.#turn || state !== 'running');
    const most = alone ? MAX_BUDGET : this.#left;
    return budget > most ? most : Number(budget);
  }

  #runHart(hart: Hart, budget: number): { kind: 'ran'; steps: number } | { kind: 'stop'; at: Stop } {
    const { memory } = this.#engine;
    memory.setI32(EXIT_REASON, EXIT_NONE);
    this.#looksAgain = false;
    this.#clock.beginRun(budget);
    this.#engine.run(hart.block, budget);
    const steps = budget - memory.i32(BUDGET);
    const exit = memory.i32(EXIT_REASON);
    this.#clock.endRun();
    hart.retire(steps);
    this.#use(steps);
    const at = this.#stops.take();
    if (at !== undefined) return { kind: 'stop', at: this.#power.exit ?? at };
    if (exit !== EXIT_SBI || this.#firmware === undefined) return { kind: 'ran', steps };
    this.#firmware.call(hart);
    this.#work.calls++;
    this.#clock.step += 1n;
    this.#use(1);
    return { kind: 'ran', steps: steps + 1 };
  }

  /** Steps of the hart whose turn it is; when it had many turns, the rest of the last one is left. */
  #use(steps: number): void {
    const left = this.#left - steps;
    this.#left = left >= 0 ? left : ((left % this.#quantum) + this.#quantum) % this.#quantum;
  }
}
