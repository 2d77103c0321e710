/**
 * Frames that are sealed: those of a region whose own mapping lost W, and those from which a store to a page table took
 * W away while they stayed mapped. A frame keeps the addresses at which that happened, its homes: a page table that
 * permits stores there opens a window, one that permits them anywhere else is an alias.
 *
 * Stores to these frames take the machine's slow path, whatever address they use; to others nothing changes.
 */
import type { Machine, Watch, WatchedAccess } from '../../../emulator/index.ts';
import type { Moment } from '../sealEvent.ts';

export interface SealedFrame {
  /** Guest-physical address of its first byte. */
  readonly physical: bigint;
  /** Virtual pages at which it was sealed, and who did that last; bounded. */
  readonly homes: ReadonlyMap<bigint, Moment>;
  /** Page tables in which it was sealed first. */
  readonly satp: bigint;
  /** Id of the region that it belongs to; undefined for one that was only observed. */
  readonly region: number | undefined;
}

/** A run of pages that was sealed as one. */
export interface SealedRun {
  readonly virtual: bigint;
  readonly physical: bigint;
  /** Bytes; a multiple of 4 KiB. */
  readonly length: bigint;
  readonly satp: bigint;
  readonly region?: number | undefined;
}

interface Entry extends SealedFrame {
  readonly homes: Map<bigint, Moment>;
  readonly watch: { readonly handle: Watch; users: number };
}

const PAGE = 4096n;
/** 4 GiB of sealed memory, which is all that a machine can have; homes are bounded for hostile page tables. */
const MAX_FRAMES = 1 << 20;
const MAX_HOMES = 8;

export class SealedFrames {
  readonly #machine: Machine;
  readonly #stored: (access: WatchedAccess) => boolean;
  readonly #frames = new Map<bigint, Entry>();

  /** @param stored Asked about each store to a sealed frame, before it happens: true stops. */
  constructor(machine: Machine, stored: (access: WatchedAccess) => boolean) {
    this.#machine = machine;
    this.#stored = stored;
  }

  get size(): number {
    return this.#frames.size;
  }

  /** By any address in the frame. */
  at(physical: bigint): SealedFrame | undefined {
    return this.#frames.get(physical & ~(PAGE - 1n));
  }

  /** The sealed frames in [start, end), in no order. */
  *within(start: bigint, end: bigint): Iterable<SealedFrame> {
    if ((end - start) / PAGE <= BigInt(this.#frames.size)) {
      for (let page = start & ~(PAGE - 1n); page < end; page += PAGE) {
        const frame = this.#frames.get(page);
        if (frame !== undefined) yield frame;
      }
    } else
      for (const frame of this.#frames.values())
        if (start <= frame.physical && frame.physical < end) yield frame;
  }

  /** Pages were sealed. One that was sealed before gets another home. */
  seal({ virtual, physical, length, satp, region }: SealedRun, moment: Moment): void {
    let watch: Entry['watch'] | undefined;
    for (let offset = 0n; offset < length; offset += PAGE) {
      const known = this.#frames.get(physical + offset);
      const homes = known?.homes ?? new Map<bigint, Moment>();
      if (homes.size < MAX_HOMES || homes.has(virtual + offset)) homes.set(virtual + offset, moment);
      if (known !== undefined) {
        if (region !== undefined) this.#frames.set(known.physical, { ...known, region });
        continue;
      }
      if (this.#frames.size >= MAX_FRAMES) return;
      watch ??= { handle: this.#watch(physical, length), users: 0 };
      watch.users++;
      const at = physical + offset;
      this.#frames.set(at, { physical: at, homes, satp, region, watch });
    }
  }

  /** Their memory becomes something else. */
  release(frames: Iterable<SealedFrame>): void {
    for (const { physical } of [...frames]) {
      const entry = this.#frames.get(physical);
      if (entry === undefined) continue;
      this.#frames.delete(physical);
      if (--entry.watch.users === 0) this.#machine.watches.delete(entry.watch.handle);
    }
  }

  releaseRegion(id: number): void {
    this.release([...this.#frames.values()].filter(({ region }) => region === id));
  }

  /** A page of a frame is mapped elsewhere or nowhere. With its last home a frame that no region has is released. */
  leave(virtual: bigint, physical: bigint): void {
    const entry = this.#frames.get(physical);
    if (entry?.homes.delete(virtual) === true && entry.homes.size === 0 && entry.region === undefined)
      this.release([entry]);
  }

  dispose(): void {
    this.release(this.#frames.values());
  }

  #watch(start: bigint, length: bigint): Watch {
    return this.#machine.watches.add({
      space: 'physical',
      start,
      length,
      access: 'write',
      observe: (access) => this.#stored(access),
    });
  }
}
