/**
 * What M-mode lets S-mode use (privileged spec, "Machine Environment Configuration Register") and both let U-mode use:
 *
 *   63 STCE | 62 PBMTE | 61 ADUE | 7 CBZE | 6 CBCFE | 5..4 CBIE | 0 FIOM        (senvcfg: 7..0 only)
 */
import {
  EXTENSION_SSTC,
  EXTENSION_SVADE,
  EXTENSION_SVADU,
  EXTENSION_SVPBMT,
  EXTENSION_ZICBOM,
  EXTENSION_ZICBOZ,
  MENVCFG,
  SENVCFG,
} from '../layout';
import { hasExtension } from './extensions';
import { M, U, privilege } from './hart';

const FIOM: u64 = 1;
export const CBIE: u64 = 3 << 4;
const CBIE_RESERVED: u64 = 2 << 4;
export const CBCFE: u64 = 1 << 6;
export const CBZE: u64 = 1 << 7;
export const ADUE: u64 = 1 << 61;
export const PBMTE: u64 = 1 << 62;
export const STCE: u64 = 1 << 63;

/** The bits of senvcfg that exist. */
function supervisorFields(): u64 {
  return (
    FIOM | (hasExtension(EXTENSION_ZICBOM) ? CBIE | CBCFE : 0) | (hasExtension(EXTENSION_ZICBOZ) ? CBZE : 0)
  );
}

function machineFields(): u64 {
  return (
    supervisorFields() |
    (hasExtension(EXTENSION_SVADU) ? ADUE : 0) |
    (hasExtension(EXTENSION_SVPBMT) ? PBMTE : 0) |
    (hasExtension(EXTENSION_SSTC) ? STCE : 0)
  );
}

export function writeMenvcfg(hart: usize, value: u64): void {
  store<u64>(hart, legal(value & machineFields()), MENVCFG);
}

/** Svadu without Svade: the guest may rely on A and D being set for it from the start. */
export function resetEnvironment(hart: usize): void {
  store<u64>(hart, hasExtension(EXTENSION_SVADE) ? 0 : ADUE & machineFields(), MENVCFG);
}

export function writeSenvcfg(hart: usize, value: u64): void {
  store<u64>(hart, legal(value & supervisorFields()), SENVCFG);
}

/** The reserved value of CBIE becomes 0. */
function legal(value: u64): u64 {
  return (value & CBIE) == CBIE_RESERVED ? value & ~CBIE : value;
}

/** Whether the current mode may use what `field` enables, in menvcfg for S-mode and in both for U-mode. */
export function enabled(hart: usize, field: u64): bool {
  const mode = privilege(hart);
  if (mode == M) return true;
  if (!(load<u64>(hart, MENVCFG) & field)) return false;
  return mode != U || (load<u64>(hart, SENVCFG) & field) != 0;
}

/** S-mode's timer is stimecmp, and STIP no longer software's. */
export function hasSupervisorTimer(hart: usize): bool {
  return (load<u64>(hart, MENVCFG) & STCE) != 0;
}
