/**
 * What can be heard of a machine while it runs. Observers are called inside `run`, with every register of the hart
 * readable; they may read anything and call `requestStop`, but must not change the machine.
 */
import type { MappingChange } from '../permissions/mappingIndex.ts';

/** A store that changed an entry of a frame that a range in `Machine.mappings` depends on, after it happened. */
export interface PageTableStore {
  readonly hart: number;
  readonly step: bigint;
  readonly pc: bigint;
  /** Guest-physical address of the doubleword, 8-byte aligned. */
  readonly physical: bigint;
  readonly oldValue: bigint;
  readonly newValue: bigint;
}

/** Why a hart's state changed. */
export type HartEventKind = 'start' | 'stop' | 'suspend' | 'resume';

/** SBI HSM at work. */
export interface HartEvent {
  readonly kind: HartEventKind;
  readonly step: bigint;
  /** The hart that starts, stops, suspends or resumes. */
  readonly hart: number;
  /** The hart whose call did it; for `resume`, undefined (an interrupt did). */
  readonly by: number | undefined;
  /** Where the hart begins (`start`, and `resume` from a non-retentive suspension); undefined otherwise. */
  readonly address: bigint | undefined;
  /** A non-retentive suspension loses the hart's registers and translation. */
  readonly retentive: boolean;
}

/** Bytes that a device wrote by itself. */
export interface DmaWrite {
  /** Of the device, such as `virtio-blk`. */
  readonly device: string;
  /** Guest-physical address of the first byte. */
  readonly physical: bigint;
  /** Bytes, at least 1. */
  readonly length: number;
}

export interface MachineObserver {
  /** The guest wrote to its console, through the UART or SBI. The bytes are the observer's to keep. */
  console?(bytes: Uint8Array): void;
  hart?(event: HartEvent): void;
  /** `changes`: what became of the ranges in `Machine.mappings` that depend on the entry. */
  pageTableStore?(store: PageTableStore, changes: readonly MappingChange[]): void;
  /** satp of this hart was written; its CSR already holds the new value. */
  satpWritten?(hart: number): void;
  /** This hart's TLB lost entries (sfence.vma, or a remote fence through SBI). */
  tlbFlushed?(hart: number): void;
  /** A PMP entry or mseccfg of this hart was written; its CSRs already hold what became of it. */
  pmpWritten?(hart: number): void;
  /** A device has written to RAM, past all page tables. */
  dmaWritten?(write: DmaWrite): void;
  /**
   * A debugger wrote to a frame that ranges depend on, or a snapshot was restored: whatever was derived from the
   * state has to be looked at again.
   */
  stateReplaced?(changes: readonly MappingChange[]): void;
}

/** Which traps stop the machine. */
export interface TrapFilter {
  /** Bit n: exceptions of cause n are asked about. */
  readonly exceptions: bigint;
  /** Bit n: interrupts of cause n are asked about. */
  readonly interrupts: bigint;
}
