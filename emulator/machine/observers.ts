import type { MappingChange } from '../permissions/mappingIndex.ts';
import type { DmaWrite, HartEvent, MachineObserver, PageTableStore } from './observer.ts';

/** Tells everybody who listens. */
export class Observers {
  readonly #list = new Set<MachineObserver>();

  /** Returns the function that ends it. */
  add(observer: MachineObserver): () => void {
    this.#list.add(observer);
    return () => void this.#list.delete(observer);
  }

  console(bytes: Uint8Array): void {
    for (const observer of this.#list) observer.console?.(bytes);
  }

  hart(event: HartEvent): void {
    for (const observer of this.#list) observer.hart?.(event);
  }

  pageTableStore(store: PageTableStore, changes: readonly MappingChange[]): void {
    for (const observer of this.#list) observer.pageTableStore?.(store, changes);
  }

  satpWritten(hart: number): void {
    for (const observer of this.#list) observer.satpWritten?.(hart);
  }

  tlbFlushed(hart: number): void {
    for (const observer of this.#list) observer.tlbFlushed?.(hart);
  }

  pmpWritten(hart: number): void {
    for (const observer of this.#list) observer.pmpWritten?.(hart);
  }

  dmaWritten(write: DmaWrite): void {
    for (const observer of this.#list) observer.dmaWritten?.(write);
  }

  stateReplaced(changes: readonly MappingChange[]): void {
    for (const observer of this.#list) observer.stateReplaced?.(changes);
  }
}
