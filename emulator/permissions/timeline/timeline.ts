/**
 * The permission timeline: every change of what the guest's page tables permit, from the moment on that it is made.
 *
 * Tables are found by walking from every hart's satp and from then on followed store by store; stores elsewhere cost
 * nothing. An entry that is cleared and set again with nothing else in between (break-before-make) is one change:
 * that something was unmapped is therefore told when the next thing happens, or when somebody asks (`settle`).
 *
 * An address space is known once a hart has used it, and until memory that its tables were in is used for something
 * else. What several roots share is told once. A root that becomes known tells what nobody knew before; a hart that
 * changes roots tells which of the supervisor's pages, mapped in both, permit something else in the new one.
 *
 * The supervisor's and the user's changes are kept apart: processes that come and go push out each other's history,
 * not the kernel's.
 */
import type { Machine } from '../../machine/machine.ts';
import { concerns } from '../aliases.ts';
import { addressOf, type Change, pageOf, rootBits, satpNumber, satpOf, toEvent } from './change.ts';
import { ChangeLog, type LoggedChange } from './changeLog.ts';
import { type Difference, spacesOf, sumUp, visibleIn } from './difference.ts';
import { type FrameMapping, PERMISSION, type PermissionEvent } from './event.ts';
import { TableFollower } from './follower.ts';
import { pageAt } from './place.ts';
import type { Root } from './tableGraph.ts';
import type { TableNode } from './tableNode.ts';

export interface TimelineOptions {
  /** Events that are remembered; the oldest are dropped. */
  readonly limit?: number | undefined;
}

/** Which events; all conditions have to hold. */
export interface EventQuery {
  /** Virtual, half-open. */
  readonly range?: { readonly start: bigint; readonly end: bigint } | undefined;
  /** Guest-physical, of a frame that was or is mapped. */
  readonly frame?: bigint | undefined;
  /** The first and the last step. */
  readonly from?: bigint | undefined;
  readonly to?: bigint | undefined;
  readonly kinds?: readonly PermissionEvent['kind'][] | undefined;
  readonly causes?: readonly PermissionEvent['cause'][] | undefined;
  readonly satp?: bigint | undefined;
  /** What the event did to the permission to store: W was not there before, or is not there afterwards. */
  readonly write?: 'gained' | 'lost' | undefined;
  /** Only those after which the pages are both writable and executable. */
  readonly writeAndExecute?: boolean | undefined;
  /** Only those of pages that are not the user's. */
  readonly supervisor?: boolean | undefined;
  /** Serials below this one; with `newestFirst`, the way to the next portion. */
  readonly before?: number | undefined;
  /** Serials above this one. */
  readonly after?: number | undefined;
  readonly newestFirst?: boolean | undefined;
}

export interface ListenOptions {
  /** Asked first, in numbers, for speed: the run of frames (guest-physical address / 4096) before or after the event. */
  readonly concerns?: ((frame: number, pages: number) => boolean) | undefined;
}

/** Events in equal parts of the time between two steps. */
export interface EventCounts {
  /** First step of the first part, and steps of each. */
  readonly from: bigint;
  readonly width: bigint;
  /** Of each part: all events, those that gave and those that took the permission to store. */
  readonly parts: readonly { readonly events: number; readonly gained: number; readonly lost: number }[];
}

/** What the timeline knows of an address at a step. */
export interface PermissionState {
  /** PERMISSION bits; 0 = not mapped. */
  readonly permissions: number;
  readonly physical: bigint | undefined;
  /** What made it so. */
  readonly event: PermissionEvent;
}

/** Pages whose permissions or frames differ between two moments. */
export interface PermissionDifference {
  readonly satp: bigint;
  readonly start: bigint;
  readonly end: bigint;
  readonly physicalBefore: bigint | undefined;
  readonly physical: bigint | undefined;
  readonly from: number;
  readonly to: number;
  /** The last one in between that touched them. */
  readonly event: PermissionEvent;
}

const DEFAULT_LIMIT = 1 << 18;
const MAX_FRAME_MAPPINGS = 4096;

interface Listener extends ListenOptions {
  readonly hear: (event: PermissionEvent) => void;
}

export class PermissionTimeline {
  readonly #follower: TableFollower;
  readonly #listeners = new Set<Listener>();
  readonly #supervisor: ChangeLog;
  readonly #user: ChangeLog;
  readonly #step: () => number;
  readonly #start: number;
  #serials = 0;

  /** From now on; what is mapped now is told at once, to the record only. */
  constructor(machine: Machine, { limit = DEFAULT_LIMIT }: TimelineOptions = {}) {
    this.#supervisor = new ChangeLog(limit / 2);
    this.#user = new ChangeLog(limit / 2);
    this.#step = (): number => Number(machine.step);
    this.#start = this.#step();
    this.#follower = new TableFollower(machine, {
      changed: (change) => this.#record(change),
      rewound: (step) => {
        this.#supervisor.truncate(step);
        this.#user.truncate(step);
      },
    });
  }

  /**
   * Called inside `run`, after the store and before the next instruction; may call `requestStop`.
   * Returns the function that ends it.
   */
  listen(hear: (event: PermissionEvent) => void, { concerns: wanted }: ListenOptions = {}): () => void {
    const listener: Listener = { hear, concerns: wanted };
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Tells what has been held back: whoever judges the state at this moment calls it first. Queries do. */
  settle(): void {
    this.#follower.settle();
  }

  /** From this step on nothing is missing. */
  get completeFrom(): bigint {
    return this.#completeFrom([this.#supervisor, this.#user]);
  }

  /** The same for the supervisor's pages. */
  get supervisorCompleteFrom(): bigint {
    return this.#completeFrom([this.#supervisor]);
  }

  /** False once the guest's tables were too many, or too entangled, to be followed to the last. */
  get exhaustive(): boolean {
    return this.#follower.exhaustive;
  }

  /** Events that are remembered, tables that are followed, and bytes that both take. */
  get size(): { readonly events: number; readonly tables: number; readonly bytes: number } {
    const tables = this.#follower.graph.size;
    return {
      events: this.#supervisor.length + this.#user.length,
      tables,
      bytes: this.#supervisor.bytes + this.#user.bytes + tables * TABLE_BYTES,
    };
  }

  *events(query: EventQuery = {}): Generator<PermissionEvent> {
    this.settle();
    const fits = filterOf(query);
    for (const change of this.#changes(query)) if (fits(change)) yield toEvent(change.serial, change);
  }

  /** From the first step on that is known up to now, in so many parts. */
  counts(parts: number): EventCounts {
    this.settle();
    const from = this.#start;
    const width = Math.max(1, Math.ceil((this.#step() + 1 - from) / parts));
    const counts = Array.from({ length: parts }, () => ({ events: 0, gained: 0, lost: 0 }));
    for (const change of this.#changes({})) {
      const part = counts[Math.floor((change.step - from) / width)];
      if (part === undefined) continue;
      part.events++;
      const write = writeChange(change);
      if (write !== undefined) part[write]++;
    }
    return { from: BigInt(from), width: BigInt(width), parts: counts };
  }

  /** The last thing told of an address up to a step; under these page tables, if given. */
  permissionsAt(step: bigint, virtual: bigint, satp?: bigint): PermissionState | undefined {
    this.settle();
    const page = pageOf(virtual);
    const root = satp === undefined ? undefined : satpNumber(rootBits(satp));
    for (const change of this.#changes({ to: step, newestFirst: true })) {
      if (change.cause === 'pmp' || page < change.page || page >= change.page + change.pages) continue;
      const applies = root === undefined || root === change.satp || spacesOf(change).includes('supervisor');
      if (!applies) continue;
      const event = toEvent(change.serial, change);
      const offset = virtual - event.start;
      const physical = event.physical === undefined ? undefined : event.physical + offset;
      return { permissions: change.to, physical, event };
    }
    return undefined;
  }

  /** Between the state after all events up to `from` and that after all up to `to`, in order of space and address. */
  difference(from: bigint, to: bigint): PermissionDifference[] {
    this.settle();
    const changes = this.#changes({ from: from + 1n, to });
    return sumUp(changes)
      .map(differenceOf)
      .filter(
        (found) => found.from !== found.to || (found.to !== 0 && found.physical !== found.physicalBefore),
      );
  }

  /** Every mapping of a frame in all known address spaces, in order of address; bounded. */
  mappingsOf(
    physical: bigint,
    length = 1n,
  ): { readonly mappings: readonly FrameMapping[]; readonly complete: boolean } {
    const first = Number(physical >> 12n);
    const end = Number((physical + length + 0xfffn) >> 12n);
    const mappings: FrameMapping[] = [];
    const used = this.#follower.used;
    let complete = this.exhaustive;
    for (const node of this.#follower.graph.nodes()) {
      for (let index = 0; index < 512; index++) {
        const [low, high] = [node.words[index * 2]!, node.words[index * 2 + 1]!];
        if (!concerns(low, high, node.level, first, end)) continue;
        const leaf = node.content(index);
        const pages = 512 ** node.level;
        if (leaf?.kind !== 'leaf' || end <= leaf.frame || first >= leaf.frame + pages) continue;
        const skipped = Math.max(0, first - leaf.frame);
        for (const base of node.uses.keys()) {
          if (mappings.length >= MAX_FRAME_MAPPINGS) complete = false;
          else mappings.push(this.#mapping(node, base, index, skipped, used));
        }
      }
    }
    mappings.sort((a, b) => (a.virtual < b.virtual ? -1 : a.virtual > b.virtual ? 1 : 0));
    return { mappings, complete };
  }

  dispose(): void {
    this.#follower.dispose();
    this.#listeners.clear();
  }

  #record(change: Change): void {
    const serial = this.#serials++;
    const isUsers = ((change.to === 0 ? change.from : change.to) & PERMISSION.user) !== 0;
    (isUsers ? this.#user : this.#supervisor).append(serial, change);
    let event: PermissionEvent | undefined;
    for (const { hear, concerns: wanted } of this.#listeners)
      if (wanted === undefined || touches(change, wanted)) hear((event ??= toEvent(serial, change)));
  }

  #completeFrom(logs: readonly ChangeLog[]): bigint {
    const first = Math.max(this.#start, ...logs.map(({ droppedThrough }) => droppedThrough + 1));
    return BigInt(first);
  }

  /** Of both logs, in the order of serials. */
  *#changes({ from, to, supervisor = false, newestFirst = false }: EventQuery): Generator<LoggedChange> {
    const [first, last] = [Number(from ?? 0n), to === undefined ? Infinity : Number(to)];
    const logs = supervisor ? [this.#supervisor] : [this.#supervisor, this.#user];
    const sources = logs.map((log) => (newestFirst ? log.backwards(first, last) : log.forwards(first, last)));
    const heads = sources.map((source) => source.next());
    while (true) {
      let next = -1;
      for (const [index, head] of heads.entries())
        if (head.done !== true && (next < 0 || head.value.serial < serialOf(heads[next]!) !== newestFirst))
          next = index;
      if (next < 0) return;
      yield heads[next]!.value as LoggedChange;
      heads[next] = sources[next]!.next();
    }
  }

  #mapping(
    node: TableNode,
    base: number,
    index: number,
    offset: number,
    used: readonly Root[],
  ): FrameMapping {
    const root = this.#follower.graph.rootLeadingTo(node, base, used);
    const [low, high] = [node.words[index * 2]!, node.words[index * 2 + 1]!];
    const place = base + index * 512 ** node.level + offset;
    return {
      satp: root === undefined ? 0n : satpOf(root.satp),
      used: root !== undefined && used.includes(root),
      virtual: addressOf(pageAt(place)),
      pteAddress: (BigInt(node.frame) << 12n) + BigInt(index * 8),
      pte: (BigInt(high) << 32n) | BigInt(low),
      level: node.level,
      permissions: low & PERMISSION_BITS,
    };
  }
}

const TABLE_BYTES = 4096;
const PERMISSION_BITS = 0x3e;

function serialOf({ value }: IteratorResult<LoggedChange, undefined>): number {
  return value?.serial ?? -1;
}

function touches(
  { pages, frameBefore, frame }: Change,
  wanted: (frame: number, pages: number) => boolean,
): boolean {
  if (frame !== undefined && wanted(frame, pages)) return true;
  return frameBefore !== undefined && frameBefore !== frame && wanted(frameBefore, pages);
}

function filterOf(query: EventQuery): (change: LoggedChange) => boolean {
  const { range, kinds, causes, write, writeAndExecute = false, before = Infinity, after = -1 } = query;
  const first = range === undefined ? -Infinity : pageOf(range.start);
  const last = range === undefined ? Infinity : pageOf(range.end - 1n);
  const satp = query.satp === undefined ? undefined : satpNumber(rootBits(query.satp));
  const frame = query.frame === undefined ? undefined : Number(query.frame >> 12n);
  const both = PERMISSION.write | PERMISSION.execute;
  return (change) =>
    change.serial > after &&
    change.serial < before &&
    change.page <= last &&
    change.page + change.pages > first &&
    (kinds?.includes(change.kind) ?? true) &&
    (causes?.includes(change.cause) ?? true) &&
    (satp === undefined || change.satp === satp) &&
    (frame === undefined || hasFrame(change, frame)) &&
    (write === undefined || writeChange(change) === write) &&
    (!writeAndExecute || ((change.to & both) === both && change.kind !== 'split' && change.kind !== 'merge'));
}

function hasFrame({ frameBefore, frame, pages }: LoggedChange, wanted: number): boolean {
  const within = (first: number | undefined): boolean =>
    first !== undefined && wanted >= first && wanted < first + pages;
  return within(frameBefore) || within(frame);
}

/** What became of W; undefined if it is as before. */
function writeChange({ from, to, frameBefore, frame }: LoggedChange): EventQuery['write'] {
  const had = (from & PERMISSION.write) !== 0;
  const has = (to & PERMISSION.write) !== 0;
  if (had === has && frameBefore === frame) return undefined;
  if (has) return 'gained';
  return had ? 'lost' : undefined;
}

function differenceOf({ space, page, pages, first, last }: Difference): PermissionDifference {
  const from = visibleIn(space, first.from);
  const to = visibleIn(space, last.to);
  const at = (frame: number | undefined, change: LoggedChange): bigint | undefined =>
    frame === undefined ? undefined : addressOf(frame + (page - change.page));
  const start = addressOf(page);
  return {
    satp: satpOf(last.satp),
    start,
    end: start + BigInt(pages * TABLE_BYTES),
    physicalBefore: from === 0 ? undefined : at(first.frameBefore, first),
    physical: to === 0 ? undefined : at(last.frame, last),
    from,
    to,
    event: toEvent(last.serial, last),
  };
}
