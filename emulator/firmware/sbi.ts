/** What SBI extensions have in common (RISC-V Supervisor Binary Interface Specification 2.0, chapter 3). */
import type { Hart } from '../machine/hart.ts';
import type { HartEvent } from '../machine/observer.ts';
import type { ExitReason } from '../machine/stop.ts';

export const SBI_SUCCESS = 0n;
export const SBI_ERR_FAILED = -1n;
export const SBI_ERR_NOT_SUPPORTED = -2n;
export const SBI_ERR_INVALID_PARAM = -3n;
export const SBI_ERR_DENIED = -4n;
export const SBI_ERR_INVALID_ADDRESS = -5n;
export const SBI_ERR_ALREADY_AVAILABLE = -6n;

export interface SbiCall {
  /** The hart that calls; its pc is at the ecall. */
  readonly hart: Hart;
  readonly functionId: number;
  /** a0 to a5, unsigned. */
  readonly arguments: readonly [bigint, bigint, bigint, bigint, bigint, bigint];
}

/**
 * What a call does to its caller. `return`: error in a0 and value in a1. `legacy`: a0 only. `leave`: the caller does
 * not go on behind its ecall; its state has been set.
 */
export type SbiResult =
  | { readonly kind: 'return'; readonly error: bigint; readonly value: bigint }
  | { readonly kind: 'legacy'; readonly value: bigint }
  | { readonly kind: 'leave' };

export interface SbiExtension {
  readonly ids: readonly number[];
  call(call: SbiCall, extensionId: number): SbiResult;
}

/** The machine as its firmware sees it. */
export interface SbiPlatform {
  readonly harts: readonly Hart[];
  readonly memory: SbiMemory;
  /** Power-on state in every register, CSR and TLB of a hart; interrupt wires are driven anew. */
  resetHart(hart: Hart): void;
  setTimer(hart: Hart, mtime: bigint): void;
  /** sfence.vma on a hart: `size` bytes from `start` (all if both are 0 or size is −1), of one ASID if given. */
  fence(hart: Hart, start: bigint, size: bigint, asid: bigint | undefined): void;
  consoleWrite(bytes: Uint8Array): void;
  /** The next byte of console input that has arrived. */
  consoleRead(): number | undefined;
  powerOff(reason: ExitReason, status: number): void;
  hartEvent(event: Omit<HartEvent, 'step'>): void;
}

export interface SbiMemory {
  has(address: bigint, length: bigint): boolean;
  read(address: bigint, length: number): Uint8Array | undefined;
  write(address: bigint, bytes: Uint8Array): boolean;
}

export function success(value = 0n): SbiResult {
  return { kind: 'return', error: SBI_SUCCESS, value };
}

export function failure(error: bigint): SbiResult {
  return { kind: 'return', error, value: 0n };
}

export const LEAVE: SbiResult = { kind: 'leave' };
