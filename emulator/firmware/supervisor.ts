import type { Hart } from '../machine/hart.ts';

const MSTATUS = 0x300;
const MEDELEG = 0x302;
const MIDELEG = 0x303;
const MCOUNTEREN = 0x306;
const SCOUNTEREN = 0x106;
const MENVCFG = 0x30a;
const PMPCFG0 = 0x3a0;
const PMPADDR0 = 0x3b0;
/** NAPOT, R, W, X: with an address of all ones, everything. */
const PMP_EVERYTHING = 0x1fn;
const ALL_ONES = 0xffff_ffff_ffff_ffffn;
/**
 * Everything but ecall from S and from M. OpenSBI delegates 0xb109 of it and passes on what it cannot emulate of the
 * rest, so S-mode sees the same.
 */
const DELEGATED_EXCEPTIONS = 0xb1ffn;
/** Software, timer and external interrupts of S-mode, as OpenSBI delegates them. */
const DELEGATED_INTERRUPTS = 0x222n;
/** cycle, time and instret. */
const COUNTERS = 7n;
/** mstatus.FS: floating point may be used, and is taken for modified. */
const FLOAT_DIRTY = 3n << 13n;
/** menvcfg: STCE, PBMTE, CBZE, CBCFE, and CBIE as a flush; what the hart does not have stays 0. ADUE is as at reset. */
const ENVIRONMENT = (1n << 63n) | (1n << 62n) | (1n << 7n) | (1n << 6n) | (1n << 4n);
const ADUE = 1n << 61n;

/**
 * From power-on to the state in which SBI hands a hart to S-mode (SBI 2.0, table of sbi_hart_start's registers):
 * satp and sstatus.SIE are 0, a0 holds the hart id and a1 `opaque`. Extensions that need M-mode's leave have it, as
 * from OpenSBI.
 */
export function enterSupervisor(hart: Hart, address: bigint, opaque: bigint): void {
  hart.setCsr(MSTATUS, FLOAT_DIRTY);
  hart.setCsr(MENVCFG, ENVIRONMENT | ((hart.csr(MENVCFG) ?? 0n) & ADUE));
  hart.setCsr(MEDELEG, DELEGATED_EXCEPTIONS);
  hart.setCsr(MIDELEG, DELEGATED_INTERRUPTS);
  hart.setCsr(MCOUNTEREN, COUNTERS);
  hart.setCsr(SCOUNTEREN, COUNTERS);
  hart.setCsr(PMPADDR0, ALL_ONES);
  hart.setCsr(PMPCFG0, PMP_EVERYTHING);
  hart.privilege = 1;
  hart.setRegister(10, BigInt(hart.id));
  hart.setRegister(11, opaque);
  hart.pc = address;
  hart.state = 'running';
}
