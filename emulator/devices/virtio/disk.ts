/** A disk over bytes of the host's that are only read: what the guest writes is kept in memory. */
import type { Stateful, StateVisitor } from '../state.ts';

export const SECTOR_SIZE = 512;
const CLUSTER_SIZE = 4096;
/** Memory that a guest's writes can take: 256 MiB. */
const MAX_CLUSTERS = 1 << 16;

export interface DiskSource {
  /** Bytes. */
  readonly size: number;
  /** `length` bytes from `offset`, both inside `size`; fewer, or an exception, when they cannot be had. */
  read(offset: number, length: number): Uint8Array;
}

/** A range that the guest has written to. */
export interface DiskChange {
  /** Bytes from the disk's beginning. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export class CopyOnWriteDisk implements Stateful {
  readonly sectors: number;
  readonly #source: DiskSource;
  readonly #clusters = new Map<number, Uint8Array>();

  /** The last sector may be cut off; zeros fill it. */
  constructor(source: DiskSource) {
    this.#source = source;
    this.sectors = Math.ceil(source.size / SECTOR_SIZE);
  }

  /** What the guest has written, in order; ends where the source ends. */
  get changes(): readonly DiskChange[] {
    return this.#sorted().map(([cluster, bytes]) => {
      const offset = cluster * CLUSTER_SIZE;
      return { offset, bytes: bytes.slice(0, this.#source.size - offset) };
    });
  }

  /** Bytes inside the disk; undefined when the host cannot read them. */
  read(offset: number, length: number): Uint8Array | undefined {
    const bytes = new Uint8Array(length);
    for (const { cluster, from, at, count } of pieces(offset, length)) {
      const part = this.#clusters.get(cluster) ?? this.#load(cluster);
      if (part === undefined) return undefined;
      bytes.set(part.subarray(from, from + count), at);
    }
    return bytes;
  }

  /** False, and nothing or only the beginning written, when the host cannot read or the memory for changes is used up. */
  write(offset: number, bytes: Uint8Array): boolean {
    for (const { cluster, from, at, count } of pieces(offset, bytes.length)) {
      let part = this.#clusters.get(cluster);
      if (part === undefined) {
        part = this.#clusters.size < MAX_CLUSTERS ? this.#load(cluster) : undefined;
        if (part === undefined) return false;
        this.#clusters.set(cluster, part);
      }
      part.set(bytes.subarray(at, at + count), from);
    }
    return true;
  }

  visit(state: StateVisitor): void {
    const clusters = this.#sorted();
    const count = state.u32(clusters.length);
    this.#clusters.clear();
    for (let index = 0; index < count; index++) {
      const [cluster, bytes] = clusters[index] ?? [0, new Uint8Array(0)];
      const number = state.u32(cluster);
      this.#clusters.set(number, state.bytes(bytes));
    }
  }

  #sorted(): [number, Uint8Array][] {
    return [...this.#clusters].sort(([one], [other]) => one - other);
  }

  /** A copy, with zeros behind the end of the source. */
  #load(cluster: number): Uint8Array | undefined {
    const offset = cluster * CLUSTER_SIZE;
    const length = Math.min(CLUSTER_SIZE, this.#source.size - offset);
    try {
      const bytes = this.#source.read(offset, length);
      if (bytes.length !== length) return undefined;
      const copy = new Uint8Array(CLUSTER_SIZE);
      copy.set(bytes);
      return copy;
    } catch {
      // What the file system refuses is an I/O error on the guest's disk.
      return undefined;
    }
  }
}

/** A range cut at the boundaries of clusters: `count` bytes from `from` in the cluster, `at` in the range. */
function* pieces(
  offset: number,
  length: number,
): Generator<{ cluster: number; from: number; at: number; count: number }> {
  for (let at = 0; at < length;) {
    const from = (offset + at) % CLUSTER_SIZE;
    const count = Math.min(CLUSTER_SIZE - from, length - at);
    yield { cluster: Math.floor((offset + at) / CLUSTER_SIZE), from, at, count };
    at += count;
  }
}
