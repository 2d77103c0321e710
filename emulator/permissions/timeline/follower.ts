/** Listens to a machine, keeps the graph of its page tables current, and makes permission changes of what it hears. */
import { PAGE_SIZE, RAM_PHYSICAL } from '../../layout.ts';
import type { Machine } from '../../machine/machine.ts';
import type { HartEvent, PageTableStore } from '../../machine/observer.ts';
import { leafFrame, tableFrame } from '../entry.ts';
import { pagingOf } from '../walk.ts';
import { type Change, type Moment, rootBits, satpNumber } from './change.ts';
import { Comparison, leafRun, type Run } from './comparison.ts';
import { PERMISSION, type PermissionKind } from './event.ts';
import { pageAt, rootPlace } from './place.ts';
import { pmpRights, rightsChanges, type RightsRange } from './pmpRights.ts';
import { leadsTo, type Root, TableGraph } from './tableGraph.ts';
import type { Content, TableNode } from './tableNode.ts';

export interface ChangeSink {
  changed(change: Change): void;
  /** An earlier snapshot was restored: what happened at this step and later has not happened. */
  rewound(step: number): void;
}

/** An entry that was cleared, with nothing else since. */
interface Cleared {
  readonly node: TableNode;
  readonly index: number;
  readonly before: Content;
  readonly step: number;
  readonly changes: readonly Change[];
}

/**
 * An entry that is set within so many steps after it was cleared was broken to be made anew: time for a remote
 * `sfence.vma` to all harts.
 */
const BREAK_STEPS = 100_000;
const FIRST_FRAME = RAM_PHYSICAL / PAGE_SIZE;
const TABLE_BYTES = 4096;
/** Where an entry is taken apart. */
const ENTRY = new DataView(new ArrayBuffer(8));
/** Of the lower half of an entry: R and X; A, D and the two bits for software. */
const LEAF = 0xa;
const SILENT = 0x3c0;

export class TableFollower {
  readonly graph: TableGraph;
  readonly #machine: Machine;
  readonly #sink: ChangeSink;
  /** The root that each hart used last; what it has is known although it may have been forgotten. */
  readonly #last: (Root | undefined)[];
  /** Whether the hart uses it now. */
  readonly #paged: boolean[];
  readonly #pmp: (readonly RightsRange[])[] = [];
  readonly #stopObserving: () => void;
  #cleared: Cleared | undefined;
  #exhaustive = true;
  /** The machine stands at this step or later, unless an earlier snapshot was restored. */
  #now = 0;
  #silent = false;

  constructor(machine: Machine, sink: ChangeSink) {
    this.#machine = machine;
    this.#sink = sink;
    this.#last = machine.harts.map(() => undefined);
    this.#paged = machine.harts.map(() => false);
    this.graph = new TableGraph({
      readTable: (frame, words) => readTable(machine, frame, words),
      frames: {
        mark: (frame) => machine.tableFrames.mark(frame - FIRST_FRAME),
        unmark: (frame) => machine.tableFrames.unmark(frame - FIRST_FRAME),
      },
      worked: (tables) => machine.worked(tables),
    });
    for (const { id } of machine.harts) this.#switched(id, this.#moment(id, 'satp'));
    // Built-in firmware gives everything to S-mode, for ever.
    const ownFirmware = machine.config.firmware !== 'builtin';
    if (ownFirmware) for (const { id } of machine.harts) this.#pmp[id] = this.#rights(id);
    this.#stopObserving = machine.observe({
      pageTableStore: (store) => this.#stored(store),
      satpWritten: (hart) => this.#switched(hart, this.#moment(hart, 'satp')),
      hart: (event) => this.#hartChanged(event),
      stateReplaced: () => this.#replaced(),
      ...(ownFirmware && { pmpWritten: (hart: number): void => this.#pmpWritten(hart) }),
    });
  }

  /** False once a limit was reached. */
  get exhaustive(): boolean {
    return this.#exhaustive && this.graph.exhaustive;
  }

  /** What harts use now. */
  get used(): Root[] {
    return this.#machine.harts.flatMap(({ id }) => this.#usedBy(id) ?? []);
  }

  /** Tells that something was unmapped, if it is still not known whether it will be mapped anew. */
  settle(): void {
    const cleared = this.#cleared;
    this.#cleared = undefined;
    for (const change of cleared?.changes ?? []) this.#tell(change);
  }

  dispose(): void {
    this.settle();
    this.#stopObserving();
    this.graph.forgetAll();
  }

  // --- stores --------------------------------------------------------------------------------------------------

  #stored({ physical, newValue, hart, step, pc }: PageTableStore): void {
    const at = Number(physical);
    const nodes = this.graph.nodesOf(Math.floor(at / PAGE_SIZE));
    if (nodes.length === 0) return;
    const index = (at % PAGE_SIZE) / 8;
    ENTRY.setBigUint64(0, newValue, true);
    const low = ENTRY.getUint32(0, true);
    const high = ENTRY.getUint32(4, true);
    const moment: Moment = { step: Number(step), hart, pc, cause: 'store' };
    // A store may make a table that names itself be no table any more.
    for (const node of nodes.length === 1 ? nodes : [...nodes])
      if (this.#isCurrent(node)) this.#write(node, index, low, high, moment);
  }

  #write(node: TableNode, index: number, low: number, high: number, moment: Moment): void {
    const oldLow = node.words[index * 2]!;
    if (high === node.words[index * 2 + 1] && ((low ^ oldLow) & ~SILENT) === 0 && (low & LEAF) !== 0) {
      node.words[index * 2] = low;
      return;
    }
    if (this.#isAbandoned(node, index, low, high)) return;
    let before = this.graph.setEntry(node, index, low, high);
    const after = node.content(index);
    const cleared = this.#cleared;
    if (before === undefined && cleared?.node === node && cleared.index === index) {
      if (after === undefined) return;
      if (moment.step - cleared.step <= BREAK_STEPS && isMadeAnew(cleared.before, after)) {
        before = cleared.before;
        this.#cleared = undefined;
      }
    }
    if (before === after) return;
    const changes = this.#changesOf(node, index, before, after, moment);
    if (after === undefined) {
      this.settle();
      this.#cleared = { node, index, before, step: moment.step, changes };
    } else if (changes.length > 0) {
      this.settle();
      for (const change of changes) this.#tell(change);
    }
  }

  /**
   * Whether the store is to memory that was freed with its tables: to the root of an address space that no hart uses,
   * or of what is no entry below such roots only (what is not valid may mean something to the guest if the page is the
   * user's). Those roots are forgotten; a hart that uses one again makes it known again.
   */
  #isAbandoned(node: TableNode, index: number, low: number, high: number): boolean {
    if (node.isRoot) {
      const root = this.graph.rootAt(node);
      if (root !== undefined && !this.#isUsed(root)) this.graph.forgetRoot(root);
    }
    const isData = node.leadsToSupervisor ? low !== 0 || high !== 0 : (low & 1) !== 0;
    if (isData && !isEntry(low, high, node.level, index)) {
      const used = this.used;
      for (const place of [...node.uses.keys()]) {
        for (;;) {
          const root = this.graph.rootLeadingTo(node, place, used);
          if (root === undefined || used.includes(root)) break;
          this.graph.forgetRoot(root);
        }
      }
    }
    return !this.#isCurrent(node);
  }

  #isCurrent(node: TableNode): boolean {
    return node.isRoot || node.parents.size > 0;
  }

  #changesOf(node: TableNode, index: number, before: Content, after: Content, moment: Moment): Change[] {
    const changes: Change[] = [];
    const pages = 512 ** node.level;
    for (const base of node.uses.keys()) {
      const place = base + index * pages;
      const root = this.#rootFor(node, base, moment.hart);
      const satp = root?.satp ?? 0;
      const isUsed = root !== undefined && this.#isUsed(root);
      let different = 0;
      const runs: Change[] = [];
      const add = (run: Run): void => {
        different += run.pages;
        if (isUsed || isUsers(run)) runs.push(changeOf(moment, satp, run, run.from));
        else this.graph.touch(node);
      };
      if (before?.kind === 'table' || after?.kind === 'table')
        this.#compare(before, after, node.level, place, add);
      else {
        const run = leafRun(before, after, place, pages, true);
        if (run !== undefined) add(run);
      }
      const turned = turnOf(before, after);
      if (turned !== undefined && different < pages && (isUsed || isUsers(turned)))
        changes.push(changeOf(moment, satp, { place, pages, ...turned }, turned.from, turned.kind));
      changes.push(...runs);
    }
    return changes;
  }

  /** Under which the addresses are told: the hart's own, if they hold there. */
  #rootFor(node: TableNode, place: number, hart: number): Root | undefined {
    const own = this.#usedBy(hart);
    if (own !== undefined && leadsTo(own, node, place)) return own;
    return this.graph.rootLeadingTo(node, place, this.used);
  }

  #compare(before: Content, after: Content, level: number, place: number, emit: (run: Run) => void): void {
    const comparison = new Comparison(this.graph.generation, emit);
    comparison.add(before, after, level, place, true);
    this.#finish(comparison);
  }

  #finish(comparison: Comparison): void {
    comparison.finish();
    this.#exhaustive &&= comparison.complete;
    if (comparison.entries > 0) this.#machine.worked(comparison.entries / 512);
  }

  // --- roots ---------------------------------------------------------------------------------------------------

  #switched(hart: number, moment: Moment): void {
    const satp = rootBits(this.#machine.virtual.satp(hart));
    const before = this.#last[hart] ?? this.used[0];
    if (pagingOf(satp) === undefined) {
      this.#paged[hart] = false;
      return;
    }
    const root = this.graph.useRoot(satpNumber(satp), (other) => this.#isUsed(other));
    this.#paged[hart] = root !== undefined;
    this.#last[hart] = root;
    if (root === undefined || root === before) return;
    const changes: Change[] = [];
    const comparison = new Comparison(this.graph.generation, (run) => {
      const change = switchChange(moment, root.satp, run);
      if (change !== undefined) changes.push(change);
    });
    this.#compareRoots(comparison, before, root);
    this.#finish(comparison);
    if (changes.length > 0) this.settle();
    for (const change of changes) this.#tell(change);
  }

  /** Entry by entry; those that are the same in both, and those that lead to user pages in both, make no difference. */
  #compareRoots(comparison: Comparison, before: Root | undefined, { node }: Root): void {
    const old = before?.node.level === node.level ? before.node : undefined;
    const same = old !== undefined && this.#isCurrent(old);
    const { level } = node;
    const base = rootPlace(level + 1);
    const isNew = node.uses.get(base)?.since === this.graph.generation;
    for (let index = 0; index < 512; index++) {
      const low = node.words[index * 2]!;
      if ((low & 1) === 0) continue;
      if (same && low === old.words[index * 2] && node.words[index * 2 + 1] === old.words[index * 2 + 1])
        continue;
      const place = base + index * 512 ** level;
      comparison.add(old?.content(index), node.content(index), level, place, isNew);
    }
  }

  #hartChanged({ kind, hart, retentive }: HartEvent): void {
    if (kind === 'start' || (kind === 'resume' && !retentive)) this.#paged[hart] = false;
    if (kind === 'start') this.#last[hart] = undefined;
  }

  #usedBy(hart: number): Root | undefined {
    if (!this.#paged[hart] || this.#machine.harts[hart]!.state === 'stopped') return undefined;
    return this.#last[hart];
  }

  #isUsed(root: Root): boolean {
    return this.#last.some((last, hart) => last === root && this.#usedBy(hart) === root);
  }

  // --- others --------------------------------------------------------------------------------------------------

  #pmpWritten(hart: number): void {
    const before = this.#pmp[hart]!;
    const after = (this.#pmp[hart] = this.#rights(hart));
    const moment = this.#moment(hart, 'pmp');
    for (const { start, end, from, to } of rightsChanges(before, after)) {
      this.settle();
      this.#tell({
        ...moment,
        satp: 0,
        page: start,
        pages: end - start,
        from,
        to,
        frameBefore: from === 0 ? undefined : start,
        frame: to === 0 ? undefined : start,
        kind: kindOf(from, to, false),
      });
    }
  }

  #rights(hart: number): RightsRange[] {
    const { harts, memory } = this.#machine;
    return pmpRights(harts[hart]!, FIRST_FRAME, FIRST_FRAME + memory.size / PAGE_SIZE);
  }

  /** Memory was changed by somebody else than a hart: looks at everything again. */
  #replaced(): void {
    const step = Number(this.#machine.step);
    if (this.#cleared !== undefined && this.#cleared.step > step) this.#cleared = undefined;
    this.#silent = step < this.#now;
    if (this.#silent) {
      this.#sink.rewound(step);
      this.#now = step;
    }
    const before = [...this.#last];
    for (const { id } of this.#machine.harts) {
      const satp = rootBits(this.#machine.virtual.satp(id));
      this.#paged[id] = pagingOf(satp) !== undefined;
      this.#last[id] = this.graph.rootOf(satpNumber(satp)) ?? before[id];
    }
    this.#rewalk(this.#moment(this.#machine.currentHart, 'debugger'));
    for (const { id } of this.#machine.harts) {
      this.#last[id] = before[id];
      this.#switched(id, this.#moment(id, 'debugger'));
    }
    if (this.#pmp.length > 0) for (const { id } of this.#machine.harts) this.#pmp[id] = this.#rights(id);
    this.#silent = false;
  }

  #rewalk(moment: Moment): void {
    const words = new Uint32Array(TABLE_BYTES / 4);
    for (const node of [...this.graph.nodes()]) {
      if (!this.#isCurrent(node) || !readTable(this.#machine, node.frame, words)) continue;
      for (let index = 0; index < 512 && this.#isCurrent(node); index++) {
        const [low, high] = [words[index * 2]!, words[index * 2 + 1]!];
        if (low !== node.words[index * 2] || high !== node.words[index * 2 + 1])
          this.#write(node, index, low, high, moment);
      }
    }
    this.#machine.worked(this.graph.size / 8);
  }

  #moment(hart: number, cause: Moment['cause']): Moment {
    return { step: Number(this.#machine.step), hart, pc: this.#machine.harts[hart]!.pc, cause };
  }

  #tell(change: Change): void {
    if (this.#silent) return;
    this.#now = change.cause === 'debugger' ? change.step : change.step + 1;
    this.#sink.changed(change);
  }
}

/**
 * What a hart sees that uses other tables now. What only one of them maps is no change: processes come and go. The
 * pages of user space are others, not different ones. What nobody knew before is told in any case.
 */
function switchChange(moment: Moment, satp: number, run: Run): Change | undefined {
  const { from, to, fresh } = run;
  if (to === 0) return undefined;
  const comparable = from !== 0 && ((from | to) & PERMISSION.user) === 0;
  if (comparable && (from !== to || fresh)) return changeOf(moment, satp, run, from);
  return fresh ? changeOf(moment, satp, { ...run, frameBefore: undefined }, 0) : undefined;
}

/**
 * Whether an entry that was cleared and is set now was only broken to be made anew: it leads to the same frame, and the
 * break did not keep stores away that were permitted before and are again, as when a window closes and opens.
 */
function isMadeAnew(before: Content, after: Content): boolean {
  if (before?.kind !== 'leaf' || after?.kind !== 'leaf') return true;
  return before.frame === after.frame && (before.flags & after.flags & PERMISSION.write) === 0;
}

function isUsers({ from, to }: { readonly from: number; readonly to: number }): boolean {
  return ((to === 0 ? from : to) & PERMISSION.user) !== 0;
}

function changeOf(
  moment: Moment,
  satp: number,
  { place, pages, to, frameBefore, frame }: Omit<Run, 'from' | 'fresh'>,
  from: number,
  kind = kindOf(from, to, frameBefore !== frame),
): Change {
  const { step, hart, pc, cause } = moment;
  const page = pageAt(place);
  // Copied by name: a kernel that patches its text makes tens of thousands of these, and spreading took most of the time.
  return { step, hart, pc, cause, satp, page, pages, from, to, frameBefore, frame, kind };
}

function kindOf(from: number, to: number, moved: boolean): PermissionKind {
  if (from === 0) return 'map';
  if (to === 0) return 'unmap';
  return moved ? 'remap' : 'change';
}

/** Of a leaf that became a table, or the other way: what is the same before and after. */
function turnOf(
  before: Content,
  after: Content,
): { kind: PermissionKind; from: number; to: number; frameBefore: number; frame: number } | undefined {
  const split = before?.kind === 'leaf' && after?.kind === 'table';
  const leaf = split ? before : after;
  if (leaf?.kind !== 'leaf' || (!split && before?.kind !== 'table')) return undefined;
  return {
    kind: split ? 'split' : 'merge',
    from: leaf.flags,
    to: leaf.flags,
    frameBefore: leaf.frame,
    frame: leaf.frame,
  };
}

function isEntry(low: number, high: number, level: number, index: number): boolean {
  return leafFrame(low, high, level, index) !== undefined || tableFrame(low, high, level) !== undefined;
}

function readTable(machine: Machine, frame: number, words: Uint32Array): boolean {
  const bytes = machine.memory.read(BigInt(frame * PAGE_SIZE), TABLE_BYTES);
  if (bytes === undefined) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, TABLE_BYTES);
  for (let word = 0; word < words.length; word++) words[word] = view.getUint32(word * 4, true);
  return true;
}
