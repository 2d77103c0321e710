/**
 * Follows the windows of a run. The permission timeline tells which page gained or lost W; a page through which a
 * sealed frame can be written is a candidate, and a window is open on it while page tables that a hart uses permit it.
 * So a page table that is prepared ahead opens nothing before a hart switches to it.
 *
 * Pages that one activation of one function opens are one window. What an instruction did is judged right after it.
 */
import type { Machine, PermissionEvent, WatchedAccess } from '../../../emulator/index.ts';
import { PermissionTracker } from '../../../emulator/index.ts';
import type { AddressSpace } from '../addressSpace.ts';
import type { CodePlace } from '../codePlace.ts';
import { grouped } from '../grouped.ts';
import type { Moment } from '../sealEvent.ts';
import { sealerOf } from '../story.ts';
import { bypassOf, landings, type Bypass } from './bypass.ts';
import { pageOf, permitsUnder, reachOf } from './reach.ts';
import { SealedFrames, type SealedFrame } from './sealedFrames.ts';
import {
  LengthHistogram,
  lengthOf,
  type Violation,
  type ViolationKind,
  type Window,
  type WindowCrossing,
  type WindowPage,
  type WindowReach,
  type WindowStore,
} from './window.ts';
import type { WindowRules } from './windowRules.ts';

/** The part of the permission timeline that is needed here. */
export interface PermissionSource {
  listen(listener: (event: PermissionEvent) => void): () => void;
}

/** An activation of a function: where it returns to, and its caller's stack pointer. */
export interface Activation {
  readonly returnPc: bigint;
  readonly cfa: bigint;
}

/** A hart's stack, innermost first. */
export interface UnwoundStack {
  readonly places: readonly CodePlace[];
  /** Of the real function that a place is in; undefined where that cannot be told. */
  activationOf(place: CodePlace): Activation | undefined;
}

export interface WindowTrackerParts {
  readonly machine: Machine;
  readonly space: AddressSpace;
  readonly permissions: PermissionSource;
  readonly rules: WindowRules;
  readonly stackOf: (hart: number) => UnwoundStack;
  readonly placeOf: (pc: bigint) => CodePlace;
  /** The opener's activation ends there: `returned` has to be called when a hart arrives. */
  watchReturn(pc: bigint, on: boolean): void;
  /** `awaitsTraps` is another now. */
  trapsMatter(): void;
  opened(window: Window): void;
  closed(window: Window): void;
  violated(violation: Violation): void;
}

/** A page by which a sealed frame could be written. */
interface Candidate extends WindowPage {
  readonly satp: bigint;
  window: OpenWindow | undefined;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] extends readonly (infer Each)[] ? Each[] : T[Key] };

interface OpenWindow extends Writable<Window> {
  readonly candidates: Set<Candidate>;
  readonly activation: Activation | undefined;
}

type Instruction = Pick<PermissionEvent, 'step' | 'hart' | 'pc'>;

interface LookedAt {
  readonly moment: Moment;
  readonly activationOf: UnwoundStack['activationOf'];
}

const [WRITE, USER] = [4, 16];
const PAGE = 4096n;
const STACK_POINTER = 2;
const MAX_CANDIDATES = 4096;
const [MAX_PAGES, MAX_STORES, MAX_REACH] = [64, 64, 64];
/** Of very many windows the first and the latest ones are kept. */
const [FIRST, LATEST] = [512, 1536];
const MAX_VIOLATIONS = 10_000;
const MAX_LINGERING = 256;
/** The text of a preset is followed beside the regions. */
const TEXT = 0;

export class WindowTracker {
  readonly frames: SealedFrames;
  readonly histogram = new LengthHistogram();
  readonly #parts: WindowTrackerParts;
  readonly #candidates = new Map<string, Candidate>();
  readonly #list: Window[] = [];
  readonly #open = new Set<OpenWindow>();
  /** Closed in the page tables, not in every TLB. */
  readonly #lingering = new Set<{ readonly window: OpenWindow; readonly pages: readonly WindowPage[] }>();
  readonly #violations: Violation[] = [];
  readonly #fences: bigint[] = [];
  readonly #dispose: (() => void)[] = [];
  #count = 0;
  #violationCount = 0;
  #maxSteps: bigint | undefined;
  #latest: LookedAt | undefined;
  #lastStore = { step: -1n, hart: -1 };

  constructor(parts: WindowTrackerParts) {
    this.#parts = parts;
    const { machine, permissions, rules } = parts;
    this.#maxSteps = rules.maxSteps;
    this.frames = new SealedFrames(machine, (access) => this.#stored(access));
    this.#dispose.push(
      permissions.listen((event) => this.#told(event)),
      machine.observe({
        // The timeline tells late that a page was unmapped: it may be about to be mapped again.
        pageTableStore: ({ hart }) => {
          if (this.#candidates.size > 0) this.#evaluate(hart, undefined);
        },
        satpWritten: (hart) => this.#switched(hart),
        tlbFlushed: (hart) => this.#fenced(hart),
      }),
      () => this.frames.dispose(),
    );
    if (rules.text !== undefined) this.#followText(rules.text);
  }

  /** The first and the latest ones, in order. */
  get windows(): readonly Window[] {
    return this.#list;
  }

  get count(): number {
    return this.#count;
  }

  get violations(): readonly Violation[] {
    return this.#violations;
  }

  get violationCount(): number {
    return this.#violationCount;
  }

  /** When this hart's TLB last lost entries to a fence; undefined for never. */
  lastFence(hart: number): bigint | undefined {
    return this.#fences[hart];
  }

  /** Steps that a window may be open, from the rules or a front. */
  get maxSteps(): bigint | undefined {
    return this.#maxSteps;
  }

  set maxSteps(steps: bigint | undefined) {
    this.#maxSteps = steps;
  }

  /** The step before which the machine has to come back and `overdue` be called; undefined for no such step. */
  get deadline(): bigint | undefined {
    if (this.#maxSteps === undefined) return undefined;
    let first: bigint | undefined;
    for (const window of this.#open) {
      if (window.violations.some(({ kind }) => kind === 'length')) continue;
      const due = window.opened.step + this.#maxSteps + 1n;
      if (first === undefined || due < first) first = due;
    }
    return first;
  }

  /** Judges the windows that have been open too long. */
  overdue(): void {
    const { machine } = this.#parts;
    for (const window of this.#open) {
      const length = machine.step - window.opened.step;
      if (this.#maxSteps === undefined || length <= this.#maxSteps) continue;
      if (window.violations.some(({ kind }) => kind === 'length')) continue;
      const { hart } = window.opened;
      const text = `${subjectOf(window)} has been open for ${grouped(length)} steps; ${grouped(this.#maxSteps)} are allowed`;
      this.#violate(window, 'length', hart, this.#parts.placeOf(machine.harts[hart]!.pc), text);
    }
  }

  /** A hart is about to take a trap. */
  trapped(hart: number): void {
    if (this.#open.size === 0) return;
    for (const window of this.#open) if (window.opened.hart === hart) this.#cross(window, 'trap');
    this.#parts.trapsMatter();
  }

  /** Whether a trap would be news. */
  get awaitsTraps(): boolean {
    return [...this.#open].some((window) => !window.crossings.some(({ kind }) => kind === 'trap'));
  }

  /** A hart has arrived at a pc that `watchReturn` named. */
  returned(hart: number, pc: bigint): void {
    const sp = this.#parts.machine.harts[hart]!.register(STACK_POINTER);
    for (const window of this.#open) {
      const { activation, opened } = window;
      if (activation?.returnPc === pc && opened.hart === hart && sp >= activation.cfa)
        this.#cross(window, 'return');
    }
  }

  /** What the store is, seen from the seals; undefined for one that a window permits or that hits nothing sealed. */
  bypassOf(access: WatchedAccess): Bypass | undefined {
    const bypass = bypassOf(this.#parts.machine, this.frames, access);
    if (bypass === undefined) return undefined;
    const window = this.#windowAt(bypass.virtual, bypass.frame);
    return bypass.kind === 'alias' && window?.allowedBy !== undefined ? undefined : bypass;
  }

  /** The window that is open on a page, seen from any address space. */
  #windowAt(virtual: bigint, { physical }: SealedFrame): OpenWindow | undefined {
    for (const { window, virtual: page, physical: frame } of this.#candidates.values())
      if (page === pageOf(virtual) && frame === physical && window !== undefined) return window;
    return undefined;
  }

  dispose(): void {
    for (const dispose of this.#dispose) dispose();
    for (const window of this.#open) this.#forgetReturn(window);
  }

  #stored(access: WatchedAccess): boolean {
    if (access.kind === 'load') return false;
    const { step, hart, pc, address, physical, size, oldValue, newValue } = access;
    const isNew = this.#lastStore.step !== step || this.#lastStore.hart !== hart;
    this.#lastStore = { step, hart };
    if (isNew && this.#candidates.size > 0) {
      const store: WindowStore = { step, hart, pc, address, physical, size, oldValue, newValue };
      for (const landing of landings(this.#parts.machine, access)) {
        const frame = this.frames.at(landing.physical);
        const window = frame && this.#windowAt(landing.virtual, frame);
        if (window !== undefined) this.#note(window, store);
      }
    }
    return this.bypassOf(access) !== undefined;
  }

  #note(window: OpenWindow, store: WindowStore): void {
    window.storeCount++;
    if (window.stores.length < MAX_STORES) window.stores.push(store);
  }

  #told(event: PermissionEvent): void {
    const { cause, from, to, start, end, physical, physicalBefore, hart } = event;
    if (cause === 'pmp') return;
    const stays = physical !== undefined && physical === physicalBefore;
    const lost = (from & WRITE) !== 0 && ((to & WRITE) === 0 || !stays);
    const gained = (to & WRITE) !== 0 && ((from & WRITE) === 0 || !stays);
    if (lost && stays && cause === 'store' && (from & USER) === 0)
      this.frames.seal(
        { virtual: start, physical, length: end - start, satp: event.satp },
        this.#momentOf(event),
      );
    if (!stays && physicalBefore !== undefined && this.frames.size > 0)
      this.#leave(start, physicalBefore, end - start);
    if (gained && physical !== undefined && this.frames.size > 0 && cause !== 'debugger')
      this.#gained(event, physical);
    if (this.#candidates.size > 0) this.#evaluate(hart, event);
  }

  #leave(virtual: bigint, physical: bigint, length: bigint): void {
    for (const frame of [...this.frames.within(physical, physical + length)])
      this.frames.leave(virtual + (frame.physical - physical), frame.physical);
  }

  #gained(event: PermissionEvent, physical: bigint): void {
    const { start, end, satp, to } = event;
    const frames = [...this.frames.within(physical, physical + (end - start))];
    if (frames.length === 0) return;
    if (this.#parts.rules.releases(this.#momentOf(event))) {
      this.frames.release(frames);
      return;
    }
    for (const frame of frames) {
      if (this.#candidates.size >= MAX_CANDIDATES) return;
      const virtual = start + (frame.physical - physical);
      const [first] = frame.homes.keys();
      this.#candidates.set(`${satp} ${virtual}`, {
        satp,
        virtual,
        physical: frame.physical,
        home: frame.homes.has(virtual) ? virtual : (first ?? virtual),
        kind: frame.homes.has(virtual) ? 'home' : 'alias',
        user: (to & USER) !== 0,
        window: this.#candidates.get(`${satp} ${virtual}`)?.window,
      });
    }
  }

  #switched(hart: number): void {
    if (this.#candidates.size === 0) return;
    for (const window of this.#open) if (window.opened.hart === hart) this.#cross(window, 'switch');
    this.#evaluate(hart, undefined);
  }

  /** Opens, closes and extends windows after something has changed. */
  #evaluate(hart: number, event: PermissionEvent | undefined): void {
    const { machine } = this.#parts;
    const step = event?.step ?? machine.step;
    const at: Instruction = { step, hart, pc: event?.pc ?? machine.harts[hart]!.pc };
    const changed = new Set<OpenWindow>();
    for (const [key, candidate] of this.#candidates) {
      const { virtual, physical, satp } = candidate;
      const users = machine.harts
        .filter(
          ({ id, state }) =>
            state !== 'stopped' && permitsUnder(machine, machine.virtual.satp(id), virtual, physical),
        )
        .map(({ id }) => id);
      if (users.length > 0) {
        candidate.window ??= this.#openOn(candidate, at);
        this.#reach(candidate.window, users, step);
        changed.add(candidate.window);
        continue;
      }
      if (candidate.window !== undefined) this.#closePage(candidate.window, candidate, at);
      candidate.window = undefined;
      if (!permitsUnder(machine, satp, virtual, physical)) this.#candidates.delete(key);
    }
    for (const window of changed) this.#judgeShared(window, at);
  }

  #openOn(candidate: Candidate, at: Instruction): OpenWindow {
    const { moment, activationOf } = this.#lookAt(at);
    const opener = sealerOf(moment);
    const activation = activationOf(opener);
    const same = [...this.#open].find(
      (window) =>
        window.opened.hart === moment.hart &&
        (window.activation === undefined
          ? window.opened.step === moment.step
          : window.activation.cfa === activation?.cfa && window.activation.returnPc === activation.returnPc),
    );
    const window = same ?? this.#create(moment, opener, activation);
    window.candidates.add(candidate);
    window.pageCount++;
    const { virtual, physical, home, kind, user } = candidate;
    if (window.pages.length < MAX_PAGES) window.pages.push({ virtual, physical, home, kind, user });
    if (same === undefined) {
      this.#parts.trapsMatter();
      this.#parts.opened(window);
      this.#judgeOpener(window);
    }
    return window;
  }

  #create(moment: Moment, opener: CodePlace, activation: Activation | undefined): OpenWindow {
    const window: OpenWindow = {
      number: ++this.#count,
      opened: moment,
      opener,
      allowedBy: this.#parts.rules.allowedBy(moment),
      pages: [],
      pageCount: 0,
      stores: [],
      storeCount: 0,
      reach: [],
      crossings: [],
      closed: undefined,
      lingering: [],
      violations: [],
      candidates: new Set(),
      activation,
    };
    this.#open.add(window);
    this.#list.push(window);
    if (this.#list.length > FIRST + LATEST) this.#list.splice(FIRST, 1);
    if (activation !== undefined) this.#parts.watchReturn(activation.returnPc, true);
    return window;
  }

  #closePage(window: OpenWindow, candidate: Candidate, at: Instruction): void {
    window.candidates.delete(candidate);
    if (window.candidates.size > 0) return;
    const { hart, step } = at;
    const hasReturned = window.crossings.some(({ kind }) => kind === 'return');
    const byOpener = hart === window.opened.hart && !hasReturned;
    const place = byOpener ? window.opener : sealerOf(this.#momentOf(at));
    window.closed = { step, hart, place, byOpener };
    this.#open.delete(window);
    this.#forgetReturn(window);
    this.#parts.trapsMatter();
    this.histogram.add(lengthOf(window, step));
    if (this.#lingering.size < MAX_LINGERING) {
      this.#lingering.add({ window, pages: [...window.pages] });
      this.#settleTlbs();
    }
    this.#parts.closed(window);
  }

  #forgetReturn({ activation }: OpenWindow): void {
    if (activation !== undefined) this.#parts.watchReturn(activation.returnPc, false);
  }

  #fenced(hart: number): void {
    this.#fences[hart] = this.#parts.machine.step;
    if (this.#lingering.size > 0) this.#settleTlbs();
  }

  #settleTlbs(): void {
    const { machine } = this.#parts;
    for (const entry of this.#lingering) {
      const { window, pages } = entry;
      window.lingering = machine.harts
        .filter(({ id }) =>
          pages.some(({ virtual, physical }) => reachOf(machine, id, virtual, physical) === 'tlb'),
        )
        .map(({ id }) => id);
      if (window.lingering.length === 0) this.#lingering.delete(entry);
    }
  }

  #reach(window: OpenWindow, harts: readonly number[], step: bigint): void {
    for (const hart of harts) {
      const isKnown = window.reach.some((each) => each.hart === hart);
      if (!isKnown && window.reach.length < MAX_REACH)
        window.reach.push({ hart, by: 'page-table', step } satisfies WindowReach);
    }
  }

  #cross(window: OpenWindow, kind: WindowCrossing['kind']): void {
    if (window.crossings.some((each) => each.kind === kind)) return;
    window.crossings.push({ kind, step: this.#parts.machine.step });
  }

  #judgeOpener(window: OpenWindow): void {
    const { allowWriters } = this.#parts.rules;
    if (allowWriters === undefined || window.allowedBy !== undefined) return;
    const { hart, place } = window.opened;
    const who = [...allowWriters].slice(0, 4).join(', ') + (allowWriters.size > 4 ? ', …' : '');
    const rule = allowWriters.size === 0 ? 'nobody may' : `only ${who} may`;
    this.#violate(
      window,
      'opener',
      hart,
      place,
      `${subjectOf(window)} was opened by ${nameOf(window.opener)}; ${rule}`,
    );
  }

  #judgeShared(window: OpenWindow, at: Instruction): void {
    if (!this.#parts.rules.privateOnly || window.violations.some(({ kind }) => kind === 'shared')) return;
    const others = window.reach.filter(({ hart }) => hart !== window.opened.hart).map(({ hart }) => hart);
    if (others.length === 0) return;
    const { hart, place } = this.#momentOf(at);
    const text = `${subjectOf(window)} is not private: the page tables of hart ${others.join(', ')} permit stores, too`;
    this.#violate(window, 'shared', hart, place, text);
  }

  #violate(window: OpenWindow, kind: ViolationKind, hart: number, place: CodePlace, text: string): void {
    const { step } = this.#parts.machine;
    const violation: Violation = { number: ++this.#violationCount, kind, window, step, hart, place, text };
    window.violations.push(violation);
    if (this.#violations.length < MAX_VIOLATIONS) this.#violations.push(violation);
    this.#parts.violated(violation);
  }

  /** The kernel's text is sealed as soon as its own mapping is read-only, which it is from the first page table on. */
  #followText({ start, end }: { readonly start: bigint; readonly end: bigint }): void {
    const { machine, space } = this.#parts;
    const tracker = new PermissionTracker(machine, (change) => {
      if (!change.regions.some(({ to }) => to === 'sealed')) return;
      const physical = space.physicalOf(start);
      if (physical === undefined) return;
      const virtual = pageOf(start);
      const length = pageOf(end - 1n) + PAGE - virtual;
      const satp = machine.virtual.satp(change.hart);
      this.frames.seal({ virtual, physical: pageOf(physical), length, satp }, this.#momentOf(change));
    });
    tracker.add({ id: TEXT, ranges: [{ start, end }] });
    this.#dispose.push(() => tracker.dispose());
  }

  #momentOf(at: Instruction): Moment {
    return this.#lookAt(at).moment;
  }

  /** The stack at an instruction; of one that is told of late only its address is left. Kept for whoever asks next. */
  #lookAt({ step, hart, pc }: Instruction): LookedAt {
    const { machine, stackOf, placeOf } = this.#parts;
    const latest = this.#latest;
    if (latest?.moment.step === step && latest.moment.hart === hart) return latest;
    const isNow = step === machine.step && machine.harts[hart]?.pc === pc;
    const stack = isNow ? stackOf(hart) : { places: [placeOf(pc)], activationOf: () => undefined };
    const place = stack.places[0] ?? placeOf(pc);
    this.#latest = {
      moment: { step, hart, place, stack: stack.places },
      activationOf: (each) => stack.activationOf(each),
    };
    return this.#latest;
  }
}

function nameOf({ function: name, pc }: CodePlace): string {
  return name === '' ? `pc 0x${pc.toString(16)}` : `${name}()`;
}

function subjectOf({ number, pages }: Window): string {
  const [first] = pages;
  const where = first === undefined ? '' : ` on 0x${first.home.toString(16)}`;
  const alias = first?.kind === 'alias' ? `, through 0x${first.virtual.toString(16)},` : '';
  return `Window ${number}${where}${alias}`;
}
