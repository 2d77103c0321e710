/**
 * Who wrote to a region before it was sealed. While it is open every store to its frames is noted, so that a refused
 * store can name its first and its latest legitimate writer, byte by byte, whatever address they used.
 *
 * Memory is bounded: a page that was written costs 48 KiB, a store that is still the first or latest of some byte
 * one record. When the records run out, later stores still replace the latest ones of their bytes where they can.
 */

const PAGE = 4096;
const MAX_RECORDS = 1 << 18;
const MAX_PAGES = 2048;
const NONE = 0;

export interface StoreRecord {
  readonly step: bigint;
  readonly hart: number;
  readonly pc: bigint;
  /** Virtual, as the store used it. */
  readonly address: bigint;
  readonly physical: bigint;
  readonly size: number;
  readonly oldValue: bigint;
  readonly newValue: bigint;
}

export interface RecordedWriters {
  readonly first: StoreRecord | undefined;
  readonly latest: StoreRecord | undefined;
  /** Stores to the most often written of the bytes. */
  readonly count: number;
  readonly complete: boolean;
}

/** Per byte of one frame: numbers of the records of its first and latest store, and how many there were. */
interface PageRecords {
  readonly first: Uint32Array;
  readonly latest: Uint32Array;
  readonly count: Uint32Array;
}

export class WriterLog {
  /** By record number; 0 is no record. */
  readonly #records: (StoreRecord | undefined)[] = [undefined];
  /** How many byte entries refer to each record. */
  readonly #references: number[] = [0];
  readonly #free: number[] = [];
  readonly #pages = new Map<bigint, PageRecords>();
  #complete = true;

  /** Notes a store that is about to happen. */
  note(store: StoreRecord): void {
    const number = this.#allocate(store);
    for (let index = 0; index < store.size; index++) {
      const address = store.physical + BigInt(index);
      const page = this.#pageAt(address, true);
      if (page === undefined) continue;
      const offset = Number(address % BigInt(PAGE));
      page.count[offset] = (page.count[offset] ?? 0) + 1;
      if (number === NONE) continue;
      if (page.first[offset] === NONE) {
        page.first[offset] = number;
        this.#references[number]!++;
      }
      this.#release(page.latest[offset] ?? NONE);
      page.latest[offset] = number;
      this.#references[number]!++;
    }
    if (number !== NONE && this.#references[number] === 0) this.#recycle(number);
  }

  /** What is known of `size` bytes from a physical address. */
  lookUp(physical: bigint, size: number): RecordedWriters {
    let first: StoreRecord | undefined;
    let latest: StoreRecord | undefined;
    let count = 0;
    for (let index = 0; index < size; index++) {
      const address = physical + BigInt(index);
      const page = this.#pageAt(address, false);
      if (page === undefined) continue;
      const offset = Number(address % BigInt(PAGE));
      const early = this.#records[page.first[offset] ?? NONE];
      const late = this.#records[page.latest[offset] ?? NONE];
      if (early !== undefined && (first === undefined || early.step < first.step)) first = early;
      if (late !== undefined && (latest === undefined || late.step > latest.step)) latest = late;
      count = Math.max(count, page.count[offset] ?? 0);
    }
    return { first, latest, count, complete: this.#complete };
  }

  #pageAt(physical: bigint, create: boolean): PageRecords | undefined {
    const frame = physical / BigInt(PAGE);
    const page = this.#pages.get(frame);
    if (page !== undefined || !create) return page;
    if (this.#pages.size >= MAX_PAGES) {
      this.#complete = false;
      return undefined;
    }
    const fresh = {
      first: new Uint32Array(PAGE),
      latest: new Uint32Array(PAGE),
      count: new Uint32Array(PAGE),
    };
    this.#pages.set(frame, fresh);
    return fresh;
  }

  #allocate(store: StoreRecord): number {
    const recycled = this.#free.pop();
    const number = recycled ?? (this.#records.length < MAX_RECORDS ? this.#records.length : NONE);
    if (number === NONE) {
      this.#complete = false;
      return NONE;
    }
    this.#records[number] = store;
    this.#references[number] = 0;
    return number;
  }

  #release(number: number): void {
    if (number !== NONE && --this.#references[number]! === 0) this.#recycle(number);
  }

  #recycle(number: number): void {
    this.#records[number] = undefined;
    this.#free.push(number);
  }
}
