/** Virtual memory for debuggers: what the page tables say, what a hart's TLB believes, and the bytes behind it. */
import type { CoreExports } from '../core-interface.ts';
import {
  ACCESS_LOAD,
  DTLB,
  MSTATUS,
  PAGE_SIZE,
  SATP,
  TLB_ASID,
  TLB_LEVEL,
  TLB_PTE,
  TLB_PTE_ADDRESS,
  TLB_VPN,
  TLB_ENTRIES,
  TLB_ENTRY_SIZE,
} from '../layout.ts';
import {
  frameAddress,
  type PagePermissions,
  permissionsOf,
  type Translation,
  walk,
} from '../permissions/walk.ts';
import type { Hart } from './hart.ts';
import type { EngineMemory } from './memory.ts';
import type { PhysicalMemory } from './physicalMemory.ts';

/** What a hart's TLB remembers of a 4 KiB page, right or stale. */
export interface TlbEntry {
  readonly hart: number;
  /** First virtual and guest-physical address of the page. */
  readonly virtual: bigint;
  readonly physical: bigint;
  /** The leaf as it was when it was cached, with the page's own frame. */
  readonly pte: bigint;
  readonly pteAddress: bigint;
  /** Of the leaf. */
  readonly level: number;
  readonly asid: number;
  readonly permissions: PagePermissions;
}

const MPRV = 1n << 17n;
const MPP_SHIFT = 11n;
const PAGE = BigInt(PAGE_SIZE);
const INVALID_VPN = 1n << 63n;

export class VirtualMemory {
  readonly #memory: EngineMemory;
  readonly #core: CoreExports;
  readonly #ram: PhysicalMemory;
  readonly #harts: readonly Hart[];

  constructor(memory: EngineMemory, core: CoreExports, ram: PhysicalMemory, harts: readonly Hart[]) {
    this.#memory = memory;
    this.#core = core;
    this.#ram = ram;
    this.#harts = harts;
  }

  /** The satp under which loads and stores of this hart are translated now: 0 (bare) in M-mode. */
  dataSatp(hart: number): bigint {
    const { block, privilege } = this.#harts[hart]!;
    const mstatus = this.#memory.u64(block + MSTATUS);
    const mode = privilege === 3 && (mstatus & MPRV) !== 0n ? Number((mstatus >> MPP_SHIFT) & 3n) : privilege;
    return mode === 3 ? 0n : this.satp(hart);
  }

  /** The hart's satp, whatever its mode. */
  satp(hart: number): bigint {
    return this.#memory.u64(this.#harts[hart]!.block + SATP);
  }

  /** What the page tables in memory say now; under `satp` if given, else as the hart's loads and stores go. */
  translate(hart: number, virtual: bigint, satp = this.dataSatp(hart)): Translation {
    return walk(this.#ram, satp, virtual);
  }

  /** Where the page tables lead now; undefined if nowhere. */
  physicalOf(hart: number, virtual: bigint): bigint | undefined {
    const translation = this.translate(hart, virtual);
    return translation.ok ? translation.physical : undefined;
  }

  /** What this hart's TLB would answer loads and stores of an address in its current address space. */
  tlbEntry(hart: number, virtual: bigint): TlbEntry | undefined {
    const address =
      this.#core.tlbLookup(this.#harts[hart]!.block, BigInt.asIntN(64, virtual), ACCESS_LOAD) >>> 0;
    return address === 0 ? undefined : this.#readTlb(hart, address);
  }

  /** Everything this hart's TLB for loads and stores holds, of all address spaces. */
  tlbEntries(hart: number): TlbEntry[] {
    const start = this.#harts[hart]!.block + DTLB;
    const entries: TlbEntry[] = [];
    for (let index = 0; index < TLB_ENTRIES; index++) {
      const address = start + index * TLB_ENTRY_SIZE;
      if (this.#memory.u64(address + TLB_VPN) !== INVALID_VPN) entries.push(this.#readTlb(hart, address));
    }
    return entries;
  }

  /** Bytes as the hart's loads would find them; fewer when the range runs into what is not mapped RAM. */
  read(hart: number, virtual: bigint, length: number): Uint8Array {
    const parts: Uint8Array[] = [];
    this.#eachPage(hart, virtual, length, (physical, count) => {
      const bytes = this.#ram.read(physical, count);
      if (bytes !== undefined) parts.push(bytes);
      return bytes !== undefined;
    });
    const result = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
    let at = 0;
    for (const part of parts) {
      result.set(part, at);
      at += part.length;
    }
    return result;
  }

  /** Write whatever the pages permit. Returns how many bytes were written before unmapped memory. */
  write(hart: number, virtual: bigint, bytes: Uint8Array): number {
    let written = 0;
    this.#eachPage(hart, virtual, bytes.length, (physical, count) => {
      const done = this.#ram.write(physical, bytes.subarray(written, written + count));
      if (done) written += count;
      return done;
    });
    return written;
  }

  #eachPage(
    hart: number,
    virtual: bigint,
    length: number,
    visit: (physical: bigint, count: number) => boolean,
  ): void {
    let done = 0;
    while (done < length) {
      const at = BigInt.asUintN(64, virtual + BigInt(done));
      const count = Math.min(length - done, Number(PAGE - (at % PAGE)));
      const translation = this.translate(hart, at);
      if (!translation.ok || !visit(translation.physical, count)) return;
      done += count;
    }
  }

  #readTlb(hart: number, address: number): TlbEntry {
    const pte = this.#memory.u64(address + TLB_PTE);
    return {
      hart,
      virtual: BigInt.asUintN(64, this.#memory.u64(address + TLB_VPN) << 12n),
      physical: frameAddress(pte),
      pte,
      pteAddress: this.#memory.u64(address + TLB_PTE_ADDRESS),
      level: this.#memory.i32(address + TLB_LEVEL),
      asid: this.#memory.i32(address + TLB_ASID),
      permissions: permissionsOf(pte),
    };
  }
}
