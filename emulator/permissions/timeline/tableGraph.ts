/**
 * All page tables that lead out of known roots, as a graph: a table that several use is one node, with every place at
 * which it is used. Tables can only lead to tables of the next lower level, so that even those that name themselves
 * make no cycle; what they can do without end is multiply places, which are bounded.
 */
import type { FrameMarker } from '../mappingIndex.ts';
import { tableFrame } from '../entry.ts';
import { indexAt, levelsAt, rootPlace } from './place.ts';
import { type Content, TableNode } from './tableNode.ts';

/** What the graph needs of a machine. */
export interface TableSource {
  /** Entries of a table (guest-physical address / 4096), lower halves first, into 1024 words; false outside RAM. */
  readTable(frame: number, words: Uint32Array): boolean;
  /** By guest-physical address / 4096: their stores have to be reported, or no longer. */
  readonly frames: FrameMarker;
  /** Told of tables that were looked at. */
  worked(tables: number): void;
}

/** A root, and the satp (without ASID) that names it: MODE above 44 bits of PPN. */
export interface Root {
  readonly satp: number;
  readonly node: TableNode;
}

const MAX_NODES = 16_384;
const MAX_ROOTS = 1024;
/** Places of one table. Kernels have one; two for a moment. */
const MAX_USES = 64;
const MODE_UNIT = 2 ** 44;
/** Sv39 is MODE 8 and has three levels. */
const LEVELS_BELOW_MODE = 5;

export class TableGraph {
  readonly #source: TableSource;
  /** By frame, of every level that it is used at. */
  readonly #nodes = new Map<number, TableNode[]>();
  #count = 0;
  /** Least recently used first. */
  readonly #roots = new Map<number, Root>();
  #generation = 0;
  #exhaustive = true;

  constructor(source: TableSource) {
    this.#source = source;
  }

  /** Of the last change: places that it made known have it as their `since`. */
  get generation(): number {
    return this.#generation;
  }

  /** False once a limit was reached. */
  get exhaustive(): boolean {
    return this.#exhaustive;
  }

  get size(): number {
    return this.#count;
  }

  nodesOf(frame: number): readonly TableNode[] {
    return this.#nodes.get(frame) ?? NO_NODES;
  }

  *nodes(): Generator<TableNode> {
    for (const nodes of this.#nodes.values()) yield* nodes;
  }

  get roots(): Iterable<Root> {
    return this.#roots.values();
  }

  rootOf(satp: number): Root | undefined {
    return this.#roots.get(satp);
  }

  /** The root whose table this is. */
  rootAt({ frame, level }: TableNode): Root | undefined {
    return this.#roots.get((level + 1 + LEVELS_BELOW_MODE) * MODE_UNIT + frame);
  }

  /**
   * A root that a hart uses now; undefined outside RAM. When there are too many, those that were used least recently
   * and that `isUsed` does not want to keep are forgotten.
   */
  useRoot(satp: number, isUsed: (root: Root) => boolean): Root | undefined {
    this.#generation++;
    let root = this.#roots.get(satp);
    if (root === undefined) {
      this.#makeRoom(isUsed);
      const levels = Math.floor(satp / MODE_UNIT) - LEVELS_BELOW_MODE;
      const node = this.#obtain(satp % MODE_UNIT, levels - 1);
      if (node === undefined) return undefined;
      root = { satp, node };
      node.isRoot = true;
      this.#addUse(node, rootPlace(levels));
    }
    this.#roots.delete(satp);
    this.#roots.set(satp, root);
    this.#renew(root.node);
    return root;
  }

  /** What the table maps is to be told when a hart uses it: then its places become known anew. */
  touch(node: TableNode): void {
    if (node.isTouched) return;
    node.isTouched = true;
    for (const parent of node.parents.keys()) this.touch(parent);
  }

  forgetRoot(root: Root): void {
    if (!this.#roots.delete(root.satp)) return;
    root.node.isRoot = false;
    this.#removeUse(root.node, rootPlace(root.node.level + 1));
    this.#dropUnused(root.node);
  }

  forgetAll(): void {
    for (const root of [...this.#roots.values()]) this.forgetRoot(root);
  }

  /** An entry was written. Returns what it stood for; its tables, if nothing else uses them, are as they were. */
  setEntry(node: TableNode, index: number, low: number, high: number): Content {
    this.#generation++;
    const before = node.content(index);
    node.words[index * 2] = low;
    node.words[index * 2 + 1] = high;
    const old = node.children.get(index);
    const frame = tableFrame(low, high, node.level);
    if (frame !== old?.frame) {
      if (old !== undefined) node.children.delete(index);
      // The new one first: what both lead to stays known.
      if (frame !== undefined) this.#attach(node, index, frame);
      if (old !== undefined) this.#detach(node, index, old);
    }
    if (node.isSupervisorLeaf(index)) markSupervisor(node);
    return before;
  }

  /** A root under which the table is used at this place: the first of those preferred, or any. */
  rootLeadingTo(node: TableNode, place: number, preferred: Iterable<Root>): Root | undefined {
    for (const root of preferred) if (leadsTo(root, node, place)) return root;
    for (const root of this.#roots.values()) if (leadsTo(root, node, place)) return root;
    return undefined;
  }

  #renew(node: TableNode): void {
    if (!node.isTouched) return;
    node.isTouched = false;
    for (const use of node.uses.values()) use.since = this.#generation;
    for (const child of node.children.values()) this.#renew(child);
  }

  #makeRoom(isUsed: (root: Root) => boolean): void {
    for (const root of [...this.#roots.values()]) {
      if (this.#roots.size < MAX_ROOTS && this.#count < MAX_NODES / 2) return;
      if (!isUsed(root)) this.forgetRoot(root);
    }
  }

  #obtain(frame: number, level: number): TableNode | undefined {
    const there = this.#nodes.get(frame);
    const known = there?.find((node) => node.level === level);
    if (known !== undefined) return known;
    if (this.#count >= MAX_NODES) {
      this.#exhaustive = false;
      return undefined;
    }
    const node = new TableNode(frame, level);
    if (!this.#source.readTable(frame, node.words)) return undefined;
    this.#source.worked(1);
    if (there === undefined) this.#nodes.set(frame, [node]);
    else there.push(node);
    this.#count++;
    this.#source.frames.mark(frame);
    for (let index = 0; index < 512; index++) {
      const low = node.words[index * 2]!;
      if ((low & 1) === 0) continue;
      const below = tableFrame(low, node.words[index * 2 + 1]!, level);
      if (below !== undefined) this.#attach(node, index, below);
      else if (!node.leadsToSupervisor && node.isSupervisorLeaf(index)) markSupervisor(node);
    }
    return node;
  }

  #attach(parent: TableNode, index: number, frame: number): void {
    const child = this.#obtain(frame, parent.level - 1);
    if (child === undefined) return;
    parent.children.set(index, child);
    child.parents.set(parent, (child.parents.get(parent) ?? 0) + 1);
    for (const place of parent.uses.keys()) this.#addUse(child, place + index * 512 ** parent.level);
    if (child.leadsToSupervisor) markSupervisor(parent);
  }

  #detach(parent: TableNode, index: number, child: TableNode): void {
    for (const place of parent.uses.keys()) this.#removeUse(child, place + index * 512 ** parent.level);
    const entries = child.parents.get(parent)! - 1;
    if (entries > 0) child.parents.set(parent, entries);
    else child.parents.delete(parent);
    this.#dropUnused(child);
  }

  #dropUnused(node: TableNode): void {
    if (node.isRoot || node.parents.size > 0) return;
    const rest = this.nodesOf(node.frame).filter((other) => other !== node);
    if (rest.length === 0) this.#nodes.delete(node.frame);
    else this.#nodes.set(node.frame, rest);
    this.#count--;
    this.#source.frames.unmark(node.frame);
    for (const [index, child] of node.children) this.#detach(node, index, child);
  }

  #addUse(node: TableNode, place: number): void {
    const use = node.uses.get(place);
    if (use !== undefined) {
      use.count++;
      return;
    }
    if (node.uses.size >= MAX_USES) {
      this.#exhaustive = false;
      return;
    }
    node.uses.set(place, { count: 1, since: this.#generation });
    for (const [index, child] of node.children) this.#addUse(child, place + index * 512 ** node.level);
  }

  #removeUse(node: TableNode, place: number): void {
    const use = node.uses.get(place);
    if (use === undefined || --use.count > 0) return;
    node.uses.delete(place);
    for (const [index, child] of node.children) this.#removeUse(child, place + index * 512 ** node.level);
  }
}

const NO_NODES: readonly TableNode[] = [];

function markSupervisor(node: TableNode): void {
  if (node.leadsToSupervisor) return;
  node.leadsToSupervisor = true;
  for (const parent of node.parents.keys()) markSupervisor(parent);
}

/** Whether a table is used at this place under a root. */
export function leadsTo(root: Root, node: TableNode, place: number): boolean {
  if (levelsAt(place) !== root.node.level + 1) return false;
  let table: TableNode | undefined = root.node;
  while (table !== undefined && table.level > node.level)
    table = table.children.get(indexAt(place, table.level));
  return table === node;
}
