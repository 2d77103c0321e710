/** SiFive's core-local interruptor: software interrupts and the timer of each hart. */
import { CLINT_BASE, CLINT_SIZE, INTERRUPT } from '../memoryMap.ts';
import { type Device, type HartWire, merge, slice, type Timebase } from './device.ts';
import type { StateVisitor } from './state.ts';

const MTIMECMP = 0x4000;
const MTIME = 0xbff8;
const NEVER = 0xffff_ffff_ffff_ffffn;

export interface ClintConnections {
  readonly time: Timebase;
  readonly wire: HartWire;
  /** The bit of mip that an elapsed timer raises: MTIP, or STIP where SBI is built in. */
  readonly timerInterrupt: number;
  /** `nextEvent` may give another answer now. */
  readonly deadlineChanged: () => void;
}

export class Clint implements Device {
  readonly name = 'clint';
  readonly base = CLINT_BASE;
  readonly size = CLINT_SIZE;
  readonly widths = [4, 8];
  readonly #time: Timebase;
  readonly #wire: HartWire;
  readonly #timerInterrupt: number;
  readonly #deadlineChanged: () => void;
  readonly #msip: boolean[];
  readonly #mtimecmp: bigint[];

  constructor(harts: number, connections: ClintConnections) {
    this.#time = connections.time;
    this.#wire = connections.wire;
    this.#timerInterrupt = connections.timerInterrupt;
    this.#deadlineChanged = connections.deadlineChanged;
    this.#msip = new Array<boolean>(harts).fill(false);
    this.#mtimecmp = new Array<bigint>(harts).fill(NEVER);
  }

  /** Arm a hart's timer: its interrupt is pending whenever mtime ≥ `mtime`. */
  setTimer(hart: number, mtime: bigint): void {
    this.#mtimecmp[hart] = BigInt.asUintN(64, mtime);
    this.#deadlineChanged();
    this.update();
  }

  /** The next mtime at which a timer elapses that has not elapsed yet; undefined for never. */
  nextEvent(): bigint | undefined {
    const now = this.#time.read();
    let next: bigint | undefined;
    for (const time of this.#mtimecmp) {
      if (time > now && time !== NEVER && (next === undefined || time < next)) next = time;
    }
    return next;
  }

  /** Drive the timer wires from mtime. */
  update(): void {
    const now = this.#time.read();
    this.#mtimecmp.forEach((time, hart) => this.#wire(hart, this.#timerInterrupt, now >= time));
  }

  /** Drive all wires, after a hart was reset. */
  drive(): void {
    this.update();
    this.#msip.forEach((level, hart) => this.#wire(hart, INTERRUPT.machineSoftware, level));
  }

  read(offset: number, width: number): bigint {
    if (offset < this.#msip.length * 4) {
      const low = this.#msip[offset >> 2] === true ? 1n : 0n;
      return width === 8 && this.#msip[(offset >> 2) + 1] === true ? low | (1n << 32n) : low;
    }
    if (offset >= MTIME) return slice(this.#time.read(), offset & 7, width);
    const hart = (offset - MTIMECMP) >> 3;
    return slice(this.#mtimecmp[hart] ?? 0n, offset & 7, width);
  }

  write(offset: number, width: number, value: bigint): void {
    if (offset < MTIMECMP) {
      for (let part = 0; part < width; part += 4)
        this.#setSoftware((offset + part) >> 2, slice(value, part, 4));
    } else if (offset >= MTIME) {
      this.#time.write(merge(this.#time.read(), offset & 7, width, value));
      this.#deadlineChanged();
      this.update();
    } else {
      const hart = (offset - MTIMECMP) >> 3;
      const old = this.#mtimecmp[hart];
      if (old !== undefined) this.setTimer(hart, merge(old, offset & 7, width, value));
    }
  }

  visit(state: StateVisitor): void {
    this.#msip.forEach((level, hart) => {
      this.#msip[hart] = state.u32(level ? 1 : 0) === 1;
    });
    this.#mtimecmp.forEach((time, hart) => {
      this.#mtimecmp[hart] = state.u64(time);
    });
  }

  #setSoftware(hart: number, value: bigint): void {
    if (hart >= this.#msip.length) return;
    this.#msip[hart] = (value & 1n) === 1n;
    this.#wire(hart, INTERRUPT.machineSoftware, this.#msip[hart]);
  }
}
