/** A permission event in plain numbers, as it is made and kept. */
import { ROOT_MASK } from '../view.ts';
import { type PermissionCause, type PermissionEvent, type PermissionKind } from './event.ts';

export interface Moment {
  readonly step: number;
  readonly hart: number;
  readonly pc: bigint;
  readonly cause: PermissionCause;
}

export interface Change extends Moment {
  /** satp without ASID: MODE above 44 bits of PPN; 0 for PMP. */
  readonly satp: number;
  /** Virtual address / 4096, with its sign; of PMP guest-physical, and then, as `pages`, not always whole. */
  readonly page: number;
  readonly pages: number;
  /** PERMISSION bits. */
  readonly from: number;
  readonly to: number;
  /** Guest-physical address / 4096 of the first page; undefined where not mapped. */
  readonly frameBefore: number | undefined;
  readonly frame: number | undefined;
  readonly kind: PermissionKind;
}

const PAGE = 4096;
const MODE_UNIT = 2 ** 44;

export function toEvent(serial: number, change: Change): PermissionEvent {
  const start = addressOf(change.page);
  return {
    serial,
    step: BigInt(change.step),
    hart: change.hart,
    pc: change.pc,
    cause: change.cause,
    satp: satpOf(change.satp),
    start,
    end: start + BigInt(change.pages * PAGE),
    physicalBefore: change.frameBefore === undefined ? undefined : BigInt(change.frameBefore * PAGE),
    physical: change.frame === undefined ? undefined : BigInt(change.frame * PAGE),
    from: change.from,
    to: change.to,
    kind: change.kind,
  };
}

/** Of a page number with its sign. */
export function addressOf(page: number): bigint {
  return BigInt.asUintN(64, BigInt(page * PAGE));
}

/** With its sign: addresses of the upper half are below 0. */
export function pageOf(address: bigint): number {
  return Number(BigInt.asIntN(64, address) >> 12n);
}

/** MODE and PPN in one number, and back. */
export function satpNumber(satp: bigint): number {
  return Number(satp >> 60n) * MODE_UNIT + Number(satp & 0xfff_ffff_ffffn);
}

export function satpOf(number: number): bigint {
  return (BigInt(Math.floor(number / MODE_UNIT)) << 60n) | BigInt(number % MODE_UNIT);
}

/** satp without its ASID. */
export function rootBits(satp: bigint): bigint {
  return satp & ROOT_MASK;
}
