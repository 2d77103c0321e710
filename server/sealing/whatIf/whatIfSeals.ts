/**
 * What-if seals: bytes that shall be read-only although no page says so. They are held by watchpoints on the frames
 * they lie in, so that every alias counts and no byte beside them does; a store is stopped before it happens.
 *
 * One machine watch a frame, and a count for each of its bytes: a store that only comes by is dismissed with one look.
 */
import type { Machine, Watch, WatchedAccess } from '../../../emulator/index.ts';
import type { Refusal } from '../refusal.ts';
import type { RegionPart, SealRegion } from '../region.ts';
import { Tally } from './tally.ts';
import { whatIfRefusal } from './refusal.ts';

/** Bytes of one frame that a seal covers. */
interface Piece {
  readonly physical: bigint;
  readonly size: number;
}

export interface WhatIfSeal {
  /** Its origin is `whatIf`; its id is negative, so that no other region has it. */
  readonly region: SealRegion;
  /** `dropped`: a `retry` gave it up; stores are counted on. */
  state: 'kept' | 'dropped';
  /** Stores while nothing was sealed yet, and since. */
  readonly before: Tally;
  readonly after: Tally;
}

interface Entry {
  readonly seal: WhatIfSeal;
  readonly pieces: readonly Piece[];
}

/** What lies on one frame. */
interface Frame {
  readonly watch: Watch;
  /** How many seals cover each byte. */
  readonly covers: Uint16Array;
  readonly entries: Set<Entry>;
}

type StoreAccess = Omit<WatchedAccess, 'watches'>;

export interface WhatIfSealsParts {
  readonly machine: Machine;
  /** Where a virtual address leads now, or where the image has it. */
  physicalOf(address: bigint): bigint | undefined;
  /** A store before anything is sealed: the legitimate writers of a story. */
  noteWriter(access: StoreAccess): void;
  /** Asked inside the machine's run whether a store to sealed bytes stops it. */
  stopsAt(access: StoreAccess): boolean;
}

const PAGE = 4096;

export class WhatIfSeals {
  readonly #parts: WhatIfSealsParts;
  readonly #entries = new Map<number, Entry>();
  readonly #frames = new Map<bigint, Frame>();
  #sealedFrom: bigint | undefined;
  #nextId = -1;

  constructor(parts: WhatIfSealsParts) {
    this.#parts = parts;
  }

  /** In the order in which they were added. */
  get all(): readonly WhatIfSeal[] {
    return [...this.#entries.values()].map(({ seal }) => seal);
  }

  /** The step from which on the seals hold; undefined while that is still to come. */
  get sealedFrom(): bigint | undefined {
    return this.#sealedFrom;
  }

  sealFrom(step: bigint): void {
    this.#sealedFrom = step;
  }

  /** Undefined when a page of the range is not in memory. @param source The specification, for people. */
  add(range: RegionPart, source: string): WhatIfSeal | undefined {
    const pieces: Piece[] = [];
    for (let at = range.start; at < range.end;) {
      const left = PAGE - Number(at % BigInt(PAGE));
      const size = Number(range.end - at) < left ? Number(range.end - at) : left;
      const physical = this.#parts.physicalOf(at);
      if (physical === undefined) return undefined;
      pieces.push({ physical, size });
      at += BigInt(size);
    }
    const { name, start, end } = range;
    const region: SealRegion = { name, start, end, id: this.#nextId--, origin: 'whatIf', source, parts: [] };
    const seal: WhatIfSeal = { region, state: 'kept', before: new Tally(), after: new Tally() };
    const entry = { seal, pieces };
    this.#entries.set(region.id, entry);
    for (const piece of pieces) this.#cover(entry, piece);
    return seal;
  }

  /** False when there is no such seal. */
  remove(id: number): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined) return false;
    this.#entries.delete(id);
    for (const piece of entry.pieces) this.#uncover(entry, piece);
    return true;
  }

  /** The smallest seal in force on a physical byte. */
  regionAt(physical: bigint): SealRegion | undefined {
    const sizes = this.#entriesAt(physical, 1).filter(({ seal }) => seal.state === 'kept');
    const smallest = sizes.sort((a, b) => (sizeOf(a) < sizeOf(b) ? -1 : 1))[0];
    return smallest?.seal.region;
  }

  /** Whether a watch is one of ours, and so its store refused. */
  owns(watch: Watch): boolean {
    return this.#frames.get(watch.start / BigInt(PAGE))?.watch === watch;
  }

  /** Seals that cover any of these bytes. */
  covering(physical: bigint, size: number): WhatIfSeal[] {
    return this.#entriesAt(physical, size).map(({ seal }) => seal);
  }

  /** A store that one of our watches has stopped, as a refusal. */
  refusalOf(access: StoreAccess): Refusal {
    return whatIfRefusal(this.#parts.machine, access, {
      regionAt: (physical) => this.regionAt(physical),
      drop: () => {
        for (const { seal } of this.#hits(access)) seal.state = 'dropped';
      },
    });
  }

  dispose(): void {
    for (const id of [...this.#entries.keys()]) this.remove(id);
  }

  #cover(entry: Entry, { physical, size }: Piece): void {
    const number = physical / BigInt(PAGE);
    let frame = this.#frames.get(number);
    if (frame === undefined) {
      const watch = this.#parts.machine.watches.add({
        space: 'physical',
        start: number * BigInt(PAGE),
        length: BigInt(PAGE),
        access: 'write',
        observe: (access) => this.#observe(access),
      });
      frame = { watch, covers: new Uint16Array(PAGE), entries: new Set() };
      this.#frames.set(number, frame);
    }
    frame.entries.add(entry);
    const offset = Number(physical % BigInt(PAGE));
    for (let at = offset; at < offset + size; at++) frame.covers[at]!++;
  }

  #uncover(entry: Entry, { physical, size }: Piece): void {
    const number = physical / BigInt(PAGE);
    const frame = this.#frames.get(number);
    if (frame === undefined) return;
    const offset = Number(physical % BigInt(PAGE));
    for (let at = offset; at < offset + size; at++) frame.covers[at]!--;
    frame.entries.delete(entry);
    if (frame.entries.size > 0) return;
    this.#parts.machine.watches.delete(frame.watch);
    this.#frames.delete(number);
  }

  /** Inside the machine's run: counts, and decides whether to stop. */
  #observe(access: StoreAccess): boolean {
    const hits = this.#hits(access);
    if (hits.length === 0) return false;
    if (this.#sealedFrom === undefined || access.step < this.#sealedFrom) {
      for (const { seal } of hits) seal.before.note(access);
      // Clearing .bss writes everything and says nothing of who needs to.
      if (access.oldValue !== access.newValue) this.#parts.noteWriter(access);
      return false;
    }
    for (const { seal } of hits) seal.after.note(access);
    return hits.some(({ seal }) => seal.state === 'kept') && this.#parts.stopsAt(access);
  }

  /** Entries that a store touches; it may run on into another frame. */
  #hits({ hart, address, physical, size }: StoreAccess): Entry[] {
    const here = Math.min(size, PAGE - Number(address % BigInt(PAGE)));
    const first = this.#entriesAt(physical, here);
    if (here === size) return first;
    const next = this.#parts.machine.virtual.physicalOf(hart, address + BigInt(here));
    const second = next === undefined ? [] : this.#entriesAt(next, size - here);
    return [...new Set([...first, ...second])];
  }

  /** All of it in one frame. */
  #entriesAt(physical: bigint, size: number): Entry[] {
    const frame = this.#frames.get(physical / BigInt(PAGE));
    if (frame === undefined) return [];
    const offset = Number(physical % BigInt(PAGE));
    if (!frame.covers.subarray(offset, offset + size).some((count) => count > 0)) return [];
    const end = physical + BigInt(size);
    return [...frame.entries].filter(({ pieces }) =>
      pieces.some((piece) => piece.physical < end && physical < piece.physical + BigInt(piece.size)),
    );
  }
}

function sizeOf({ seal: { region } }: Entry): bigint {
  return region.end - region.start;
}
