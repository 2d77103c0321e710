/** A frame that serves as a page table of one level, as it was when last looked at. */
import { PTE_USER } from '../walk.ts';
import { leafFrame } from '../entry.ts';

/** What a leaf maps: the first frame (guest-physical address / 4096), and PERMISSION bits. */
export interface LeafContent {
  readonly kind: 'leaf';
  readonly frame: number;
  readonly flags: number;
}

/** What an entry stands for; undefined: nothing is mapped. */
export type Content = LeafContent | TableNode | undefined;

/** One place at which a table is used. */
export interface TableUse {
  /** Entries that lead there. */
  count: number;
  /** The change of the graph that made the place known. */
  since: number;
}

/** R, W, X, U and G. */
const PERMISSION_BITS = 0x3e;
const USER = Number(PTE_USER);

export class TableNode {
  readonly kind = 'table';
  /** Guest-physical address / 4096. */
  readonly frame: number;
  /** 0 maps 4 KiB pages. */
  readonly level: number;
  /** Its entries, lower half first. */
  readonly words = new Uint32Array(1024);
  /** Tables that its entries lead to, by index; those of a table that is no longer used stay as they were. */
  readonly children = new Map<number, TableNode>();
  /** Tables with entries that lead here, and how many. */
  readonly parents = new Map<TableNode, number>();
  readonly uses = new Map<number, TableUse>();
  isRoot = false;
  /** Whether it has, or had, a leaf without U, here or below. */
  leadsToSupervisor = false;
  /** Whether something that is still to be told was changed, here or below, while no hart used it. */
  isTouched = false;

  constructor(frame: number, level: number) {
    this.frame = frame;
    this.level = level;
  }

  content(index: number): Content {
    const low = this.words[index * 2]!;
    if ((low & 1) === 0) return undefined;
    const frame = leafFrame(low, this.words[index * 2 + 1]!, this.level, index);
    if (frame === undefined) return this.children.get(index);
    return { kind: 'leaf', frame, flags: low & PERMISSION_BITS };
  }

  /** A leaf that the supervisor uses. */
  isSupervisorLeaf(index: number): boolean {
    const low = this.words[index * 2]!;
    return (
      (low & (USER | 1)) === 1 && leafFrame(low, this.words[index * 2 + 1]!, this.level, index) !== undefined
    );
  }
}
