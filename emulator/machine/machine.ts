/** The machine: what it consists of, put together, and the handles to it. */
import { merge } from '../devices/device.ts';
import { tohostExit } from '../devices/htif.ts';
import type { InputBatch } from '../devices/input.ts';
import { CopyOnWriteDisk, type DiskChange } from '../devices/virtio/disk.ts';
import { BuiltinFirmware } from '../firmware/firmware.ts';
import {
  BUILTIN_FIRMWARE,
  EXTENSIONS,
  FRAME_PAGE_TABLE,
  HART_COUNT,
  INTERRUPT_FILTER,
  MAX_SATP_MODE,
  OVERRIDE,
  OVERRIDE_ADDRESS,
  OVERRIDE_DROP,
  OVERRIDE_FAULT,
  OVERRIDE_STEP,
  OVERRIDE_WRITE,
  RAM_BYTES,
  SATP_SV39,
  SATP_SV48,
  SATP_SV57,
  TRAP_FILTER,
} from '../layout.ts';
import { INTERRUPT } from '../memoryMap.ts';
import { type FrameMarker, MappingIndex } from '../permissions/mappingIndex.ts';
import { type BootLayout, fillRam, planBoot, startHarts } from './boot.ts';
import { ROOT_MASK } from '../permissions/view.ts';
import { Breakpoints } from './breakpoints.ts';
import { Clock } from './clock.ts';
import { type MachineConfig, type MmuMode, resolveConfig, type ResolvedConfig } from './config.ts';
import { Decoder } from './decoder.ts';
import { type Engine, startEngine } from './engine.ts';
import { FrameFlags } from './frameFlags.ts';
import { Hart } from './hart.ts';
import { Host } from './host.ts';
import type { Placed } from './image.ts';
import type { MachineObserver, PageTableStore, TrapFilter } from './observer.ts';
import { Observers } from './observers.ts';
import { Peripherals } from './peripherals.ts';
import { PhysicalMemory } from './physicalMemory.ts';
import { Power } from './power.ts';
import { sbiPlatform } from './sbiPlatform.ts';
import { Scheduler } from './scheduler.ts';
import { MachineState, type Snapshot } from './state.ts';
import type { ExitStop, Stop, Trap } from './stop.ts';
import { StopControl } from './stopControl.ts';
import { VirtualMemory } from './virtualMemory.ts';
import { Watches } from './watches.ts';

export interface RunOptions {
  /** Come back when this hart has done one step; the others have their turns as always. */
  readonly stepHart?: number | undefined;
  /**
   * Come back, with `limit` although steps are left, after about this many calls from the engine to TypeScript
   * (device accesses, decoding, observers, SBI), which take microseconds each: it bounds the time a run takes. A
   * change of page tables counts as a call for every piece of a followed range that had to be looked at.
   */
  readonly calls?: number | undefined;
}

/** What to do with the store at which the machine stands, even if its page refuses it. */
export type StoreOverride = 'write' | 'drop';

const LARGEST_SATP_MODE: Readonly<Record<MmuMode, number>> = {
  sv39: SATP_SV39,
  sv48: SATP_SV48,
  sv57: SATP_SV57,
};
const TOHOST_SIZE = 8n;
/**
 * Steps that hart 0 runs before the others leave reset, under M-mode firmware: OpenSBI boots on the hart that comes
 * first, and a race for that, decided by the size of a device tree, would make every such boot look different. With
 * eight harts it has chosen after four million steps.
 */
const HEAD_START = 10_000_000;

export class Machine {
  readonly config: ResolvedConfig;
  readonly harts: readonly Hart[];
  /** RAM by guest-physical address. */
  readonly memory: PhysicalMemory;
  /** Page tables, TLBs, and RAM by virtual address. */
  readonly virtual: VirtualMemory;
  readonly breakpoints: Breakpoints;
  readonly watches: Watches;
  /** Ranges of virtual addresses whose page-table entries are followed store by store. */
  readonly mappings: MappingIndex;
  /** Frames whose stores `pageTableStore` tells observers of. */
  readonly tableFrames: FrameMarker;
  readonly #layout: BootLayout;
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #observers = new Observers();
  readonly #frames: FrameFlags;
  readonly #power = new Power();
  readonly #disk: CopyOnWriteDisk | undefined;
  readonly #peripherals: Peripherals;
  readonly #stops: StopControl;
  readonly #scheduler: Scheduler;
  readonly #state: MachineState;

  /** Throws ConfigurationError when no such machine can be made. */
  static async create(config: MachineConfig): Promise<Machine> {
    const resolved = resolveConfig(config);
    const layout = planBoot(resolved);
    const host = new Host();
    const machine = new Machine(resolved, layout, await startEngine(resolved.memory, host), host);
    machine.#powerOn();
    return machine;
  }

  private constructor(config: ResolvedConfig, layout: BootLayout, engine: Engine, host: Host) {
    const { memory, core } = engine;
    const builtin = config.firmware === 'builtin';
    this.config = config;
    this.#layout = layout;
    this.#disk = config.disk === undefined ? undefined : new CopyOnWriteDisk(config.disk);
    this.#engine = engine;
    this.#clock = new Clock(memory);
    this.harts = Array.from({ length: config.harts }, (_, id) => new Hart(id, memory, core));
    this.#frames = new FrameFlags(memory, core);
    this.memory = new PhysicalMemory(memory, core, config.memory, () => this.#replaced());
    this.virtual = new VirtualMemory(memory, core, this.memory, this.harts);
    const worked = (pieces: number): void => this.#scheduler.worked(pieces);
    this.tableFrames = {
      mark: (frame) => this.#frames.add(frame, FRAME_PAGE_TABLE),
      unmark: (frame) => this.#frames.remove(frame, FRAME_PAGE_TABLE),
    };
    this.mappings = new MappingIndex(this.memory, this.tableFrames, worked);
    this.breakpoints = new Breakpoints(memory);
    this.watches = new Watches({
      frames: this.#frames,
      mappings: this.mappings,
      ramBytes: config.memory,
      roots: () => this.harts.map(({ id }) => this.virtual.satp(id) & ROOT_MASK),
      physicalOf: (hart, address) => this.virtual.physicalOf(hart, address),
      worked,
    });
    this.#stops = new StopControl(this.breakpoints, this.watches);
    this.#peripherals = new Peripherals({
      harts: this.harts,
      memory,
      clock: this.#clock,
      ram: this.memory,
      disk: this.#disk,
      timerInterrupt: builtin ? INTERRUPT.supervisorTimer : INTERRUPT.machineTimer,
      consoleWrite: (bytes) => this.#observers.console(bytes),
      dmaWritten: (write) => this.#observers.dmaWritten(write),
      powerOff: (reason, status) => this.#power.off(reason, status),
      changed: () => this.#scheduler.lookAgain(),
    });
    const firmware = builtin ? this.#builtinFirmware() : undefined;
    this.#scheduler = new Scheduler({
      engine,
      clock: this.#clock,
      harts: this.harts,
      events: this.#peripherals,
      stops: this.#stops,
      power: this.#power,
      firmware,
      quantum: config.quantum,
      firstTurn: typeof config.firmware === 'string' ? config.quantum : HEAD_START,
      work: host,
    });
    this.#state = new MachineState({
      engine,
      clock: this.#clock,
      power: this.#power,
      hartCount: config.harts,
      ramBytes: config.memory,
      stateful: [
        ...this.#peripherals.stateful,
        this.#scheduler,
        ...(firmware === undefined ? [] : [firmware]),
      ],
    });
    host.connect({
      memory,
      clock: this.#clock,
      bus: this.#peripherals.bus,
      decoder: new Decoder(memory, this.breakpoints, config.isa.all),
      stops: this.#stops,
      needsScheduler: () => this.#scheduler.looksAgain,
      pageTableStore: (store) => this.#pageTableStore(store),
      satpWritten: (hart) => this.#satpWritten(hart),
      tlbFlushed: (hart) => this.#observers.tlbFlushed(hart),
      pmpWritten: (hart) => this.#observers.pmpWritten(hart),
    });
  }

  // --- running -------------------------------------------------------------------------------------------------

  /** Run for at most `limit` steps. The stop says why it came back; see `Stop`. */
  run(limit: bigint, { stepHart, calls = Infinity }: RunOptions = {}): Stop {
    return this.#scheduler.run(limit, stepHart, calls);
  }

  /** Make the run in progress, or the next one, come back with `request`. In an observer: after the instruction. */
  requestStop(): void {
    this.#scheduler.requestStop();
  }

  /** Instructions retired and traps taken by all harts: the machine's one measure of progress. Exact in observers. */
  get step(): bigint {
    return this.#clock.step;
  }

  /** Steps skipped while every hart waited. */
  get idleSteps(): bigint {
    return this.#clock.idle;
  }

  /** How the guest ended the run; undefined while the machine is on. */
  get exit(): ExitStop | undefined {
    return this.#power.exit;
  }

  /** The hart whose turn it is: if it can run, it does the next step. */
  get currentHart(): number {
    return this.#scheduler.turn;
  }

  // --- stopping and observing ----------------------------------------------------------------------------------

  /** Which traps `trapDecider` is asked about. */
  get trapFilter(): TrapFilter {
    const { memory } = this.#engine;
    return { exceptions: memory.u64(TRAP_FILTER), interrupts: memory.u64(INTERRUPT_FILTER) };
  }

  set trapFilter({ exceptions, interrupts }: TrapFilter) {
    this.#engine.memory.setU64(TRAP_FILTER, exceptions);
    this.#engine.memory.setU64(INTERRUPT_FILTER, interrupts);
  }

  /** Asked, before it is delivered, about each trap that the filter lets through; true stops. Default: always. */
  set trapDecider(decide: (trap: Trap) => boolean) {
    this.#stops.trapDecider = decide;
  }

  /** Asked at each breakpoint that is reached; true stops. Default: always. */
  set breakpointDecider(decide: (hart: number, pc: bigint) => boolean) {
    this.#stops.breakpointDecider = decide;
  }

  /** An observer has done work that takes as long as so many calls; see `RunOptions.calls`. */
  worked(calls: number): void {
    this.#scheduler.worked(calls);
  }

  /** Returns the function that ends it. */
  observe(observer: MachineObserver): () => void {
    return this.#observers.add(observer);
  }

  // --- changing ------------------------------------------------------------------------------------------------

  /** Let the store at which the machine stands happen whatever its page permits, or all about it but the write. */
  override(what: StoreOverride): void {
    this.#override(what === 'write' ? OVERRIDE_WRITE : OVERRIDE_DROP);
  }

  /**
   * Refuse the store at which the machine stands, as a page without W would: with a store page fault.
   * @param address What stval will hold.
   */
  refuseStore(address: bigint): void {
    this.#engine.memory.setU64(OVERRIDE_ADDRESS, address);
    this.#override(OVERRIDE_FAULT);
  }

  /**
   * From here on the harts' turns have lengths that a seed draws: another interleaving of the same harts, the same
   * for the same seed. 0: as configured. It is a setting, and in no snapshot.
   */
  interleave(seed: number): void {
    this.#scheduler.interleave(seed);
  }

  /** Write a page-table entry, as a debugger; false outside RAM. `flushTlbs` makes harts notice. */
  setPte(pteAddress: bigint, pte: bigint): boolean {
    return this.memory.write64(pteAddress, pte);
  }

  /** sfence.vma of everything on every hart. */
  flushTlbs(): void {
    for (const { id, block } of this.harts) {
      this.#engine.core.fence(block, 0n, -1n, 0n, 0);
      this.#observers.tlbFlushed(id);
    }
  }

  /** Console input that arrives at `time` (steps, idle ones included; default now). */
  sendInput(bytes: Uint8Array, time: bigint = this.#clock.time): void {
    this.#peripherals.input.push(bytes, time);
  }

  /** All console input so far: sent to a fresh machine, it makes the same run. */
  get inputLog(): readonly InputBatch[] {
    return this.#peripherals.input.log;
  }

  /** What the guest has written to its disk so far, by ranges; the disk's source itself is never written. */
  get diskChanges(): readonly DiskChange[] {
    return this.#disk?.changes ?? [];
  }

  // --- as a whole ----------------------------------------------------------------------------------------------

  /** The device tree that the guest was given. */
  get dtb(): Uint8Array {
    return this.#layout.dtb;
  }

  /** What was loaded where. */
  get placed(): readonly Placed[] {
    return this.#layout.placed;
  }

  snapshot(): Snapshot {
    return this.#state.snapshot();
  }

  /** Go back (or forth) to a snapshot of this machine, or of one made from the same configuration. */
  restore(snapshot: Snapshot): void {
    this.#state.restore(snapshot);
    this.#frames.reapply();
    this.#stops.forget();
    this.#replaced();
  }

  /** 32 hexadecimal digits over everything that decides the future; what debuggers do leaves it alone. */
  stateHash(): string {
    return this.#state.hash();
  }

  #override(code: number): void {
    const { memory } = this.#engine;
    memory.setI32(OVERRIDE, code);
    memory.setU64(OVERRIDE_STEP, this.#clock.step);
  }

  #powerOn(): void {
    const { memory, core } = this.#engine;
    const { config } = this;
    memory.setI32(RAM_BYTES, config.memory);
    memory.setI32(HART_COUNT, config.harts);
    memory.setI32(MAX_SATP_MODE, LARGEST_SATP_MODE[config.mmu]);
    memory.setI32(EXTENSIONS, config.isa.mask);
    memory.setI32(BUILTIN_FIRMWARE, config.firmware === 'builtin' ? 1 : 0);
    this.#clock.step = 0n;
    fillRam(memory, this.#layout);
    for (const hart of this.harts) core.reset(hart.block);
    startHarts(this.harts, config, this.#layout);
    if (config.tohost !== undefined) this.#watchTohost(config.tohost);
  }

  #watchTohost(tohost: bigint): void {
    this.watches.add({
      space: 'physical',
      start: tohost,
      length: TOHOST_SIZE,
      access: 'write',
      observe: ({ physical, size, newValue }) => {
        const old = this.memory.read64(tohost) ?? 0n;
        const exit = tohostExit(merge(old, Number(physical - tohost), size, newValue));
        if (exit !== undefined) this.#power.off(exit.reason, exit.status);
        return exit !== undefined;
      },
    });
  }

  #builtinFirmware(): BuiltinFirmware {
    return new BuiltinFirmware(
      sbiPlatform({
        engine: this.#engine,
        clock: this.#clock,
        harts: this.harts,
        memory: this.memory,
        peripherals: this.#peripherals,
        power: this.#power,
        observers: this.#observers,
      }),
    );
  }

  #pageTableStore(store: PageTableStore): void {
    const changed = this.mappings.stored(store.physical);
    const moved = changed.filter((change) => change.moved);
    if (moved.length > 0) this.watches.translationChanged(new Set(moved.map(({ mapping }) => mapping)));
    this.#observers.pageTableStore(store, changed);
  }

  #satpWritten(hart: number): void {
    this.watches.translationChanged('all');
    this.#observers.satpWritten(hart);
  }

  #replaced(): void {
    const changed = this.mappings.refresh();
    this.watches.translationChanged('all');
    this.#observers.stateReplaced(changed);
  }
}
