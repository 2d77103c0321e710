/** The devices, wired to the harts and to time. */
import { Bus } from '../devices/bus.ts';
import { Clint } from '../devices/clint.ts';
import { Finisher } from '../devices/finisher.ts';
import { InputQueue } from '../devices/input.ts';
import { Plic } from '../devices/plic.ts';
import type { Stateful } from '../devices/state.ts';
import { Uart } from '../devices/uart.ts';
import { UART_INTERRUPT } from '../memoryMap.ts';
import { Clock } from './clock.ts';
import type { Hart } from './hart.ts';
import type { TimedEvents } from './scheduler.ts';
import type { ExitReason } from './stop.ts';
import { InterruptWires } from './wires.ts';

export interface PeripheralConnections {
  readonly harts: readonly Hart[];
  readonly clock: Clock;
  /** See `ClintConnections`. */
  readonly timerInterrupt: number;
  readonly consoleWrite: (bytes: Uint8Array) => void;
  readonly powerOff: (reason: ExitReason, status: number) => void;
  /** A wire, a deadline or the power changed: the scheduler has to look again. */
  readonly changed: () => void;
}

export class Peripherals implements TimedEvents {
  readonly bus: Bus;
  readonly input = new InputQueue();
  readonly #clock: Clock;
  readonly #clint: Clint;
  readonly #plic: Plic;
  readonly #uart: Uart;

  constructor({ harts, clock, timerInterrupt, consoleWrite, powerOff, changed }: PeripheralConnections) {
    this.#clock = clock;
    const wire = new InterruptWires(harts, changed).drive;
    this.#clint = new Clint(harts.length, { time: clock, wire, timerInterrupt, deadlineChanged: changed });
    this.#plic = new Plic(harts.length, wire);
    this.#uart = new Uart({
      send: (byte) => consoleWrite(Uint8Array.of(byte)),
      receive: () => this.input.take(clock.time),
      interrupt: (level) => this.#plic.setSource(UART_INTERRUPT, level),
    });
    const finisher = new Finisher((reason, status) => {
      powerOff(reason, status);
      changed();
    });
    this.bus = new Bus([this.#clint, this.#plic, this.#uart, finisher]);
  }

  get stateful(): readonly Stateful[] {
    return [this.#clint, this.#plic, this.#uart, this.input];
  }

  /** What the guest's firmware reads as console input. */
  consoleRead(): number | undefined {
    return this.#uart.takeByte();
  }

  setTimer(hart: Hart, mtime: bigint): void {
    this.#clint.setTimer(hart.id, mtime);
  }

  /** Drive all wires again, after a hart was reset. */
  drive(): void {
    this.#clint.drive();
    this.#plic.drive();
  }

  service(): void {
    this.#clint.update();
    this.#uart.poll();
  }

  nextEvent(): bigint | undefined {
    const mtime = this.#clint.nextEvent();
    const timer = mtime === undefined ? undefined : Clock.timeOf(mtime);
    const input = this.input.nextArrival(this.#clock.time);
    const next = timer === undefined || (input !== undefined && input < timer) ? input : timer;
    return next === undefined || Clock.isNever(next) ? undefined : next;
  }
}
