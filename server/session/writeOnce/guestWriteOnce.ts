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
import { nearest } from '../../sealing/nearest.ts';
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
import { EvaluationError } from '../../symbols/index.ts';
import type { ExceptionFilters } from '../breakpoints/exceptionFilters.ts';
import { SessionError } from '../errors.ts';
import type { SessionEvent } from '../events.ts';
import type { Guest } from '../guest.ts';
import type { GuestInspector } from '../inspect/guestInspector.ts';
import type { CodeBreakpoints } from '../run/codeBreakpoints.ts';
import { CallWatch, type Entered } from './callWatch.ts';
import { checkedExpression, HookArguments } from './hookArguments.ts';
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
  readonly #arguments: HookArguments;
  readonly #watches = new Map<bigint, Watch>();
  readonly #makers: readonly string[];
  readonly #stopObserving: readonly (() => void)[];
  /** Hooks whose expressions cannot be evaluated: told once. */
  readonly #broken = new Set<string>();
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
    this.#arguments = new HookArguments(parts.inspector, (hart, index) =>
      machine.harts[hart]!.register(index),
    );
    for (const [index, spec] of parts.specs.entries()) this.#hook(`writeOnce[${index}]`, spec);
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

  // --- calls -----------------------------------------------------------------------------------------------------

  #hook(path: string, { name, alloc, initOnce, free, closedIn, makeWritable }: WriteOnceSpec): void {
    const { symbols } = this.#parts.guest;
    const check = (hook: string, text: string): string => checkedExpression(`${path}.${hook}`, text, symbols);
    const object = check('alloc.object', alloc.object);
    const size = check('alloc.size', alloc.size);
    const cache = alloc.cache === undefined ? undefined : check('alloc.cache', alloc.cache);
    this.#add(`${path}.alloc.function`, alloc.function, (hart) => {
      const bytes = Number(this.#arguments.number(hart, size));
      const label = cache === undefined ? undefined : this.#arguments.text(hart, cache);
      const call = this.#memory.allocBegins(hart, name, bytes, label);
      return () => {
        this.#memory.ends(call, this.#arguments.number(hart, object));
      };
    });

    const initialised = check('initOnce.object', initOnce.object);
    const callback =
      initOnce.callback === undefined ? undefined : check('initOnce.callback', initOnce.callback);
    this.#add(`${path}.initOnce.function`, initOnce.function, (hart) => {
      const address = this.#arguments.number(hart, initialised);
      const target = callback === undefined ? undefined : this.#arguments.number(hart, callback);
      const call = this.#memory.initBegins(hart, name, address, target !== undefined);
      const stopWatching = target === undefined ? undefined : this.#watchCallback(call, target);
      return () => {
        stopWatching?.();
        this.#memory.ends(call);
      };
    });

    const freed = check('free.object', free.object);
    this.#add(`${path}.free.function`, free.function, (hart) => {
      const call = this.#memory.freeBegins(hart, name, this.#arguments.number(hart, freed));
      return () => this.#memory.ends(call);
    });

    for (const [index, other] of closedIn.entries())
      this.#add(`${path}.closedIn[${index}]`, other, (hart) => {
        this.#memory.enters(hart, name);
        return undefined;
      });
    for (const [index, maker] of makeWritable.entries())
      this.#addressesOf(`${path}.makeWritable[${index}]`, maker);
  }

  #watchCallback(call: ReturnType<WriteOnceMemory['initBegins']>, target: bigint): () => void {
    return this.#calls.add(target, (hart) => {
      if (hart !== call.hart || call.kind !== 'initOnce') return undefined;
      call.inCallback = true;
      return () => {
        call.inCallback = false;
      };
    });
  }

  #add(attribute: string, name: string, entered: Entered): void {
    const guarded: Entered = (hart) => this.#guard(attribute, name, () => entered(hart), hart);
    for (const pc of this.#addressesOf(attribute, name)) this.#calls.add(pc, guarded);
  }

  /** An expression that means nothing in this guest is told once; the call is then not followed. */
  #guard(
    attribute: string,
    name: string,
    entered: () => ReturnType<Entered>,
    hart: number,
  ): ReturnType<Entered> {
    const complain = (error: unknown): undefined => {
      if (!(error instanceof EvaluationError)) throw error;
      if (this.#broken.has(attribute)) return undefined;
      this.#broken.add(attribute);
      const text = `"${attribute}": calls of ${name} are not followed: ${error.message}`;
      this.#parts.emit({ type: 'log', step: this.#parts.guest.machine.step, text });
      return undefined;
    };
    try {
      const returned = entered();
      return (
        returned &&
        (() => {
          try {
            returned(hart);
          } catch (error) {
            complain(error);
          }
        })
      );
    } catch (error) {
      complain(error);
      return;
    }
  }

  #addressesOf(attribute: string, name: string): bigint[] {
    const { symbols } = this.#parts.guest;
    const address = symbols?.symbols.addressOf(name);
    if (address !== undefined) return this.#parts.code.pcsOf(address);
    const names = [...(symbols?.symbols.all() ?? [])].map((symbol) => symbol.name);
    const near = nearest(name, names);
    const instead =
      names.length === 0
        ? 'the image has no symbols'
        : near.length > 0
          ? `did you mean ${near.join(' or ')}?`
          : '';
    throw new SessionError(
      'configuration',
      `"${attribute}" is "${name}", but the image has no such function${instead === '' ? '' : `; ${instead}`}`,
    );
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

  #permissions({ hart, start, end, physicalBefore, physical, from, to }: PermissionEvent): void {
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
      const isStale = machine.virtual
        .tlbEntries(id)
        .some(
          ({ physical, virtual, permissions }) =>
            physical === frame && permissions.write && !permitsUnder(machine, satp, virtual, frame),
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
    if (this.#parts.filters.stopsAtWriteOnce) this.#stop ??= violation;
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
