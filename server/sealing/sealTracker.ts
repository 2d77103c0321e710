/**
 * The state of the seals over time: open, sealed, degraded by a debugger, sealed again. The emulator follows the page
 * tables; here their changes become events about regions, with aliases and stale TLB entries taken into account, and
 * the stores that a region sees while it is open are noted.
 *
 * A region counts as sealed when no mapping of any of its frames permits a store and no hart's TLB does. The event
 * names the store that took the last permission away; it is told when the last TLB has let go.
 */
import {
  findAliases,
  PermissionTracker,
  type FrameMapping,
  type Hart,
  type Machine,
  type PermissionChange,
  type TrackedRange,
  type Watch,
} from '../../emulator/index.ts';
import type { AddressSpace } from './addressSpace.ts';
import type { CodePlace } from './codePlace.ts';
import { holesOf, mappedHoles, type HoleFacts } from './holes.ts';
import { isLockedByPmp } from './pmp.ts';
import type { RefusedStore } from './refusedStore.ts';
import type { Regions } from './regions.ts';
import type { SealRegion } from './region.ts';
import type { Mapping, Moment, SealChange, SealLayer, SealStatus } from './sealEvent.ts';
import type { SealedFrames } from './windows/sealedFrames.ts';
import { WriterLog } from './writers.ts';

export interface SealTrackerParts {
  readonly machine: Machine;
  readonly space: AddressSpace;
  readonly regions: Regions;
  /** Told of the frames of regions that are sealed. */
  readonly frames: SealedFrames;
  stackOf(hart: number): CodePlace[];
  /** Every known mapping of a guest-physical range. */
  readonly mappingsOf: (physical: bigint, length: bigint) => readonly FrameMapping[];
  /** The step at which a hart's TLB last lost entries to a fence. */
  readonly lastFence: (hart: number) => bigint | undefined;
  onChange(change: SealChange): void;
}

/** What is remembered of one region. */
interface Entry {
  readonly region: SealRegion;
  isSealed: boolean;
  isDegraded: boolean;
  /** Its own pages were sealed, whatever their aliases are. */
  hasSealedFrames: boolean;
  /** What refuses stores to it. */
  layer: SealLayer;
  /** The page tables have sealed it; some TLB has not let go yet. */
  pending: Moment | undefined;
  first: Moment | undefined;
  last: Moment | undefined;
}

const PAGE = 4096n;
/** Pieces of a region that kernels have scattered. */
const MAX_RUNS = 64;
const MAX_MAPPINGS = 64;
const MAX_CHANGES = 10_000;

export class SealTracker {
  readonly writers = new WriterLog();
  readonly #parts: SealTrackerParts;
  readonly #permissions: PermissionTracker;
  readonly #entries = new Map<number, Entry>();
  readonly #watches = new Map<number, Watch>();
  readonly #changes: SealChange[] = [];
  readonly #stopObserving: () => void;
  /** The refused store whose `retry` is being carried out. */
  #opening: RefusedStore | undefined;

  constructor(parts: SealTrackerParts) {
    this.#parts = parts;
    const { machine, regions } = parts;
    this.#permissions = new PermissionTracker(machine, (change) => this.#changed(change));
    for (const region of regions.all) this.add(region);
    this.#stopObserving = machine.observe({
      tlbFlushed: () => this.#settleTlbs(),
      pmpWritten: (hart) => this.#settlePmp(hart),
    });
  }

  /** Follows a region from now on, such as a module's that is being loaded. */
  add(region: SealRegion): void {
    this.#entries.set(region.id, newEntry(region));
    this.#permissions.add({ id: region.id, ranges: [pagesOf(region)] });
    this.#watches.set(region.id, this.#watch(region));
  }

  /** Its memory is about to be something else. */
  remove(region: SealRegion): void {
    this.#entries.delete(region.id);
    this.#permissions.remove(region.id);
    this.#parts.frames.releaseRegion(region.id);
    const watch = this.#watches.get(region.id);
    if (watch !== undefined) this.#parts.machine.watches.delete(watch);
    this.#watches.delete(region.id);
  }

  /** Oldest first; bounded. */
  get changes(): readonly SealChange[] {
    return this.#changes;
  }

  get degraded(): boolean {
    return [...this.#entries.values()].some((entry) => entry.isDegraded);
  }

  isSealed(region: SealRegion): boolean {
    return this.#entries.get(region.id)?.isSealed === true;
  }

  /** Who sealed a region last; undefined where nobody was seen to. */
  sealedAt(region: SealRegion): Moment | undefined {
    return this.#entries.get(region.id)?.last;
  }

  status(region: SealRegion): SealStatus {
    const entry = this.#entries.get(region.id) ?? newEntry(region);
    const facts = this.#facts(entry);
    const hidden = mappedHoles(facts);
    const state = entry.isDegraded
      ? 'degraded'
      : entry.isSealed && hidden.length === 0
        ? 'sealed'
        : facts.report?.state === 'open'
          ? 'open'
          : 'partial';
    return {
      region,
      state,
      linked: this.#parts.space.permissionsAt(region.start),
      sealedFirst: entry.first,
      sealedLast: entry.last,
      holes: state === 'sealed' ? [] : holesOf(facts),
      layer: state === 'sealed' ? entry.layer : undefined,
    };
  }

  #facts({ region, pending, last }: Entry): HoleFacts {
    const { machine, mappingsOf, lastFence } = this.#parts;
    const runs = this.#framesOf(region);
    return {
      machine,
      report: this.#permissions.report(region.id),
      mappings: runs.slice(0, MAX_RUNS).flatMap(({ start, end }) => mappingsOf(start, end - start)),
      physical: runs[0]?.start,
      sealed: pending ?? last,
      lastFence,
    };
  }

  /** Every mapping of a frame, under all page tables in use; bounded. */
  mappingsOf(physical: bigint): Mapping[] {
    const frame = physical - (physical % PAGE);
    const found = new Map<bigint, Mapping>();
    for (const alias of this.#aliases(frame, frame + PAGE)) {
      const size = 1n << BigInt(12 + 9 * alias.level);
      const address = alias.start - (alias.start % size);
      const { read, write, execute, user } = alias.permissions;
      const kind = this.#parts.space.permissionsAt(alias.start) === undefined ? 'alias' : 'kernel';
      found.set(address, { address, size, permissions: { read, write, execute, user }, kind });
    }
    return [...found.values()].slice(0, MAX_MAPPINGS);
  }

  /** Carries out a `retry`: what it opens is degraded, not reopened. */
  degrade(refused: RefusedStore, open: () => void): void {
    this.#opening = refused;
    try {
      open();
    } finally {
      this.#opening = undefined;
    }
    const entry = this.#entries.get(refused.region.id);
    if (entry === undefined)
      this.#entries.set(refused.region.id, { ...newEntry(refused.region), isDegraded: true });
    else if (!entry.isDegraded) this.#open([entry], momentOf(refused), 'degraded');
  }

  dispose(): void {
    this.#stopObserving();
    this.#permissions.dispose();
    for (const watch of this.#watches.values()) this.#parts.machine.watches.delete(watch);
  }

  #changed(change: PermissionChange): void {
    if (change.regions.length === 0) return;
    const opening = this.#opening;
    const moment = opening === undefined ? this.#momentOf(change) : momentOf(opening);
    const opened: Entry[] = [];
    for (const { region, to } of change.regions) {
      const entry = this.#entries.get(region.id);
      if (entry === undefined) continue;
      entry.pending = undefined;
      if (to === 'sealed') this.#sealFrames(entry, moment);
      if (to === 'sealed' && this.#tracksAliases(entry)) entry.pending = moment;
      else if (to !== 'sealed' && entry.isSealed && entry.layer === 'page-table') opened.push(entry);
    }
    if (opened.length > 0) this.#open(opened, moment, opening === undefined ? 'reopened' : 'degraded');
    this.#settleTlbs();
  }

  /**
   * The region's own range is sealed: follows the other mappings of its frames from now on.
   * @returns Whether those are sealed too.
   */
  #tracksAliases({ region }: Entry): boolean {
    const own = pagesOf(region);
    const ranges: TrackedRange[] = [own];
    for (const frames of this.#framesOf(region)) {
      for (const alias of this.#aliases(frames.start, frames.end)) {
        if (alias.start >= own.start && alias.end <= own.end) continue;
        const last = ranges.at(-1)!;
        if (last.end === alias.start && last !== own) ranges[ranges.length - 1] = { ...last, end: alias.end };
        else ranges.push({ start: alias.start, end: alias.end, alias: true });
      }
    }
    this.#permissions.add({ id: region.id, ranges });
    return this.#permissions.state(region.id) === 'sealed';
  }

  /** Regions that wait for TLBs only are sealed once no hart remembers a writable page of theirs. */
  #settleTlbs(): void {
    const settled = [...this.#entries.values()].filter(
      ({ pending, region }) =>
        pending !== undefined && this.#permissions.report(region.id)?.writableTlb.length === 0,
    );
    const byMoment = new Map<Moment, Entry[]>();
    for (const entry of settled)
      byMoment.set(entry.pending!, [...(byMoment.get(entry.pending!) ?? []), entry]);
    for (const [moment, entries] of byMoment) {
      const again = entries.some((entry) => entry.first !== undefined);
      for (const entry of entries) {
        entry.pending = undefined;
        entry.isSealed = true;
        entry.isDegraded = false;
        entry.layer = 'page-table';
        entry.first ??= moment;
        entry.last = moment;
      }
      this.#tell({
        kind: again ? 'resealed' : 'sealed',
        moment,
        regions: entries.map((entry) => entry.region),
        aliases: entries.flatMap((entry) => this.#aliasesOf(entry.region)),
      });
    }
  }

  /** PMP seals whatever page tables say, and harts that have none, if every hart's refuses and is locked. */
  #settlePmp(hart: number): void {
    const { machine } = this.#parts;
    const running = machine.harts.filter(({ state }) => state !== 'stopped');
    const entries = [...this.#entries.values()].filter((entry) => {
      if (entry.isSealed) return false;
      const runs = this.#framesOf(entry.region);
      return (
        running.length > 0 &&
        runs.length > 0 &&
        runs.every((run) => running.every((each) => isRunLocked(each, run)))
      );
    });
    if (entries.length === 0) return;
    const moment = this.#momentOf({ hart, step: machine.step, pc: machine.harts[hart]!.pc });
    for (const entry of entries) {
      entry.isSealed = true;
      entry.layer = 'pmp';
      entry.first ??= moment;
      entry.last = moment;
    }
    this.#tell({ kind: 'sealed', moment, regions: entries.map(({ region }) => region), aliases: [] });
  }

  #open(entries: readonly Entry[], moment: Moment, kind: 'reopened' | 'degraded'): void {
    for (const entry of entries) {
      entry.isSealed = false;
      entry.hasSealedFrames = false;
      entry.isDegraded ||= kind === 'degraded';
    }
    this.#tell({ kind, moment, regions: entries.map((entry) => entry.region), aliases: [] });
  }

  #tell(change: SealChange): void {
    if (this.#changes.length < MAX_CHANGES) this.#changes.push(change);
    this.#parts.onChange(change);
  }

  #watch(region: SealRegion): Watch {
    const { start, end } = pagesOf(region);
    const physical = this.#parts.space.physicalOf(region.start);
    return this.#parts.machine.watches.add({
      space: physical === undefined ? 'virtual' : 'physical',
      start: physical === undefined ? start : physical - (region.start - start),
      length: end - start,
      access: 'write',
      observe: (access) => {
        if (this.#entries.get(region.id)?.isSealed === false) this.writers.note(access);
        return false;
      },
    });
  }

  /** The region's own pages are read-only: from now on a store to their frames is refused, or a bypass. */
  #sealFrames(entry: Entry, moment: Moment): void {
    if (entry.hasSealedFrames) return;
    entry.hasSealedFrames = true;
    const { region } = entry;
    const satp = this.#parts.machine.virtual.satp(moment.hart);
    let virtual = pagesOf(region).start;
    for (const { start, end } of this.#framesOf(region)) {
      const length = end - start;
      this.#parts.frames.seal({ virtual, physical: start, length, satp, region: region.id }, moment);
      virtual += length;
    }
  }

  /**
   * Where a region's frames are, as runs: the image's are known and in one piece, others are asked of the page tables
   * page by page, because kernels scatter what they allocate.
   */
  #framesOf(region: SealRegion): TrackedRange[] {
    const { space, machine } = this.#parts;
    const { start, end } = pagesOf(region);
    const linked = space.physicalOf(region.start);
    if (linked !== undefined) {
      const first = linked - (region.start - start);
      return [{ start: first, end: first + (end - start) }];
    }
    const runs: { start: bigint; end: bigint }[] = [];
    for (let page = start; page < end; page += PAGE) {
      const physical = machine.virtual.physicalOf(machine.currentHart, page);
      if (physical === undefined) continue;
      const last = runs.at(-1);
      if (last?.end === physical) last.end += PAGE;
      else runs.push({ start: physical, end: physical + PAGE });
    }
    return runs;
  }

  /** The aliases that are followed with a region, by address. */
  #aliasesOf({ id }: SealRegion): { start: bigint; end: bigint }[] {
    const found = new Map<bigint, bigint>();
    for (const { ranges } of this.#permissions.report(id)?.tables ?? [])
      for (const { range } of ranges) if (range.alias === true) found.set(range.start, range.end);
    return [...found].map(([start, end]) => ({ start, end })).sort((a, b) => (a.start < b.start ? -1 : 1));
  }

  #aliases(start: bigint, end: bigint): ReturnType<typeof findAliases>['aliases'] {
    const { machine } = this.#parts;
    const satps = new Set(
      machine.harts.filter(({ state }) => state !== 'stopped').map(({ id }) => machine.virtual.satp(id)),
    );
    return [...satps].flatMap((satp) => findAliases(machine.memory, satp, start, end).aliases);
  }

  #momentOf({ hart, step, pc }: Pick<PermissionChange, 'hart' | 'step' | 'pc'>): Moment {
    const stack = this.#parts.stackOf(hart);
    const place = stack[0] ?? { pc, function: '', offset: 0, size: 0, inlined: false };
    return { step, hart, place, stack };
  }
}

function newEntry(region: SealRegion): Entry {
  return {
    region,
    isSealed: false,
    isDegraded: false,
    hasSealedFrames: false,
    layer: 'page-table',
    pending: undefined,
    first: undefined,
    last: undefined,
  };
}

function pagesOf({ start, end }: SealRegion): TrackedRange {
  return { start: start - (start % PAGE), end: end + ((PAGE - (end % PAGE)) % PAGE) };
}

/** By PMP; most pages are told apart by the first one. */
function isRunLocked(hart: Hart, { start, end }: TrackedRange): boolean {
  for (let page = start; page < end; page += PAGE) if (!isLockedByPmp(hart, page)) return false;
  return true;
}

function momentOf({ step, hart, place, stack }: RefusedStore): Moment {
  return { step, hart, place, stack };
}
