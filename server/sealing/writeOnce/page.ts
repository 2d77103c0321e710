/** A page that holds objects of write-once memory: who lies where on it, and whether it is open. */
import type { Moment } from '../sealEvent.ts';
import type { WriteOnceObject } from './object.ts';
import type { WriteOnceViolation } from './violation.ts';

export const PAGE = 4096n;
/** Objects are found by the doublewords they touch. */
const GRANULE = 8;

/** The page can be written by somebody. */
export interface Window {
  readonly opened: Moment;
  /** What the opening was judged to be; undefined where init-once or free did it. */
  readonly violation: WriteOnceViolation | undefined;
}

export class ObjectPage {
  /** Guest-physical address of its first byte, and the virtual one that objects are known by. */
  readonly frame: bigint;
  readonly virtual: bigint;
  window: Window | undefined;
  /** Stores that landed on the page, and those of them that hit no object. */
  stores = 0;
  strayStores = 0;
  readonly #granules: (WriteOnceObject | undefined)[] = [];
  readonly #objects = new Set<WriteOnceObject>();

  constructor(frame: bigint, virtual: bigint) {
    this.frame = frame;
    this.virtual = virtual;
  }

  /** By address. */
  get objects(): WriteOnceObject[] {
    return [...this.#objects].sort((a, b) => (a.address < b.address ? -1 : 1));
  }

  get live(): number {
    let count = 0;
    for (const { isLive } of this.#objects) if (isLive) count++;
    return count;
  }

  /** What a page that served another cache before still remembers makes room. */
  add(object: WriteOnceObject): void {
    const { first, last } = this.#span(object);
    for (const other of new Set(this.#granules.slice(first, last + 1)))
      if (other !== undefined && other.address < object.end && object.address < other.end)
        this.#remove(other);
    this.#objects.add(object);
    for (let granule = first; granule <= last; granule++) this.#granules[granule] = object;
  }

  /** The object that a byte of the page belongs to. */
  at(virtual: bigint): WriteOnceObject | undefined {
    const object = this.#granules[Math.floor(Number(virtual - this.virtual) / GRANULE)];
    return object?.holds(virtual, 1) === true ? object : undefined;
  }

  #remove(object: WriteOnceObject): void {
    this.#objects.delete(object);
    const { first, last } = this.#span(object);
    for (let granule = first; granule <= last; granule++)
      if (this.#granules[granule] === object) this.#granules[granule] = undefined;
  }

  #span({ address, end }: WriteOnceObject): { readonly first: number; readonly last: number } {
    const from = address > this.virtual ? address : this.virtual;
    const to = end < this.virtual + PAGE ? end : this.virtual + PAGE;
    return {
      first: Math.floor(Number(from - this.virtual) / GRANULE),
      last: Math.floor((Number(to - this.virtual) - 1) / GRANULE),
    };
  }
}
