/**
 * Control and status registers (privileged spec 1.13, "CSR Listing"): which exist, what they read, and what a write
 * leaves in them. Where WARL leaves room, as QEMU's virt machine does.
 */
import {
  EXTENSION_A,
  EXTENSION_B,
  EXTENSION_D,
  EXTENSION_F,
  EXTENSION_M,
  EXTENSION_SMEPMP,
  EXTENSION_SSTC,
  EXIT_REASON,
  EXIT_RESCHEDULE,
  FFLAGS,
  FRM,
  IDLE_STEPS,
  MCAUSE,
  MCOUNTEREN,
  MCOUNTINHIBIT,
  MCYCLE,
  MEDELEG,
  MENVCFG,
  MEPC,
  MIDELEG,
  MIE,
  MINSTRET,
  MIP,
  MSCRATCH,
  MSTATUS,
  MTVAL,
  MTVEC,
  RETIRED,
  SATP,
  HART_ID,
  MAX_SATP_MODE,
  MSECCFG,
  SATP_BARE,
  SATP_SV39,
  SCAUSE,
  SCOUNTEREN,
  SENVCFG,
  SEPC,
  SSCRATCH,
  START_STEP,
  STEPS_PER_TICK,
  STIMECMP,
  STVAL,
  STVEC,
} from '../layout';
import { hasSupervisorTimer, writeMenvcfg, writeSenvcfg } from './envcfg';
import { hasExtension } from './extensions';
import {
  FS,
  M,
  MIE_BIT,
  MPIE,
  MPP,
  MPP_SHIFT,
  MPRV,
  MXR,
  S,
  SD,
  SIE,
  SPIE,
  SPP,
  SUM,
  SXL_64,
  TSR,
  TVM,
  TW,
  U,
  UXL_64,
  markFloatDirty,
  modeChanged,
  now,
  privilege,
} from './hart';
import { satpWritten } from './host';
import { MEIP, MSIP, MTIP, SEIP, SSIP, STIP, readMip } from './interrupt';
import { readPmpaddr, readPmpcfg, writeMseccfg, writePmpaddr, writePmpcfg } from './pmp';
import { flushPaged } from './tlb';

/** Numbers of the CSRs; a name ending in 3 or 0 begins a row of them. */
export namespace Csr {
  export const fflags = 0x001;
  export const frm = 0x002;
  export const fcsr = 0x003;
  export const sstatus = 0x100;
  export const sie = 0x104;
  export const stvec = 0x105;
  export const scounteren = 0x106;
  export const senvcfg = 0x10a;
  export const sscratch = 0x140;
  export const sepc = 0x141;
  export const scause = 0x142;
  export const stval = 0x143;
  export const sip = 0x144;
  export const stimecmp = 0x14d;
  export const satp = 0x180;
  export const mstatus = 0x300;
  export const misa = 0x301;
  export const medeleg = 0x302;
  export const mideleg = 0x303;
  export const mie = 0x304;
  export const mtvec = 0x305;
  export const mcounteren = 0x306;
  export const menvcfg = 0x30a;
  export const mcountinhibit = 0x320;
  export const mhpmevent3 = 0x323;
  export const mscratch = 0x340;
  export const mepc = 0x341;
  export const mcause = 0x342;
  export const mtval = 0x343;
  export const mip = 0x344;
  export const pmpcfg0 = 0x3a0;
  export const pmpcfg2 = 0x3a2;
  export const pmpaddr0 = 0x3b0;
  export const mseccfg = 0x747;
  export const tselect = 0x7a0;
  export const tdata1 = 0x7a1;
  export const tdata2 = 0x7a2;
  export const tdata3 = 0x7a3;
  export const mcycle = 0xb00;
  export const minstret = 0xb02;
  export const mhpmcounter3 = 0xb03;
  export const cycle = 0xc00;
  export const time = 0xc01;
  export const instret = 0xc02;
  export const hpmcounter3 = 0xc03;
  export const mvendorid = 0xf11;
  export const marchid = 0xf12;
  export const mimpid = 0xf13;
  export const mhartid = 0xf14;
  export const mconfigptr = 0xf15;
}

const HPM_COUNTERS = 29;
const PMP_ENTRIES = 16;

/** In misa: MXL = 64 bits, and the letters that every hart has. A bit a letter from A = 0. */
const MISA: u64 = (2 << 62) | (1 << 2) | (1 << 8) | (1 << 18) | (1 << 20);
const SSTATUS_FIELDS: u64 = SIE | SPIE | SPP | FS | SUM | MXR;
const MSTATUS_FIELDS: u64 = SSTATUS_FIELDS | MIE_BIT | MPIE | MPP | MPRV | TVM | TW | TSR;
const S_INTERRUPTS: u64 = SSIP | STIP | SEIP;
const M_INTERRUPTS: u64 = MSIP | MTIP | MEIP;
/** All causes but ecall from M and the reserved ones. */
const DELEGABLE: u64 = 0xb3ff;
const COUNTEREN: u64 = 0xffff_ffff;
const CY: u64 = 1;
const TM: u64 = 2;
const IR: u64 = 4;
const FLAGS = 0x1f;
const RM_SHIFT = 5;
const ANY: u64 = u64.MAX_VALUE;

/** The bits of such a register that are not read-only zero. */
function writable(csr: i32): u64 {
  // prettier-ignore
  switch (csr) {
    case Csr.sepc:
    case Csr.mepc: return ~1;
    case Csr.scounteren:
    case Csr.mcounteren: return COUNTEREN;
    case Csr.medeleg: return DELEGABLE;
    case Csr.mideleg: return S_INTERRUPTS;
    case Csr.mie: return S_INTERRUPTS | M_INTERRUPTS;
    default: return ANY;
  }
}

const NONE = 0;
const SPECIAL = 1;
const OPTIONAL = 2;

/**
 * What `rowOf` says, a u16 for each of the 4096 numbers, in the core's own part of the memory: CSR instructions are
 * too frequent to search.
 */
const ROWS: usize = 0x8000;
for (let csr = 0; csr < 4096; csr++) store<u16>(ROWS + (csr << 1), <u16>rowOf(csr));

/**
 * NONE if there is no such CSR, SPECIAL if it needs code, OPTIONAL if besides that it belongs to an extension, or where
 * it lies if it is a register and nothing more.
 */
function rowOf(csr: i32): usize {
  // prettier-ignore
  switch (csr) {
    case Csr.stvec: return STVEC;
    case Csr.scounteren: return SCOUNTEREN;
    case Csr.sscratch: return SSCRATCH;
    case Csr.sepc: return SEPC;
    case Csr.scause: return SCAUSE;
    case Csr.stval: return STVAL;
    case Csr.medeleg: return MEDELEG;
    case Csr.mideleg: return MIDELEG;
    case Csr.mie: return MIE;
    case Csr.mtvec: return MTVEC;
    case Csr.mcounteren: return MCOUNTEREN;
    case Csr.mscratch: return MSCRATCH;
    case Csr.mepc: return MEPC;
    case Csr.mcause: return MCAUSE;
    case Csr.mtval: return MTVAL;
    case Csr.fflags:
    case Csr.frm:
    case Csr.fcsr:
    case Csr.stimecmp:
    case Csr.mseccfg: return OPTIONAL;
    case Csr.senvcfg:
    case Csr.menvcfg:
    case Csr.sstatus:
    case Csr.sie:
    case Csr.sip:
    case Csr.satp:
    case Csr.mstatus:
    case Csr.misa:
    case Csr.mip:
    case Csr.mcountinhibit:
    case Csr.pmpcfg0:
    case Csr.pmpcfg2:
    case Csr.mcycle:
    case Csr.minstret:
    case Csr.cycle:
    case Csr.time:
    case Csr.instret:
    case Csr.mhartid: return SPECIAL;
    default: return isPmpaddr(csr) || reads0(csr) ? SPECIAL : NONE;
  }
}

export function hasCsr(csr: u32): bool {
  if (csr >= 4096) return false;
  const row = load<u16>(ROWS + (csr << 1));
  return row == OPTIONAL ? hasExtension(extensionOf(csr)) : row != NONE;
}

/** The extension that an OPTIONAL one belongs to. */
function extensionOf(csr: i32): i32 {
  if (isFloat(csr)) return EXTENSION_F;
  return csr == Csr.stimecmp ? EXTENSION_SSTC : EXTENSION_SMEPMP;
}

function isFloat(csr: i32): bool {
  return csr <= Csr.fcsr;
}

/** Offset of a CSR that is a register and nothing more, or 0. */
function register(csr: i32): usize {
  const row = load<u16>(ROWS + (csr << 1));
  return row == SPECIAL || row == OPTIONAL ? 0 : row;
}

function isPmpaddr(csr: i32): bool {
  return csr >= Csr.pmpaddr0 && csr < Csr.pmpaddr0 + PMP_ENTRIES;
}

/** Zero, and writes change nothing: no performance events, no triggers, no vendor. */
function reads0(csr: i32): bool {
  if (csr >= Csr.mhpmcounter3 && csr < Csr.mhpmcounter3 + HPM_COUNTERS) return true;
  if (csr >= Csr.mhpmevent3 && csr < Csr.mhpmevent3 + HPM_COUNTERS) return true;
  if (csr >= Csr.hpmcounter3 && csr < Csr.hpmcounter3 + HPM_COUNTERS) return true;
  if (csr >= Csr.tselect && csr <= Csr.tdata3) return true;
  return (csr >= Csr.mvendorid && csr <= Csr.mimpid) || csr == Csr.mconfigptr;
}

/** "CSR Address Mapping Conventions", and the registers that trap what lower modes do. */
export function accessible(hart: usize, csr: i32, writes: bool): bool {
  const mode = privilege(hart);
  if (!hasCsr(csr) || mode < ((csr >> 8) & 3) || (writes && csr >> 10 == 3)) return false;
  if (csr == Csr.satp) return mode == M || !(load<u64>(hart, MSTATUS) & TVM);
  if (isFloat(csr)) return (load<u64>(hart, MSTATUS) & FS) != 0;
  if (csr == Csr.stimecmp)
    return mode == M || (hasSupervisorTimer(hart) && (load<u64>(hart, MCOUNTEREN) & TM) != 0);
  if (csr >= Csr.cycle && csr < Csr.hpmcounter3 + HPM_COUNTERS) {
    const counter = (<u64>1) << (csr - Csr.cycle);
    if (mode != M && !(load<u64>(hart, MCOUNTEREN) & counter)) return false;
    if (mode == U && !(load<u64>(hart, SCOUNTEREN) & counter)) return false;
  }
  return true;
}

/** Value of an existing CSR, or 0. */
export function readCsr(hart: usize, csr: i32): u64 {
  if (!hasCsr(csr)) return 0;
  const offset = register(csr);
  if (offset) return load<u64>(hart + offset);
  // prettier-ignore
  switch (csr) {
    case Csr.fflags: return load<u32>(hart, FFLAGS);
    case Csr.frm: return load<u32>(hart, FRM);
    case Csr.fcsr: return (load<u32>(hart, FRM) << RM_SHIFT) | load<u32>(hart, FFLAGS);
    case Csr.senvcfg: return load<u64>(hart, SENVCFG);
    case Csr.menvcfg: return load<u64>(hart, MENVCFG);
    case Csr.stimecmp: return load<u64>(hart, STIMECMP);
    case Csr.mseccfg: return load<u64>(hart, MSECCFG);
    case Csr.sstatus: return load<u64>(hart, MSTATUS) & (SSTATUS_FIELDS | UXL_64 | SD);
    case Csr.sie: return load<u64>(hart, MIE) & load<u64>(hart, MIDELEG);
    case Csr.sip: return readMip(hart) & load<u64>(hart, MIDELEG);
    case Csr.satp: return load<u64>(hart, SATP);
    case Csr.mstatus: return load<u64>(hart, MSTATUS);
    case Csr.misa: return misa();
    case Csr.mip: return readMip(hart);
    case Csr.mcountinhibit: return load<u64>(hart, MCOUNTINHIBIT);
    case Csr.pmpcfg0: return readPmpcfg(hart, 0);
    case Csr.pmpcfg2: return readPmpcfg(hart, 8);
    case Csr.mcycle:
    case Csr.cycle: return counter(hart, MCYCLE, CY, cyclesCounted());
    case Csr.minstret:
    case Csr.instret: return counter(hart, MINSTRET, IR, instructionsCounted(hart));
    case Csr.time: return (now() + load<u64>(IDLE_STEPS)) / STEPS_PER_TICK;
    case Csr.mhartid: return load<u32>(hart, HART_ID);
    default: return isPmpaddr(csr) ? readPmpaddr(hart, csr - Csr.pmpaddr0) : 0;
  }
}

function misa(): u64 {
  return (
    MISA |
    (hasExtension(EXTENSION_A) ? 1 << 0 : 0) |
    (hasExtension(EXTENSION_B) ? 1 << 1 : 0) |
    (hasExtension(EXTENSION_D) ? 1 << 3 : 0) |
    (hasExtension(EXTENSION_F) ? 1 << 5 : 0) |
    (hasExtension(EXTENSION_M) ? 1 << 12 : 0)
  );
}

/** Writes an existing CSR by its WARL rules, with all that follows for fast TLBs and host. */
export function writeCsr(hart: usize, csr: i32, value: u64): void {
  const offset = register(csr);
  if (offset) {
    // Vectors of a reserved mode are ignored.
    if ((csr == Csr.mtvec || csr == Csr.stvec) && (value & 3) > 1) return;
    store<u64>(hart + offset, value & writable(csr));
    return;
  }
  // prettier-ignore
  switch (csr) {
    case Csr.fflags: return writeFloat(hart, <i32>value, load<i32>(hart, FRM));
    case Csr.frm: return writeFloat(hart, load<i32>(hart, FFLAGS), <i32>value);
    case Csr.fcsr: return writeFloat(hart, <i32>value, <i32>(value >> RM_SHIFT));
    case Csr.senvcfg: return writeSenvcfg(hart, value);
    case Csr.menvcfg:
      writeMenvcfg(hart, value);
      return timerChanged();
    case Csr.stimecmp:
      store<u64>(hart, value, STIMECMP);
      return timerChanged();
    case Csr.mseccfg: return writeMseccfg(hart, value);
    case Csr.sstatus: return writeMstatus(hart, value, SSTATUS_FIELDS);
    case Csr.mstatus: return writeMstatus(hart, value, MSTATUS_FIELDS);
    case Csr.sie: return writeBits(hart + MIE, value, load<u64>(hart, MIDELEG));
    case Csr.sip: return writeBits(hart + MIP, value, load<u64>(hart, MIDELEG) & SSIP);
    case Csr.mip: return writeBits(hart + MIP, value, hasSupervisorTimer(hart) ? S_INTERRUPTS & ~STIP : S_INTERRUPTS);
    case Csr.satp: return writeSatp(hart, value);
    case Csr.mcountinhibit: return writeMcountinhibit(hart, value);
    case Csr.pmpcfg0: return writePmpcfg(hart, 0, value);
    case Csr.pmpcfg2: return writePmpcfg(hart, 8, value);
    case Csr.mcycle: return setCounter(hart, MCYCLE, CY, cyclesCounted(), value);
    case Csr.minstret: return setCounter(hart, MINSTRET, IR, instructionsCounted(hart), value);
    default: if (isPmpaddr(csr)) writePmpaddr(hart, csr - Csr.pmpaddr0, value);
  }
}

/** What CSRRS and CSRRC modify: mip without the PLIC's wire, which is not software's to write back. */
export function modifiable(hart: usize, csr: i32): u64 {
  return csr == Csr.mip ? load<u64>(hart, MIP) : readCsr(hart, csr);
}

function writeBits(address: usize, value: u64, mask: u64): void {
  store<u64>(address, (load<u64>(address) & ~mask) | (value & mask));
}

function writeFloat(hart: usize, flags: i32, rounding: i32): void {
  store<i32>(hart, flags & FLAGS, FFLAGS);
  store<i32>(hart, rounding & 7, FRM);
  markFloatDirty(hart);
}

/** STIP may rise or fall: the host, which knows the time, looks at all timers before the next instruction. */
function timerChanged(): void {
  store<i32>(EXIT_REASON, EXIT_RESCHEDULE);
}

/** MPP holds the modes that exist; 2 becomes U, which is where QEMU's MRET would go. */
function writeMstatus(hart: usize, value: u64, fields: u64): void {
  if ((value & MPP) >> MPP_SHIFT == 2) value &= ~MPP;
  const before = load<u64>(hart, MSTATUS);
  writeBits(hart + MSTATUS, value, hasExtension(EXTENSION_F) ? fields : fields & ~FS);
  writeBits(hart + MSTATUS, (load<u64>(hart, MSTATUS) & FS) == FS ? SD : 0, SD);
  if ((before ^ load<u64>(hart, MSTATUS)) & (MPP | MPRV | SUM)) modeChanged(hart);
}

/** "If satp is written with an unsupported MODE, the entire write has no effect." */
function writeSatp(hart: usize, value: u64): void {
  const mode = <i32>(value >> 60);
  if (mode != SATP_BARE && (mode < SATP_SV39 || mode > load<i32>(MAX_SATP_MODE))) return;
  store<u64>(hart, value, SATP);
  flushPaged(hart);
  satpWritten(hart);
}

function cyclesCounted(): u64 {
  return now() + load<u64>(IDLE_STEPS);
}

function instructionsCounted(hart: usize): u64 {
  return load<u64>(hart, RETIRED) + now() - load<u64>(START_STEP);
}

/** A counter is stored less what it counts, or as it is while inhibited. */
function counter(hart: usize, offset: usize, inhibit: u64, counted: u64): u64 {
  const stored = load<u64>(hart + offset);
  return load<u64>(hart, MCOUNTINHIBIT) & inhibit ? stored : stored + counted;
}

/** The writing instruction itself is not counted: the next one reads `value`. */
function setCounter(hart: usize, offset: usize, inhibit: u64, counted: u64, value: u64): void {
  store<u64>(hart + offset, load<u64>(hart, MCOUNTINHIBIT) & inhibit ? value : value - counted - 1);
}

function writeMcountinhibit(hart: usize, value: u64): void {
  const cycles = readCsr(hart, Csr.mcycle);
  const instructions = readCsr(hart, Csr.minstret);
  store<u64>(hart, value & (CY | IR), MCOUNTINHIBIT);
  setCounter(hart, MCYCLE, CY, cyclesCounted(), cycles);
  setCounter(hart, MINSTRET, IR, instructionsCounted(hart), instructions);
}

/** Whether a mode of S may use the supervisor's memory-management instructions. */
export function trapsVirtualMemory(hart: usize): bool {
  return privilege(hart) == S && (load<u64>(hart, MSTATUS) & TVM) != 0;
}

/** mstatus at reset: 64-bit S and U modes, which is all they can be. */
export const MSTATUS_AT_RESET: u64 = SXL_64 | UXL_64;
