/**
 * The core alone, over a memory of its own, with a small host of real behaviour: a 4 KiB device of plain memory, and
 * a record of everything that the core reports.
 */
import { coreWasm } from '../../../emulator/build/wasm.ts';
import type { CoreExports, CoreImports } from '../../../emulator/core-interface.ts';
import * as layout from '../../../emulator/layout.ts';

export const U = 0;
export const S = 1;
export const M = 3;
export type Privilege = typeof U | typeof S | typeof M;

export const RAM_BYTES = 8 << 20;
export const DEVICE = 0x1000_0000n;
export const DEVICE_BYTES = 0x1000n;
/** What decodeWord puts in SLOT_OP. */
export const DECODED = 99;

export const R = 2n;
export const W = 4n;
export const X = 8n;
export const USER = 16n;
export const G = 32n;
export const A = 64n;
export const D = 128n;
export const V = 1n;

export const csr = {
  sstatus: 0x100,
  sie: 0x104,
  stvec: 0x105,
  scounteren: 0x106,
  sepc: 0x141,
  scause: 0x142,
  stval: 0x143,
  sip: 0x144,
  satp: 0x180,
  mstatus: 0x300,
  misa: 0x301,
  medeleg: 0x302,
  mideleg: 0x303,
  mie: 0x304,
  mtvec: 0x305,
  mcounteren: 0x306,
  mcountinhibit: 0x320,
  mepc: 0x341,
  mcause: 0x342,
  mtval: 0x343,
  mip: 0x344,
  pmpcfg0: 0x3a0,
  pmpaddr0: 0x3b0,
  mcycle: 0xb00,
  minstret: 0xb02,
} as const;

export const MSTATUS = {
  SIE: 1n << 1n,
  MIE: 1n << 3n,
  SPIE: 1n << 5n,
  MPIE: 1n << 7n,
  SPP: 1n << 8n,
  MPP: 3n << 11n,
  MPRV: 1n << 17n,
  SUM: 1n << 18n,
  MXR: 1n << 19n,
  TVM: 1n << 20n,
  TW: 1n << 21n,
  TSR: 1n << 22n,
};

/** A host call: its name and what the core said, at the time of the call. */
export interface Event {
  readonly name: keyof CoreImports;
  readonly pc: bigint;
  readonly address?: bigint;
  readonly physical?: bigint;
  readonly value?: bigint;
  readonly old?: bigint;
  readonly size?: number;
  readonly kind?: number;
  readonly cause?: bigint;
  readonly trapValue?: bigint;
}

const compiled = WebAssembly.compile(Buffer.from(coreWasm, 'base64'));

export class CoreUnderTest implements CoreImports {
  readonly memory = new WebAssembly.Memory({ initial: (layout.RAM + RAM_BYTES) >> 16, maximum: 65536 });
  readonly view = new DataView(this.memory.buffer);
  readonly device = new DataView(new ArrayBuffer(Number(DEVICE_BYTES)));
  readonly events: Event[] = [];
  stopAtTrap = true;
  stopAtWatch = true;
  /** Ask for the end of the run as observers do. */
  exitAtPageTableStore = false;
  /** What mmioWrite answers. */
  reschedule = 0;
  exports!: CoreExports;

  static async create(harts = 2): Promise<CoreUnderTest> {
    const core = new CoreUnderTest();
    const imports = Object.fromEntries(
      [
        'isDevice',
        'mmioRead',
        'mmioWrite',
        'trap',
        'watch',
        'pageTableStore',
        'satpWritten',
        'tlbFlushed',
        'pmpWritten',
      ]
        .concat('decodeWord')
        .map((name) => [name, (core as unknown as Record<string, () => unknown>)[name]!.bind(core)]),
    );
    const instance = await WebAssembly.instantiate(await compiled, {
      env: { memory: core.memory },
      host: imports,
    });
    core.exports = instance.exports as unknown as CoreExports;
    core.view.setInt32(layout.RAM_BYTES, RAM_BYTES, true);
    core.view.setInt32(layout.HART_COUNT, harts, true);
    core.view.setInt32(layout.MAX_SATP_MODE, layout.SATP_SV57, true);
    core.view.setInt32(layout.EXTENSIONS, layout.EXTENSION_M | layout.EXTENSION_A, true);
    for (let id = 0; id < harts; id++) core.exports.reset(hartBlock(id));
    core.run(1000);
    return core;
  }

  // --- the host ---

  isDevice(pa: bigint, size: number): number {
    return pa >= DEVICE && pa + BigInt(size) <= DEVICE + DEVICE_BYTES ? 1 : 0;
  }

  mmioRead(hart: number, pa: bigint, size: number): bigint {
    this.events.push({ name: 'mmioRead', pc: this.pc(hart), physical: pa, size });
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) {
      value = (value << 8n) | BigInt(this.device.getUint8(Number(pa - DEVICE) + i));
    }
    return value;
  }

  mmioWrite(hart: number, pa: bigint, value: bigint, size: number): number {
    this.events.push({ name: 'mmioWrite', pc: this.pc(hart), physical: pa, size });
    for (let i = 0; i < size; i++) {
      this.device.setUint8(Number(pa - DEVICE) + i, Number((value >> BigInt(8 * i)) & 0xffn));
    }
    return this.reschedule;
  }

  trap(hart: number): number {
    this.events.push({
      ...this.#access('trap', hart),
      cause: this.u64(layout.TRAP_CAUSE),
      trapValue: this.u64(layout.TRAP_VALUE),
    });
    return this.stopAtTrap ? 1 : 0;
  }

  watch(hart: number): number {
    this.events.push(this.#access('watch', hart));
    return this.stopAtWatch ? 1 : 0;
  }

  pageTableStore(hart: number): void {
    this.events.push({
      name: 'pageTableStore',
      pc: this.pc(hart),
      physical: this.u64(layout.ACCESS_PHYSICAL),
      old: this.u64(layout.ACCESS_OLD),
      value: this.u64(layout.ACCESS_VALUE),
    });
    if (this.exitAtPageTableStore) this.setI32(layout.EXIT_REASON, layout.EXIT_RESCHEDULE);
  }

  satpWritten(hart: number): void {
    this.events.push({ name: 'satpWritten', pc: this.pc(hart) });
  }

  pmpWritten(hart: number): void {
    this.events.push({ name: 'pmpWritten', pc: this.pc(hart) });
  }

  tlbFlushed(hart: number): void {
    this.events.push({ name: 'tlbFlushed', pc: this.pc(hart) });
  }

  decodeWord(slot: number, bits: number): void {
    this.view.setUint16(slot + layout.SLOT_OP, DECODED, true);
    this.view.setUint16(slot + layout.SLOT_REAL_OP, DECODED, true);
    this.view.setUint8(slot + layout.SLOT_LENGTH, (bits & 3) === 3 ? 4 : 2);
    this.view.setInt32(slot + layout.SLOT_IMM, bits, true);
  }

  #access(name: keyof CoreImports, hart: number): Event {
    return {
      name,
      pc: this.pc(hart),
      address: this.u64(layout.ACCESS_ADDRESS),
      physical: this.u64(layout.ACCESS_PHYSICAL),
      value: this.u64(layout.ACCESS_VALUE),
      old: this.u64(layout.ACCESS_OLD),
      size: this.i32(layout.ACCESS_SIZE),
      kind: this.i32(layout.ACCESS_KIND),
    };
  }

  // --- memory ---

  u64(address: number): bigint {
    return this.view.getBigUint64(address, true);
  }

  setU64(address: number, value: bigint): void {
    this.view.setBigUint64(address, BigInt.asUintN(64, value), true);
  }

  i32(address: number): number {
    return this.view.getInt32(address, true);
  }

  setI32(address: number, value: number): void {
    this.view.setInt32(address, value, true);
  }

  pc(hart = hartBlock(0)): bigint {
    return this.u64(hart + layout.PC);
  }

  /** Guest-physical doubleword of RAM. */
  read(pa: bigint, size = 8): bigint {
    const bytes = new Uint8Array(this.memory.buffer, ramAddress(pa), size);
    return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
  }

  write(pa: bigint, value: bigint, size = 8): void {
    for (let i = 0; i < size; i++) {
      this.view.setUint8(ramAddress(pa) + i, Number((value >> BigInt(8 * i)) & 0xffn));
    }
  }

  frameFlags(pa: bigint): number {
    return this.view.getUint8(layout.FRAME_FLAGS + Number((pa - RAM_PHYSICAL) >> 12n));
  }

  setFrameFlags(pa: bigint, flags: number): void {
    this.view.setUint8(layout.FRAME_FLAGS + Number((pa - RAM_PHYSICAL) >> 12n), flags);
    this.exports.flushFrame(Number((pa - RAM_PHYSICAL) >> 12n));
  }

  // --- driving it ---

  /** As the scheduler does before a run of `budget` steps that begins at step `start`. */
  run(budget: number, start = 0n): void {
    this.setU64(layout.START_STEP, start);
    this.setU64(layout.END_STEP, start + BigInt(budget));
    this.setI32(layout.BUDGET, budget);
    this.setI32(layout.EXIT_REASON, layout.EXIT_NONE);
  }

  get budget(): number {
    return this.i32(layout.BUDGET);
  }

  get exit(): number {
    return this.i32(layout.EXIT_REASON);
  }

  /** Lets S and U reach all of physical memory. */
  openPmp(hart = hartBlock(0)): void {
    this.setCsr(csr.pmpaddr0, -1n, hart);
    this.setCsr(csr.pmpcfg0, 0x1fn, hart);
  }

  csr(number: number, hart = hartBlock(0)): bigint {
    return BigInt.asUintN(64, this.exports.readCsr(hart, number));
  }

  setCsr(number: number, value: bigint, hart = hartBlock(0)): void {
    const { length } = this.events;
    this.exports.writeCsr(hart, number, BigInt.asIntN(64, value));
    // What a test prepares is nothing that happened; a write of satp is what some test.
    if (this.events.at(-1)?.name === 'pmpWritten') this.events.length = length;
  }

  /** Mode in which instructions run, with SUM and MXR. */
  setMode(privilege: Privilege, options: { sum?: boolean; mxr?: boolean } = {}, hart = hartBlock(0)): void {
    const mstatus = this.csr(csr.mstatus, hart) & ~(MSTATUS.SUM | MSTATUS.MXR);
    this.setCsr(
      csr.mstatus,
      mstatus | (options.sum ? MSTATUS.SUM : 0n) | (options.mxr ? MSTATUS.MXR : 0n),
      hart,
    );
    this.exports.setPrivilege(hart, privilege);
  }

  /** A slot with an instruction at `pc`; it is in no code page, and of length 4. */
  slotAt(pc: bigint, { hart = hartBlock(0), rd = 10, imm = 0 } = {}): number {
    const slot = layout.GLOBALS + 0x1000;
    this.setU64(hart + layout.PC_BASE, pc - BigInt(slot >> layout.SLOT_PC_SHIFT));
    this.view.setUint16(slot + layout.SLOT_RD, (rd === 0 ? layout.X_SINK : rd) * 8, true);
    this.view.setUint8(slot + layout.SLOT_LENGTH, 4);
    this.setI32(slot + layout.SLOT_IMM, imm);
    return slot;
  }

  x(index: number, hart = hartBlock(0)): bigint {
    return this.u64(hart + layout.X + index * 8);
  }
}

export const RAM_PHYSICAL = BigInt(layout.RAM_PHYSICAL);
export const PC = 0x8000_1000n;

export function hartBlock(id: number): number {
  return layout.HARTS + id * layout.HART_STRIDE;
}

export function ramAddress(pa: bigint): number {
  return layout.RAM + Number(pa - RAM_PHYSICAL);
}

/** Guest-physical address of an address in the machine's memory. */
export function physicalOf(address: number): bigint {
  return BigInt(address - layout.RAM) + RAM_PHYSICAL;
}

export function signed(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

/** Numbers from 0 below 2^32, the same for the same seed. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  }

  below(limit: number): number {
    return this.next() % limit;
  }

  chance(probability: number): boolean {
    return this.next() < probability * 2 ** 32;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  u64(): bigint {
    return (BigInt(this.next()) << 32n) | BigInt(this.next());
  }
}

/** Page tables that a test writes into RAM, frame by frame. */
export class Tables {
  readonly root: bigint;
  readonly #core: CoreUnderTest;
  readonly #levels: number;
  #free: bigint;

  /** `at`: guest-physical address of free memory for the tables. */
  constructor(core: CoreUnderTest, levels: number, at = RAM_PHYSICAL + 0x10_0000n) {
    this.#core = core;
    this.#levels = levels;
    this.#free = at;
    this.root = this.allocate();
  }

  satp(asid = 0): bigint {
    return (BigInt(this.#levels + 5) << 60n) | (BigInt(asid) << 44n) | (this.root >> 12n);
  }

  allocate(): bigint {
    const page = this.#free;
    this.#free += 0x1000n;
    for (let offset = 0n; offset < 0x1000n; offset += 8n) this.#core.write(page + offset, 0n);
    return page;
  }

  /** Guest-physical address of the PTE of `va` at `level`, with tables down to it. */
  pteAddress(va: bigint, level = 0): bigint {
    let table = this.root;
    for (let i = this.#levels - 1; ; i--) {
      const address = table + ((va >> BigInt(12 + 9 * i)) & 511n) * 8n;
      if (i === level) return address;
      let pte = this.#core.read(address);
      if (!(pte & V)) {
        pte = ((this.allocate() >> 12n) << 10n) | V;
        this.#core.write(address, pte);
      }
      table = ((pte >> 10n) & ((1n << 44n) - 1n)) << 12n;
    }
  }

  map(va: bigint, pa: bigint, flags: bigint, level = 0): bigint {
    const address = this.pteAddress(va, level);
    this.#core.write(address, ((pa >> 12n) << 10n) | flags | V);
    return address;
  }
}
