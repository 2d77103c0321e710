/** Answers what the WebAssembly modules ask while they run. Nothing a guest does makes any of these throw. */
import type { Bus } from '../devices/bus.ts';
import { ACCESS_OLD, ACCESS_PHYSICAL, ACCESS_VALUE, HART_STRIDE, HARTS, PC } from '../layout.ts';
import { type Moment, readTrap, readWatched } from './access.ts';
import type { Clock } from './clock.ts';
import type { Decoder } from './decoder.ts';
import type { EngineHost } from './engine.ts';
import type { EngineMemory } from './memory.ts';
import type { PageTableStore } from './observer.ts';
import type { Work } from './scheduler.ts';
import type { StopControl } from './stopControl.ts';

/** What the host needs of the rest of the machine; there after the engine has been started. */
export interface HostParts {
  readonly memory: EngineMemory;
  readonly clock: Clock;
  readonly bus: Bus;
  readonly decoder: Decoder;
  readonly stops: StopControl;
  /** A device was written: has anything changed that the scheduler must look at? */
  readonly needsScheduler: () => boolean;
  readonly pageTableStore: (store: PageTableStore) => void;
  readonly satpWritten: (hart: number) => void;
  readonly tlbFlushed: (hart: number) => void;
  readonly pmpWritten: (hart: number) => void;
}

export class Host implements EngineHost, Work {
  calls = 0;
  #parts: HostParts | undefined;

  connect(parts: HostParts): void {
    this.#parts = parts;
  }

  isDevice(pa: bigint, size: number): number {
    return this.#called().bus.accepts(BigInt.asUintN(64, pa), size) ? 1 : 0;
  }

  mmioRead(_hart: number, pa: bigint, size: number): bigint {
    return BigInt.asIntN(64, this.#called().bus.read(BigInt.asUintN(64, pa), size));
  }

  mmioWrite(_hart: number, pa: bigint, value: bigint, size: number): number {
    const { bus, needsScheduler } = this.#called();
    bus.write(BigInt.asUintN(64, pa), size, value);
    return needsScheduler() ? 1 : 0;
  }

  trap(hart: number): number {
    const parts = this.#called();
    return parts.stops.trap(readTrap(parts.memory, this.#moment(parts, hart))) ? 1 : 0;
  }

  watch(hart: number): number {
    const parts = this.#called();
    return parts.stops.watch(readWatched(parts.memory, this.#moment(parts, hart))) ? 1 : 0;
  }

  breakpoint(hart: number): number {
    const parts = this.#called();
    return parts.stops.breakpoint(this.#moment(parts, hart)) ? 1 : 0;
  }

  pageTableStore(hart: number): void {
    const parts = this.#called();
    const { memory, clock } = parts;
    parts.pageTableStore({
      hart: hartId(hart),
      step: clock.step,
      pc: memory.u64(hart + PC),
      physical: memory.u64(ACCESS_PHYSICAL),
      oldValue: memory.u64(ACCESS_OLD),
      newValue: memory.u64(ACCESS_VALUE),
    });
  }

  satpWritten(hart: number): void {
    this.#called().satpWritten(hartId(hart));
  }

  tlbFlushed(hart: number): void {
    this.#called().tlbFlushed(hartId(hart));
  }

  pmpWritten(hart: number): void {
    this.#called().pmpWritten(hartId(hart));
  }

  decode(slot: number): void {
    this.#called().decoder.decode(slot);
  }

  decodeWord(slot: number, bits: number): void {
    this.#called().decoder.decodeWord(slot, bits);
  }

  #moment({ memory, clock }: HostParts, hart: number): Moment {
    return { hart: hartId(hart), step: clock.step, pc: memory.u64(hart + PC) };
  }

  /** Something is asked for: whom it is asked of. */
  #called(): HostParts {
    this.calls++;
    if (this.#parts === undefined) throw new Error('the engine runs before the machine is complete');
    return this.#parts;
  }
}

function hartId(block: number): number {
  return (block - HARTS) / HART_STRIDE;
}
