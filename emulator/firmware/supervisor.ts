import type { Hart } from '../machine/hart.ts';

const MSTATUS = 0x300;
const MEDELEG = 0x302;
const MIDELEG = 0x303;
const MCOUNTEREN = 0x306;
const SCOUNTEREN = 0x106;
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

/**
 * From power-on to the state in which SBI hands a hart to S-mode (SBI 2.0, table of sbi_hart_start's registers):
 * satp and sstatus.SIE are 0, a0 holds the hart id and a1 `opaque`.
 */
export function enterSupervisor(hart: Hart, address: bigint, opaque: bigint): void {
  hart.setCsr(MSTATUS, 0n);
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
