/**
 * Breakpoints by virtual address. Predecoded code is kept by frame, and one frame may be mapped anywhere; so a slot
 * is marked when its offset in the page is that of any breakpoint, and the exact pc decides when it is reached.
 * That holds for every mapping, before and after paging is switched on, and costs nothing elsewhere.
 */
import {
  CODE_OWNERS,
  CODE_PAGE_STRIDE,
  CODE_PAGES,
  CODE_SLOTS,
  OP_BREAK,
  OP_UNDECODED,
  PAGE_SIZE,
  SLOT_OP,
  SLOT_REAL_OP,
  SLOT_SIZE,
} from '../layout.ts';
import type { EngineMemory } from './memory.ts';

export class Breakpoints {
  readonly #memory: EngineMemory;
  readonly #addresses = new Set<bigint>();
  /** Offset in a page → breakpoints there. */
  readonly #offsets = new Map<number, number>();

  constructor(memory: EngineMemory) {
    this.#memory = memory;
  }

  /** Idempotent. */
  add(address: bigint): void {
    if (this.#addresses.has(address)) return;
    this.#addresses.add(address);
    const offset = offsetOf(address);
    const users = this.#offsets.get(offset) ?? 0;
    this.#offsets.set(offset, users + 1);
    if (users === 0) this.#mark(offset, true);
  }

  delete(address: bigint): boolean {
    if (!this.#addresses.delete(address)) return false;
    const offset = offsetOf(address);
    const users = this.#offsets.get(offset)! - 1;
    if (users > 0) this.#offsets.set(offset, users);
    else {
      this.#offsets.delete(offset);
      this.#mark(offset, false);
    }
    return true;
  }

  clear(): void {
    for (const address of [...this.#addresses]) this.delete(address);
  }

  has(address: bigint): boolean {
    return this.#addresses.has(address);
  }

  get size(): number {
    return this.#addresses.size;
  }

  [Symbol.iterator](): IterableIterator<bigint> {
    return this.#addresses.values();
  }

  /** Lay a breakpoint over a slot that was just decoded, if its offset in the page calls for one. */
  cover(slot: number, pageOffset: number): void {
    if (this.#offsets.has(pageOffset)) this.#memory.view.setUint16(slot + SLOT_OP, OP_BREAK, true);
  }

  /** In every code page: what is not decoded yet will be covered when it is. */
  #mark(offset: number, on: boolean): void {
    const { view } = this.#memory;
    for (let page = 0; page < CODE_PAGES; page++) {
      if (view.getUint32(CODE_OWNERS + page * 4, true) === 0) continue;
      const slot = CODE_SLOTS + page * CODE_PAGE_STRIDE + (offset >> 1) * SLOT_SIZE;
      const operation = view.getUint16(slot + SLOT_REAL_OP, true);
      if (!on) view.setUint16(slot + SLOT_OP, operation, true);
      else if (operation !== OP_UNDECODED) view.setUint16(slot + SLOT_OP, OP_BREAK, true);
    }
  }
}

function offsetOf(address: bigint): number {
  return Number(address & BigInt(PAGE_SIZE - 1)) & ~1;
}
