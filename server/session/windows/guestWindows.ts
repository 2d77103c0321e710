/** Windows, bypass stores and DMA of a session: what the tracker sees, with the names of the guest's code and data. */
import type { DmaWrite, Machine, WatchedAccess } from '../../../emulator/index.ts';
import type { NeighbourSymbol } from '../../sealing/refusedStore.ts';
import { refusalOfBypass, type Refusal } from '../../sealing/refusal.ts';
import type { Regions } from '../../sealing/regions.ts';
import { staleText } from '../../sealing/holes.ts';
import type { Bypass } from '../../sealing/windows/bypass.ts';
import { lengthOf, type Violation, type Window, type WindowStore } from '../../sealing/windows/window.ts';
import { WindowTracker, type PermissionSource } from '../../sealing/windows/windowTracker.ts';
import type { WindowRules } from '../../sealing/windows/windowRules.ts';
import type { ExceptionFilters } from '../breakpoints/exceptionFilters.ts';
import { SessionError } from '../errors.ts';
import type { SessionEvent } from '../events.ts';
import { hex, type Guest } from '../guest.ts';
import type { GuestInspector } from '../inspect/guestInspector.ts';
import type { CodeBreakpoints } from '../run/codeBreakpoints.ts';
import type { RaceReport, RaceRequest, Races } from './races.ts';
import { StackMemo } from './stackMemo.ts';
import type { DmaIntoSeal, Windows, WindowStoreView } from './windows.ts';

export interface GuestWindowsParts {
  readonly guest: Guest;
  readonly inspector: GuestInspector;
  readonly permissions: PermissionSource;
  readonly rules: WindowRules;
  readonly regions: Regions;
  readonly filters: ExceptionFilters;
  readonly code: CodeBreakpoints;
  readonly races: Races;
  readonly objectsWithin: (start: bigint, end: bigint) => NeighbourSymbol[];
  /** Whether every trap has to be asked about is another now. */
  readonly trapsMatter: () => void;
  readonly emit: (event: SessionEvent) => void;
  /** Nothing is judged: `rodata: off`. */
  readonly enabled: boolean;
}

const PAGE = 4096n;
const MAX_EXPOSED = 512;
const MAX_DMA = 1000;

export class GuestWindows implements Windows {
  readonly tracker: WindowTracker;
  readonly #parts: GuestWindowsParts;
  readonly #machine: Machine;
  readonly #dma: DmaIntoSeal[] = [];
  readonly #stopObserving: () => void;
  /** The first violation since the machine ran last, if it shall stop there. */
  #violation: Violation | undefined;

  constructor(parts: GuestWindowsParts) {
    this.#parts = parts;
    const { guest, inspector, permissions, rules, code, trapsMatter, emit } = parts;
    const { machine, space } = guest;
    const stacks = new StackMemo(machine, inspector);
    this.#machine = machine;
    this.tracker = new WindowTracker({
      machine,
      space,
      permissions,
      rules,
      stackOf: (hart) => stacks.stackOf(hart),
      placeOf: (pc) => inspector.placeOf(pc),
      watchReturn: (pc, on) => {
        if (on) code.add(pc);
        else code.delete(pc);
      },
      trapsMatter,
      opened: (window) => {
        emit({ type: 'window', step: window.opened.step, reason: 'opened', window });
        // The machine has to come back in time to see that it is open for too long.
        if (this.tracker.maxSteps !== undefined) machine.requestStop();
      },
      closed: (window) => emit({ type: 'window', step: machine.step, reason: 'closed', window }),
      violated: (violation) => this.#violated(violation),
    });
    this.#stopObserving = machine.observe({ dmaWritten: (write) => this.#dmaWritten(write) });
  }

  get list(): readonly Window[] {
    return this.tracker.windows;
  }

  get count(): number {
    return this.tracker.count;
  }

  get violations(): readonly Violation[] {
    return this.tracker.violations;
  }

  get violationCount(): number {
    return this.tracker.violationCount;
  }

  get dma(): readonly DmaIntoSeal[] {
    return this.#dma;
  }

  get histogram(): readonly number[] {
    return this.tracker.histogram.counts;
  }

  window(number: number): Window {
    const window = this.list.find((each) => each.number === number);
    if (window !== undefined) return window;
    const known = this.count === 0 ? 'there were none' : `there were ${this.count}`;
    throw new SessionError('request', `there is no window ${number} to look at; ${known}`);
  }

  lengthOf(window: Window): bigint {
    return lengthOf(window, this.#machine.step);
  }

  exposed({ pages }: Window): NeighbourSymbol[] {
    const found = new Map<bigint, NeighbourSymbol>();
    for (const { home } of pages) {
      for (const symbol of this.#parts.objectsWithin(home, home + PAGE)) {
        if (found.size >= MAX_EXPOSED) break;
        if (symbol.inRegion) found.set(symbol.address, symbol);
      }
    }
    return [...found.values()].sort((a, b) => (a.address < b.address ? -1 : 1));
  }

  storesIn(window: Window): WindowStoreView[] {
    return window.stores.map((store) => this.named(window, store));
  }

  named({ pages }: Window, store: WindowStore): WindowStoreView {
    const { inspector } = this.#parts;
    const page = pages.find(({ physical }) => physical === store.physical - (store.physical % PAGE));
    const home = page === undefined ? store.address : page.home + (store.physical - page.physical);
    return { ...store, place: inspector.placeOf(store.pc), object: inspector.nameOfData(home) };
  }

  races(number: number, request?: RaceRequest): Promise<RaceReport> {
    return this.#parts.races.explore(this.window(number), request);
  }

  /** A store to sealed memory at which the machine has stopped, that nothing refuses; undefined for any other. */
  refusalOf(access: WatchedAccess): Refusal | undefined {
    if (!this.#parts.enabled) return undefined;
    const bypass = this.tracker.bypassOf(access);
    return bypass && refusalOfBypass(this.#machine, access, bypass);
  }

  /** What permits a bypass, in words. */
  bypassText(hart: number, { kind, virtual, home, sealed }: Bypass): string {
    const page = hex(virtual - (virtual % PAGE));
    if (kind === 'no-paging') return `hart ${hart} runs without paging, and no PMP entry refuses the store`;
    if (kind === 'alias')
      return `${page} is a writable alias of the sealed page ${hex(home - (home % PAGE))}`;
    return staleText(hart, virtual, sealed, this.tracker.lastFence(hart));
  }

  /** The step before which the machine has to come back; undefined for no such step. */
  get deadline(): bigint | undefined {
    const { filters, rules } = this.#parts;
    this.tracker.maxSteps = filters.windowSteps ?? rules.maxSteps;
    return this.tracker.deadline;
  }

  /** The violation at which the machine has to stop, once. */
  takeViolation(): Violation | undefined {
    const { deadline } = this.tracker;
    if (deadline !== undefined && this.#machine.step >= deadline) this.tracker.overdue();
    const violation = this.#violation;
    this.#violation = undefined;
    return violation;
  }

  dispose(): void {
    this.#stopObserving();
    this.tracker.dispose();
  }

  #violated(violation: Violation): void {
    const { emit, filters, enabled } = this.#parts;
    if (!enabled) return;
    emit({ type: 'violation', step: violation.step, violation });
    if (!filters.stopsAtWindows) return;
    this.#violation ??= violation;
    this.#machine.requestStop();
  }

  #dmaWritten({ device, physical, length }: DmaWrite): void {
    const { frames } = this.tracker;
    if (frames.size === 0 || this.#dma.length >= MAX_DMA) return;
    const end = physical + BigInt(length);
    for (const frame of frames.within(physical - (physical % PAGE), end)) {
      const from = frame.physical > physical ? frame.physical : physical;
      const to = frame.physical + PAGE < end ? frame.physical + PAGE : end;
      const [home = frame.physical] = frame.homes.keys();
      const start = home + (from - frame.physical);
      const dma: DmaIntoSeal = {
        step: this.#machine.step,
        device,
        physical: from,
        length: Number(to - from),
        region: this.#parts.regions.overlapping(start, start + (to - from)),
        symbols: this.#parts.objectsWithin(start, start + (to - from)),
      };
      this.#dma.push(dma);
      this.#parts.emit({ type: 'dma', step: dma.step, dma });
    }
  }
}
