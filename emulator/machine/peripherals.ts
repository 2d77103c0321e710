/** The devices, wired to the harts and to time. */
import { Bus } from '../devices/bus.ts';
import { Clint } from '../devices/clint.ts';
import { Finisher } from '../devices/finisher.ts';
import { InputQueue } from '../devices/input.ts';
import { type ConsoleName, Keyboard } from '../devices/keyboard.ts';
import { Plic } from '../devices/plic.ts';
import { GoldfishRtc } from '../devices/rtc.ts';
import type { Stateful } from '../devices/state.ts';
import { Uart } from '../devices/uart.ts';
import type { CopyOnWriteDisk } from '../devices/virtio/disk.ts';
import type { GuestMemory } from '../devices/virtio/memory.ts';
import { RTC_INTERRUPT, UART_INTERRUPT } from '../memoryMap.ts';
import { Clock } from './clock.ts';
import type { Hart } from './hart.ts';
import type { EngineMemory } from './memory.ts';
import type { DmaWrite } from './observer.ts';
import { earliest, type TimedEvents } from './scheduler.ts';
import type { ExitReason } from './stop.ts';
import { SupervisorTimers } from './supervisorTimers.ts';
import { VirtioDevices } from './virtioDevices.ts';
import { InterruptWires } from './wires.ts';

export interface PeripheralConnections {
  readonly harts: readonly Hart[];
  readonly memory: EngineMemory;
  readonly clock: Clock;
  /** See `ClintConnections`. */
  readonly timerInterrupt: number;
  /** RAM, for devices that reach into it. */
  readonly ram: GuestMemory;
  readonly disk: CopyOnWriteDisk | undefined;
  readonly consoleWrite: (bytes: Uint8Array) => void;
  /** A device has written to RAM. */
  readonly dmaWritten: (write: DmaWrite) => void;
  readonly powerOff: (reason: ExitReason, status: number) => void;
  /** A wire, a deadline or the power changed: the scheduler has to look again. */
  readonly changed: () => void;
}

export class Peripherals implements TimedEvents {
  readonly bus: Bus;
  readonly input = new InputQueue();
  readonly #clock: Clock;
  readonly #clint: Clint;
  readonly #supervisorTimers: SupervisorTimers;
  readonly #plic: Plic;
  readonly #uart: Uart;
  readonly #rtc: GoldfishRtc;
  readonly #virtio: VirtioDevices;
  readonly #keyboard: Keyboard;
  readonly #consoleWrite: (bytes: Uint8Array) => void;

  constructor(connections: PeripheralConnections) {
    const { harts, memory, clock, timerInterrupt, powerOff, changed } = connections;
    const now = (): bigint => clock.time;
    this.#clock = clock;
    this.#consoleWrite = connections.consoleWrite;
    this.#keyboard = new Keyboard(this.input, now);
    const wire = new InterruptWires(harts, changed).drive;
    this.#clint = new Clint(harts.length, { time: clock, wire, timerInterrupt, deadlineChanged: changed });
    this.#supervisorTimers = new SupervisorTimers(harts, memory, clock, wire);
    this.#plic = new Plic(harts.length, wire, (source) => {
      if (source === UART_INTERRUPT) this.#uart.interruptTaken();
    });
    this.#uart = new Uart({
      send: (byte) => this.#print('uart', Uint8Array.of(byte)),
      receive: () => this.#keyboard.take('uart'),
      interrupt: (level) => this.#plic.setSource(UART_INTERRUPT, level),
    });
    this.#rtc = new GoldfishRtc({
      now,
      interrupt: (level) => this.#plic.setSource(RTC_INTERRUPT, level),
      deadlineChanged: changed,
    });
    this.#virtio = new VirtioDevices({
      memory: connections.ram,
      dmaWritten: connections.dmaWritten,
      now,
      interrupt: (source, level) => this.#plic.setSource(source, level),
      deadlineChanged: changed,
      disk: connections.disk,
      console: {
        send: (bytes) => this.#print('virtio', bytes),
        hasInput: () => this.#keyboard.hasInput('virtio'),
        receive: () => this.#keyboard.take('virtio'),
      },
    });
    const finisher = new Finisher((reason, status) => {
      powerOff(reason, status);
      changed();
    });
    this.bus = new Bus([
      this.#clint,
      this.#plic,
      this.#uart,
      ...this.#virtio.transports,
      this.#rtc,
      finisher,
    ]);
  }

  get stateful(): readonly Stateful[] {
    return [
      this.#clint,
      this.#plic,
      this.#uart,
      this.#rtc,
      ...this.#virtio.transports,
      this.#keyboard,
      this.input,
    ];
  }

  /** What the guest's firmware prints: its console is the UART. */
  consoleWrite(bytes: Uint8Array): void {
    this.#print('uart', bytes);
  }

  /** What the guest's firmware reads as console input. */
  consoleRead(): number | undefined {
    return this.#uart.takeByte();
  }

  /** SBI's timer: that of Sstc if the hart has it, as OpenSBI does. */
  setTimer(hart: Hart, mtime: bigint): void {
    if (!this.#supervisorTimers.set(hart, mtime)) this.#clint.setTimer(hart.id, mtime);
  }

  /** Drive all wires again, after a hart was reset. */
  drive(): void {
    this.#clint.drive();
    this.#supervisorTimers.update();
    this.#plic.drive();
  }

  service(): void {
    this.#clint.update();
    this.#supervisorTimers.update();
    this.#uart.poll();
    this.#rtc.service();
    if (this.#keyboard.takeArrival()) this.#virtio.inputArrived();
    this.#virtio.service();
  }

  nextEvent(): bigint | undefined {
    const timers = [this.#clint.nextEvent(), this.#supervisorTimers.nextEvent()];
    const next = earliest([
      ...timers.map((mtime) => (mtime === undefined ? undefined : Clock.timeOf(mtime))),
      this.input.nextArrival(this.#clock.time),
      this.#rtc.nextEvent(),
      this.#virtio.nextEvent(),
    ]);
    return next === undefined || Clock.isNever(next) ? undefined : next;
  }

  /** The keyboard follows: input that waits for the other console is this one's now. */
  #print(console: ConsoleName, bytes: Uint8Array): void {
    this.#consoleWrite(bytes);
    if (!this.#keyboard.printed(console)) return;
    if (console === 'uart') this.#uart.poll();
    else this.#virtio.inputArrived();
  }
}
