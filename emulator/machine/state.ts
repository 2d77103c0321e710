/** Everything that decides the machine's future, as bytes: for snapshots and for the state hash. */
import { StateReader, type Stateful, StateWriter } from '../devices/state.ts';
import {
  DTLB,
  HART_STRIDE,
  HARTS,
  OVERRIDE,
  OVERRIDE_NONE,
  PC_BASE,
  PRIVILEGE,
  RAM,
  TLBS_END,
  X,
  X_SINK,
  CSRS,
  CROSSING_SLOTS,
  F,
} from '../layout.ts';
import type { Clock } from './clock.ts';
import type { Engine } from './engine.ts';
import { StateHash } from './hash.ts';
import type { Power } from './power.ts';
import type { ExitStop } from './stop.ts';

/** A moment of a machine. Belongs to machines of the same configuration; immutable. */
export interface Snapshot {
  readonly step: bigint;
  readonly idle: bigint;
  readonly exit: ExitStop | undefined;
  readonly harts: Uint8Array;
  readonly ram: Uint8Array;
  /** Devices, firmware and scheduler. */
  readonly parts: Uint8Array;
}

export interface StateParts {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly power: Power;
  readonly hartCount: number;
  readonly ramBytes: number;
  /** In a fixed order. */
  readonly stateful: readonly Stateful[];
}

/** Stretches of a hart's block that the guest can tell apart; the rest is derived from them. */
const ARCHITECTURAL: readonly (readonly [start: number, end: number])[] = [
  [X, X + X_SINK * 8],
  [F, PC_BASE],
  [PRIVILEGE, CSRS],
  [CSRS, CROSSING_SLOTS],
  [DTLB, TLBS_END],
];

export class MachineState {
  readonly #parts: StateParts;

  constructor(parts: StateParts) {
    this.#parts = parts;
  }

  snapshot(): Snapshot {
    const { clock, power } = this.#parts;
    return {
      step: clock.step,
      idle: clock.idle,
      exit: power.exit,
      harts: this.#harts.slice(),
      ram: this.#ram.slice(),
      parts: this.#write(),
    };
  }

  /** The caller drops what it has derived. */
  restore(snapshot: Snapshot): void {
    const { engine, clock, power, stateful } = this.#parts;
    this.#harts.set(snapshot.harts);
    this.#ram.set(snapshot.ram);
    clock.step = snapshot.step;
    clock.skipTo(snapshot.step + snapshot.idle);
    power.exit = snapshot.exit;
    engine.memory.setI32(OVERRIDE, OVERRIDE_NONE);
    const reader = new StateReader(snapshot.parts);
    for (const part of stateful) part.visit(reader);
    engine.core.dropAll();
  }

  hash(): string {
    const { engine, clock, hartCount } = this.#parts;
    const hash = new StateHash().number(clock.step).number(clock.idle);
    for (let hart = 0; hart < hartCount; hart++) {
      const block = HARTS + hart * HART_STRIDE;
      for (const [start, end] of ARCHITECTURAL)
        hash.update(engine.memory.bytes.subarray(block + start, block + end));
    }
    return hash.update(this.#write()).update(this.#ram).digest();
  }

  get #harts(): Uint8Array {
    return this.#parts.engine.memory.bytes.subarray(HARTS, HARTS + this.#parts.hartCount * HART_STRIDE);
  }

  get #ram(): Uint8Array {
    return this.#parts.engine.memory.bytes.subarray(RAM, RAM + this.#parts.ramBytes);
  }

  #write(): Uint8Array {
    const writer = new StateWriter();
    for (const part of this.#parts.stateful) part.visit(writer);
    return writer.finish();
  }
}
