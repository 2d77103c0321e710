/**
 * Observes a guest's write-once memory: calls of the functions that its specifications name, accesses to pages that hold
 * objects, page tables that lead to these. What that means is decided by `sealing/writeOnce/`.
 */
import {
  PERMISSION,
  type PermissionEvent,
  type PermissionTimeline,
  type Trap,
  type Watch,
  type WatchedAccess,
} from '../../../emulator/index.ts';
import type { CodePlace } from '../../sealing/codePlace.ts';
import { STORE_PAGE_FAULT } from '../../sealing/refusal.ts';
import type { Rules } from '../../sealing/rules.ts';
import type { Moment } from '../../sealing/sealEvent.ts';
import { pageOf, permitsUnder, reachOf } from '../../sealing/windows/reach.ts';
import { fragmentationOf, type Fragmentation } from '../../sealing/writeOnce/fragmentation.ts';
import type { WriteOnceObject } from '../../sealing/writeOnce/object.ts';
import { PAGE, type ObjectPage } from '../../sealing/writeOnce/page.ts';
import type { WriteOnceSpec } from '../../sealing/writeOnce/specification.ts';
import type { WriteOnceViolation } from '../../sealing/writeOnce/violation.ts';
import {
  WriteOnceMemory,
  type FrameWriter,
  type ObjectAccess,
} from '../../sealing/writeOnce/writeOnceMemory.ts';
import { testCondition } from '../breakpoints/entry.ts';
import type { ExceptionFilters } from '../breakpoints/exceptionFilters.ts';
import type { SessionEvent } from '../events.ts';
import type { Guest } from '../guest.ts';
import type { GuestInspector } from '../inspect/guestInspector.ts';
import type { CodeBreakpoints } from '../run/codeBreakpoints.ts';
import { CallWatch } from './callWatch.ts';
import { Hooks } from './hooks.ts';
import type { WriteOnce } from './writeOnce.ts';

export interface GuestWriteOnceParts {
  readonly guest: Guest;
  readonly inspector: GuestInspector;
  readonly code: CodeBreakpoints;
  readonly rules: Rules;
  readonly filters: ExceptionFilters;
  readonly timeline: PermissionTimeline;
  readonly specs: readonly WriteOnceSpec[];
  readonly emit: (event: SessionEvent) => void;
}

export class GuestWriteOnce implements WriteOnce {
  readonly memories: readonly string[];
  readonly #parts: GuestWriteOnceParts;
  readonly #memory: WriteOnceMemory;
  readonly #calls: CallWatch;
  readonly #watches = new Map<bigint, Watch>();
  readonly #makers: readonly string[];
  readonly #stopObserving: readonly (() => void)[] = [];
  #stop: WriteOnceViolation | undefined;

  /** @throws SessionError `configuration` when a specification names what the image does not have. */
  constructor(parts: GuestWriteOnceParts) {
    this.#parts = parts;
    const { machine } = parts.guest;
    this.memories = parts.specs.map(({ name }) => name);
    this.#makers = parts.specs.flatMap(({ makeWritable }) => makeWritable);
    this.#memory = new WriteOnceMemory({
      momentOf: (hart) => this.#momentOf(hart),
      physicalOf: (hart, virtual) => parts.inspector.memory.physicalOf(hart, virtual),
      writersOf: (frame) => this.#writersOf(frame),
      isStale: (hart, virtual, frame) => reachOf(machine, hart, pageOf(virtual), frame) === 'tlb',
      watch: (frame) => this.#watch(frame),
      unwatch: (frame) => this.#unwatch(frame),
      report: (violation) => this.#report(violation),
    });
    this.#calls = new CallWatch(machine, parts.code);
    new Hooks({ ...parts, memory: this.#memory, calls: this.#calls }).add(parts.specs);
    // Without specifications there is nothing to observe, and nothing it costs.
    if (parts.specs.length === 0) return;
    this.#stopObserving = [
      parts.timeline.listen((event) => this.#permissions(event)),
      machine.observe({
        hart: ({ kind, hart }) => {
          if (kind !== 'start' && kind !== 'stop') return;
          this.#calls.forget(hart);
          this.#memory.forget(hart);
        },
      }),
    ];
  }

  get violations(): WriteOnceViolation[] {
    return this.#memory.violations;
  }

  get objects(): WriteOnceObject[] {
    return this.#memory.objects;
  }

  get pages(): ObjectPage[] {
    return this.#memory.pages;
  }

  get fragmentation(): Fragmentation {
    return fragmentationOf(this.#memory.pages);
  }

  get complete(): boolean {
    return this.#memory.complete;
  }

  /** A hart is about to execute `pc`. */
  reached(hart: number, pc: bigint): void {
    if (!this.#calls.has(hart, pc)) return;
    this.#parts.timeline.settle();
    this.#calls.reached(hart, pc);
  }

  /** Cheap: whether a trap has to be looked at. Asked inside the machine's run. */
  concerns(trap: Trap): boolean {
    const physical = trap.cause === STORE_PAGE_FAULT && !trap.interrupt ? trap.store?.physical : undefined;
    return physical !== undefined && this.#memory.hasPage(pageOf(physical));
  }

  /** A trap that the machine has stopped at. */
  trapped(trap: Trap): void {
    const { store } = trap;
    if (!this.concerns(trap) || store?.physical === undefined) return;
    if (this.#parts.rules.ignores(trap.pc, this.#parts.inspector.places.chainAt(trap.pc)) !== undefined)
      return;
    this.#memory.accessed({
      ...store,
      physical: store.physical,
      hart: trap.hart,
      pc: trap.pc,
      landed: false,
    });
  }

  /** The violation to stop at, once. */
  take(): WriteOnceViolation | undefined {
    const stop = this.#stop;
    this.#stop = undefined;
    return stop;
  }

  dispose(): void {
    for (const stop of this.#stopObserving) stop();
    for (const watch of this.#watches.values()) this.#parts.guest.machine.watches.delete(watch);
  }

  // --- memory ----------------------------------------------------------------------------------------------------

  #watch(frame: bigint): void {
    const watch = this.#parts.guest.machine.watches.add({
      space: 'physical',
      start: frame,
      length: PAGE,
      access: 'readWrite',
      observe: (access) => this.#accessed(frame, access),
    });
    this.#watches.set(frame, watch);
  }

  #unwatch(frame: bigint): void {
    const watch = this.#watches.get(frame);
    if (watch !== undefined) this.#parts.guest.machine.watches.delete(watch);
    this.#watches.delete(frame);
  }

  #accessed(frame: bigint, access: WatchedAccess): boolean {
    if (access.kind !== 'load') this.#parts.timeline.settle();
    this.#memory.accessed(partOf(access, frame));
    return this.#stop !== undefined;
  }

  #permissions(event: PermissionEvent): void {
    // PMP is no mapping: what it permits or not, W has to be there, too.
    if (event.cause === 'pmp') return;
    const { hart, start, end, physicalBefore, physical, from, to } = event;
    const pages = Number((end - start) / PAGE);
    const isSame = physicalBefore === physical;
    const writes = (flags: number): boolean => (flags & PERMISSION.write) !== 0;
    if (physical !== undefined && writes(to) && !(isSame && writes(from)))
      for (const frame of this.#framesWithin(Number(physical / PAGE), pages))
        this.#memory.gained(frame, hart, this.#makers);
    if (physicalBefore !== undefined && writes(from) && !(isSame && writes(to)))
      for (const frame of this.#framesWithin(Number(physicalBefore / PAGE), pages)) this.#memory.lost(frame);
    if (this.#stop !== undefined) this.#parts.guest.machine.requestStop();
  }

  /** Frames with objects among `pages` frames from number `first` on. */
  #framesWithin(first: number, pages: number): bigint[] {
    if (pages > this.#watches.size)
      return [...this.#watches.keys()].filter((frame) => {
        const number = Number(frame / PAGE);
        return first <= number && number < first + pages;
      });
    return Array.from({ length: pages }, (_, index) => BigInt(first + index) * PAGE).filter((frame) =>
      this.#watches.has(frame),
    );
  }

  #writersOf(frame: bigint): FrameWriter[] {
    const { machine } = this.#parts.guest;
    const writable = this.#parts.timeline
      .mappingsOf(frame)
      .mappings.filter(({ permissions }) => (permissions & PERMISSION.write) !== 0);
    return machine.harts.flatMap(({ id, state }): FrameWriter[] => {
      if (state === 'stopped') return [];
      const satp = machine.virtual.satp(id);
      if (writable.some(({ virtual }) => permitsUnder(machine, satp, virtual, frame)))
        return [{ hart: id, by: 'page-table' }];
      const isStale = machine.virtual.tlbEntries(id).some(
        ({ physical, virtual, permissions }) =>
          // A store through a page that is not dirty is walked again.
          physical === frame &&
          permissions.write &&
          permissions.dirty &&
          !permitsUnder(machine, satp, virtual, frame),
      );
      return isStale ? [{ hart: id, by: 'tlb' }] : [];
    });
  }

  #momentOf(hart: number): Moment {
    const { guest, inspector } = this.#parts;
    const stack = inspector.stacks.places(hart);
    const pc = guest.machine.harts[hart]!.pc;
    const place: CodePlace = stack[0] ?? { pc, function: '', offset: 0, size: 0, inlined: false };
    return { step: guest.machine.step, hart, place, stack };
  }

  #report(violation: WriteOnceViolation): void {
    this.#parts.emit({ type: 'writeOnce', step: violation.moment.step, violation });
    if (this.#stops(violation)) this.#stop ??= violation;
  }

  /** The filter is on, and its condition holds or cannot be told. */
  #stops({ moment, object, page, access }: WriteOnceViolation): boolean {
    const { filters, inspector } = this.#parts;
    const condition = filters.writeOnceCondition;
    if (!filters.stopsAtWriteOnce || condition === undefined) return filters.stopsAtWriteOnce;
    const names = { object: object?.address ?? 0n, page, address: access?.address ?? 0n };
    return testCondition(condition, inspector, moment.hart, names) !== false;
  }
}

/** What an access does to a frame: over the end of a page it is told for both frames, to each its own part. */
function partOf(access: WatchedAccess, frame: bigint): ObjectAccess {
  const { hart, pc, kind, address, physical, size, oldValue, newValue } = access;
  const inFirst = Math.min(size, Number(PAGE - (address % PAGE)));
  const values = { hart, pc, kind, oldValue, newValue, landed: true };
  if (pageOf(physical) === frame) return { ...values, address, physical, size: inFirst };
  return { ...values, address: address + BigInt(inFirst), physical: frame, size: size - inFirst };
}
