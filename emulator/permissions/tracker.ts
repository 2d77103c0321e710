/**
 * Follows the write permission of regions through the page tables of every hart, and says who changed it and when.
 *
 * A region's state is decided by the harts whose page tables know it. While there are none (paging is off, or was
 * switched off to resume) it keeps the state it had; it begins open. Only leaves count: A, D and other bits do not,
 * and a page that is unmapped keeps what it last had until it is mapped again.
 */
import { ConfigurationError } from '../machine/errors.ts';
import type { Machine } from '../machine/machine.ts';
import type { PageTableStore } from '../machine/observer.ts';
import type { TlbEntry } from '../machine/virtualMemory.ts';
import type { MappingChange } from './mappingIndex.ts';
import { changesBetween, type Extent, type ExtentChange } from './rangeMapping.ts';
import { ROOT_MASK, type TrackedRange, type TrackedRegion, View } from './view.ts';
import { pagingOf } from './walk.ts';

/**
 * `open`: every mapped page of it may be written. `sealed`: all of it is mapped and none of it may be written, in
 * all ranges and on all harts. `partial`: in between.
 */
export type RegionState = 'open' | 'partial' | 'sealed';

/** Pages of a region whose write permission changed. */
export interface PageChange extends ExtentChange {
  readonly region: TrackedRegion;
  readonly range: TrackedRange;
}

export interface RegionChange {
  readonly region: TrackedRegion;
  readonly from: RegionState;
  readonly to: RegionState;
}

export interface PermissionChange {
  /** A page-table store of the guest, a write to its satp, or a debugger (also: a restored snapshot). */
  readonly cause: 'store' | 'satp' | 'debugger';
  /** The instruction that did it has not retired; `pc` is its own. For a debugger: where the machine stands. */
  readonly hart: number;
  readonly step: bigint;
  readonly pc: bigint;
  /** The entry that was written, for `store`. */
  readonly pte: Pick<PageTableStore, 'physical' | 'oldValue' | 'newValue'> | undefined;
  readonly pages: readonly PageChange[];
  readonly regions: readonly RegionChange[];
}

/** A region as it is now. */
export interface RegionReport {
  readonly state: RegionState;
  /** For each set of page tables that is in use and knows the region. */
  readonly tables: readonly {
    readonly satp: bigint;
    readonly harts: readonly number[];
    readonly ranges: readonly { readonly range: TrackedRange; readonly extents: readonly Extent[] }[];
  }[];
  /** Harts that run without paging, or on page tables that do not know the region. */
  readonly elsewhere: readonly number[];
  /** What harts still remember of a page that may be written, right or stale. */
  readonly writableTlb: readonly TlbEntry[];
}

/** Page tables that no hart uses any more are followed a while longer: processes come back. */
const IDLE_VIEWS = 8;
/** The largest range that a region may have, in bytes. */
export const MAX_TRACKED_BYTES = 1n << 32n;

export class PermissionTracker {
  readonly #machine: Machine;
  readonly #changed: (change: PermissionChange) => void;
  readonly #regions = new Map<number, TrackedRegion>();
  readonly #states = new Map<number, RegionState>();
  /** By root, least recently used first. */
  readonly #views = new Map<bigint, View>();
  /** The view each hart had last; undefined before it first switched paging on. */
  readonly #current: (View | undefined)[];
  readonly #stop: () => void;

  constructor(machine: Machine, changed: (change: PermissionChange) => void) {
    this.#machine = machine;
    this.#changed = changed;
    this.#current = machine.harts.map(() => undefined);
    for (const { id } of machine.harts) this.#current[id] = this.#viewOf(id);
    this.#stop = machine.observe({
      pageTableStore: (store, changes) => this.#stored(store, changes),
      satpWritten: (hart) => this.#switched(hart),
      stateReplaced: (changes) => this.#replaced(changes),
    });
  }

  /** Begin to track. Throws ConfigurationError for an empty range or one of more than 4 GiB. */
  add(region: TrackedRegion): void {
    for (const { start, end } of region.ranges) {
      if (end <= start || end - start > MAX_TRACKED_BYTES) {
        throw new ConfigurationError(
          'region',
          `region ${region.id} has ${end - start} bytes; it must have from 1 to ${MAX_TRACKED_BYTES}`,
        );
      }
    }
    this.remove(region.id);
    this.#regions.set(region.id, region);
    for (const view of this.#views.values()) view.add(region);
    this.#states.set(region.id, this.#judge(region));
  }

  remove(id: number): void {
    const region = this.#regions.get(id);
    if (region === undefined) return;
    for (const view of this.#views.values()) view.remove(region);
    this.#regions.delete(id);
    this.#states.delete(id);
  }

  /** Undefined for a region that is not tracked. */
  state(id: number): RegionState | undefined {
    return this.#states.get(id);
  }

  /** Undefined for a region that is not tracked. */
  report(id: number): RegionReport | undefined {
    const region = this.#regions.get(id);
    if (region === undefined) return undefined;
    const views = this.#knowing(region);
    const known = new Set(views.flatMap(({ harts }) => harts));
    const running = this.#machine.harts.filter(({ state }) => state !== 'stopped');
    return {
      state: this.#states.get(id)!,
      tables: views.map(({ view, harts }) => ({
        satp: view.root,
        harts,
        ranges: region.ranges.map((range) => ({ range, extents: view.mapping(range)!.extents })),
      })),
      elsewhere: running.map((hart) => hart.id).filter((hart) => !known.has(hart)),
      writableTlb: running.flatMap((hart) => this.#writableTlb(hart.id, region)),
    };
  }

  /** Stop tracking everything. */
  dispose(): void {
    this.#stop();
    for (const view of this.#views.values()) view.release();
    this.#views.clear();
    this.#regions.clear();
    this.#states.clear();
  }

  #stored(store: PageTableStore, changes: readonly MappingChange[]): void {
    const pages = this.#pagesOf(changes);
    if (pages.length > 0) this.#report({ ...store, cause: 'store', pte: store, pages });
  }

  #replaced(changes: readonly MappingChange[]): void {
    for (const { id } of this.#machine.harts) this.#current[id] = this.#viewOf(id) ?? this.#current[id];
    this.#report({
      ...this.#momentOf(this.#machine.currentHart),
      cause: 'debugger',
      pages: this.#pagesOf(changes),
    });
  }

  #switched(hart: number): void {
    const before = this.#current[hart];
    const after = this.#viewOf(hart);
    if (after === undefined || after === before) return;
    const alone = this.#current.every((view, other) => other === hart || view === undefined);
    this.#current[hart] = after;
    const pages = [...this.#regions.values()]
      .filter((region) => after.knows(region) && (alone || before !== undefined))
      .flatMap((region) => differences(region, before, after));
    this.#report({ ...this.#momentOf(hart), cause: 'satp', pages });
    this.#forgetIdle();
  }

  #report(change: Omit<PermissionChange, 'regions' | 'pte'> & Partial<Pick<PermissionChange, 'pte'>>): void {
    const regions: RegionChange[] = [];
    for (const region of this.#regions.values()) {
      const from = this.#states.get(region.id)!;
      const to = this.#judge(region);
      if (from === to) continue;
      this.#states.set(region.id, to);
      regions.push({ region, from, to });
    }
    if (regions.length === 0 && change.pages.length === 0) return;
    const { cause, hart, step, pc, pte, pages } = change;
    this.#changed({ cause, hart, step, pc, pte, pages, regions });
  }

  /** What harts' page tables say together; what it was where none of them knows. */
  #judge(region: TrackedRegion): RegionState {
    let writable = false;
    let readonly = false;
    let unmapped = false;
    const views = this.#knowing(region);
    for (const { view } of views) {
      for (const range of region.ranges) {
        const { totals } = view.mapping(range)!;
        writable ||= totals.writable > 0n;
        readonly ||= totals.readonly > 0n;
        unmapped ||= totals.unmapped > 0n;
      }
    }
    if (views.length === 0) return this.#states.get(region.id) ?? 'open';
    if (writable) return readonly ? 'partial' : 'open';
    return unmapped ? 'partial' : 'sealed';
  }

  /** The views in use that know a region, and by whom they are used. */
  #knowing(region: TrackedRegion): { view: View; harts: number[] }[] {
    const found: { view: View; harts: number[] }[] = [];
    for (const { id, state } of this.#machine.harts) {
      const view = this.#current[id];
      const now = this.#rootOf(id);
      if (state === 'stopped' || view === undefined || view.root !== now || !view.knows(region)) continue;
      const there = found.find((candidate) => candidate.view === view);
      if (there === undefined) found.push({ view, harts: [id] });
      else there.harts.push(id);
    }
    return found;
  }

  /** Changes of mappings that a hart uses now, each page once however many page tables share its entry. */
  #pagesOf(changes: readonly MappingChange[]): PageChange[] {
    const pages = new Map<string, PageChange>();
    for (const region of this.#regions.values()) {
      for (const { view } of this.#knowing(region)) {
        for (const range of region.ranges) {
          const mapping = view.mapping(range);
          const mine = changes.find((change) => change.mapping === mapping)?.changes ?? [];
          for (const change of mine) {
            pages.set(`${region.id} ${change.start} ${change.end} ${change.to}`, {
              ...change,
              region,
              range,
            });
          }
        }
      }
    }
    return [...pages.values()];
  }

  #rootOf(hart: number): bigint {
    return this.#machine.virtual.satp(hart) & ROOT_MASK;
  }

  /** The view of a hart's page tables; undefined while paging is off. */
  #viewOf(hart: number): View | undefined {
    const root = this.#rootOf(hart);
    if (pagingOf(root) === undefined) return undefined;
    const view = this.#views.get(root) ?? new View(this.#machine.mappings, root, this.#regions.values());
    // Last in the map is most recently used.
    this.#views.delete(root);
    this.#views.set(root, view);
    return view;
  }

  #forgetIdle(): void {
    const idle = [...this.#views.values()].filter((view) => !this.#current.includes(view));
    for (const view of idle.slice(0, Math.max(0, idle.length - IDLE_VIEWS))) {
      this.#views.delete(view.root);
      view.release();
    }
  }

  #writableTlb(hart: number, { ranges }: TrackedRegion): TlbEntry[] {
    return this.#machine.virtual
      .tlbEntries(hart)
      .filter(
        ({ virtual, permissions }) =>
          permissions.write && ranges.some(({ start, end }) => virtual < end && start < virtual + 0x1000n),
      );
  }

  #momentOf(hart: number): { hart: number; step: bigint; pc: bigint } {
    return { hart, step: this.#machine.step, pc: this.#machine.harts[hart]!.pc };
  }
}

/** Pages whose permission differs between two sets of page tables; without paging everything could be written. */
function differences(region: TrackedRegion, before: View | undefined, after: View): PageChange[] {
  return region.ranges.flatMap((range) => {
    const now = after.mapping(range)!;
    const was = before?.mapping(range)?.extents ?? [
      { start: now.start, end: now.end, writability: 'writable' as const },
    ];
    return changesBetween(was, now.extents)
      .filter(({ from, to }) => from !== 'unmapped' && to !== 'unmapped')
      .map((change) => ({ ...change, region, range }));
  });
}
