import { beforeEach, describe, expect, it } from 'vitest';
import * as layout from '../../../emulator/layout.ts';
import {
  CoreUnderTest,
  M,
  MSTATUS,
  PC,
  type Privilege,
  R,
  RAM_PHYSICAL,
  Random,
  S,
  Tables,
  U,
  W,
  X,
  csr,
  hartBlock,
  signed,
} from './core.ts';

const hart = hartBlock(0);
const OFF = 0;
const TOR = 1 << 3;
const NA4 = 2 << 3;
const NAPOT = 3 << 3;
const L = 0x80;
const r = 1;
const w = 2;
const x = 4;

interface Entry {
  readonly cfg: number;
  readonly address: bigint;
}

/** "Physical Memory Protection", independent of the core. */
function allowed(entries: readonly Entry[], pa: bigint, size: number, privilege: Privilege): number {
  for (const [i, { cfg, address }] of entries.entries()) {
    let start: bigint;
    let end: bigint;
    switch (cfg & NAPOT) {
      case TOR:
        start = (entries[i - 1]?.address ?? 0n) * 4n;
        end = address * 4n;
        break;
      case NA4:
        start = address * 4n;
        end = start + 4n;
        break;
      case NAPOT: {
        let bytes = 8n;
        for (let a = address; a & 1n; a >>= 1n) bytes *= 2n;
        start = (address * 4n) & ~(bytes - 1n);
        end = start + bytes;
        break;
      }
      default:
        continue;
    }
    const bytes = Array.from({ length: size }, (_, offset) => pa + BigInt(offset));
    const within = bytes.filter((byte) => byte >= start && byte < end).length;
    if (within === 0) continue;
    if (within < size) return 0;
    return privilege === M && !(cfg & L) ? r | w | x : cfg & 7;
  }
  return privilege === M ? r | w | x : 0;
}

describe('PMP', () => {
  let core: CoreUnderTest;
  beforeEach(async () => {
    core = await CoreUnderTest.create();
  });

  function configure(entries: readonly Entry[]): void {
    for (const [i, { address }] of entries.entries()) core.setCsr(csr.pmpaddr0 + i, address);
    for (const half of [0, 8]) {
      let value = 0n;
      for (let i = 7; i >= 0; i--) value = (value << 8n) | BigInt(entries[half + i]?.cfg ?? 0);
      core.setCsr(csr.pmpcfg0 + half / 4, value);
    }
  }

  function access(kind: 'load' | 'store' | 'fetch', pa: bigint, size: number, privilege: Privilege): bigint {
    core.run(kind === 'fetch' ? 1 : 10);
    core.setCsr(csr.satp, 0n);
    core.exports.setPrivilege(hart, privilege);
    core.setU64(hart + layout.MCAUSE, 0n);
    if (kind === 'load') core.exports.loadSlow(hart, core.slotAt(PC), signed(pa), size);
    else if (kind === 'store') core.exports.storeSlow(hart, core.slotAt(PC), signed(pa), 0n, size);
    else {
      core.setU64(hart + layout.PC, pa);
      core.exports.resume(hart);
    }
    return core.u64(hart + layout.MCAUSE);
  }

  it('agrees with the specification on random entries', () => {
    const random = new Random(1);
    let granted = 0;
    for (let round = 0; round < 300; round++) {
      core.exports.reset(hart);
      const page = RAM_PHYSICAL + BigInt(random.below(4)) * 0x1000n + 0x10_0000n;
      const entries = Array.from({ length: 16 }, (): Entry => {
        let cfg =
          random.pick([OFF, OFF, TOR, NA4, NAPOT, NAPOT]) | random.pick([0, r, r | w, r | x, r | w | x, x]);
        if (random.chance(0.2)) cfg |= L;
        let address = (page >> 2n) + BigInt(random.below(0x800));
        if ((cfg & NAPOT) === NAPOT) address |= (1n << BigInt(random.below(14))) - 1n;
        return { cfg, address };
      });
      if (random.chance(0.7)) entries[15] = { cfg: NAPOT | r | w | x, address: (1n << 54n) - 1n };
      configure(entries);
      for (let n = 0; n < 60; n++) {
        const size = random.pick([1, 2, 4, 8]);
        const pa = page + BigInt(random.below(0x2000 / size - 1) * size);
        const privilege = random.pick<Privilege>([U, S, M]);
        const rights = allowed(entries, pa, size, privilege);
        // The bytes there are zero: an instruction of 2 bytes.
        const fetchable = allowed(entries, pa & ~1n, 2, privilege);
        const expected = [rights & r ? 0n : 5n, rights & w ? 0n : 7n, fetchable & x ? 0n : 1n];
        const actual = [
          access('load', pa, size, privilege),
          access('store', pa, size, privilege),
          access('fetch', pa & ~1n, 2, privilege),
        ];
        if (actual.some((cause, i) => cause !== expected[i])) {
          expect({ pa, size, privilege, entries, actual }).toEqual({
            pa,
            size,
            privilege,
            entries,
            actual: expected,
          });
        }
        if (rights) granted++;
      }
    }
    expect(granted).toBeGreaterThan(3000);
  });

  it('refuses S and U, and not M, where no entry matches', () => {
    for (const kind of ['load', 'store', 'fetch'] as const) {
      expect(access(kind, RAM_PHYSICAL, 2, M)).toBe(0n);
      expect(access(kind, RAM_PHYSICAL, 2, S)).not.toBe(0n);
      expect(access(kind, RAM_PHYSICAL, 2, U)).not.toBe(0n);
    }
  });

  it('is asked with S for page tables, and for their update', () => {
    const tables = new Tables(core, 3);
    const va = 0x4000_0000n;
    tables.map(va, RAM_PHYSICAL + 0x20_0000n, R | W | X);
    core.openPmp();
    const reach = (cfgOfTables: number, kind: 'load' | 'store' | 'fetch'): bigint => {
      configure([
        { cfg: cfgOfTables | NAPOT, address: (tables.root >> 2n) | 0x7ffn }, // 16 KiB
        { cfg: NAPOT | r | w | x, address: (1n << 54n) - 1n },
      ]);
      core.run(kind === 'fetch' ? 1 : 10);
      core.setCsr(csr.satp, tables.satp());
      core.exports.fence(hart, 0n, -1n, 0n, 0);
      core.exports.setPrivilege(hart, S);
      core.setU64(hart + layout.MCAUSE, 0n);
      if (kind === 'load') core.exports.loadSlow(hart, core.slotAt(PC), va, 8);
      else if (kind === 'store') core.exports.storeSlow(hart, core.slotAt(PC), va, 0n, 8);
      else {
        core.setU64(hart + layout.PC, va);
        core.exports.resume(hart);
      }
      return core.u64(hart + layout.MCAUSE);
    };
    expect((['load', 'store', 'fetch'] as const).map((kind) => reach(0, kind))).toEqual([5n, 7n, 1n]);
    // Readable tables, but A is clear and must be set.
    expect((['load', 'store', 'fetch'] as const).map((kind) => reach(r, kind))).toEqual([5n, 7n, 1n]);
    expect((['load', 'store', 'fetch'] as const).map((kind) => reach(r | w, kind))).toEqual([0n, 0n, 0n]);
    expect((['load', 'store', 'fetch'] as const).map((kind) => reach(r, kind))).toEqual([0n, 0n, 0n]);
  });

  it('protects loads of M-mode with MPRV as those of MPP', () => {
    configure([{ cfg: NAPOT | r, address: (1n << 54n) - 1n }]);
    expect(access('store', RAM_PHYSICAL, 8, M)).toBe(0n);
    core.setCsr(csr.mstatus, MSTATUS.MPRV | (BigInt(S) << 11n));
    expect(access('load', RAM_PHYSICAL, 8, M)).toBe(0n);
    expect(access('store', RAM_PHYSICAL, 8, M)).toBe(7n);
  });

  it('forgets fast entries when it changes', () => {
    core.openPmp();
    expect(access('store', RAM_PHYSICAL, 8, S)).toBe(0n);
    configure([{ cfg: NAPOT | r, address: (1n << 54n) - 1n }]);
    expect(access('store', RAM_PHYSICAL, 8, S)).toBe(7n);
  });

  describe('registers', () => {
    it('hold 54 address bits, and no reserved configuration', () => {
      core.setCsr(csr.pmpaddr0 + 3, -1n);
      expect(core.csr(csr.pmpaddr0 + 3)).toBe((1n << 54n) - 1n);
      core.setCsr(csr.pmpcfg0, 0x7f_62_1f_18_07_06_05_02n);
      expect(core.csr(csr.pmpcfg0)).toBe(0x1f_00_1f_18_07_04_05_00n);
    });

    it('are two on RV64, and there are 16 entries', () => {
      const exist = (n: number): number => core.exports.hasCsr(n);
      expect([0x3a0, 0x3a1, 0x3a2, 0x3a3, 0x3a4, 0x3b0, 0x3bf, 0x3c0].map(exist)).toEqual([
        1, 0, 1, 0, 0, 1, 1, 0,
      ]);
    });

    it('are fixed once locked, with the start of a locked TOR entry', () => {
      configure([
        { cfg: r, address: 0x100n },
        { cfg: L | TOR | r, address: 0x200n },
        { cfg: L | NAPOT | w | r, address: 0x300n },
        { cfg: r, address: 0x400n },
      ]);
      const before = core.csr(csr.pmpcfg0);
      for (let i = 0; i < 4; i++) core.setCsr(csr.pmpaddr0 + i, 0xfffn);
      core.setCsr(csr.pmpcfg0, 0n);
      expect([0, 1, 2, 3].map((i) => core.csr(csr.pmpaddr0 + i))).toEqual([0x100n, 0x200n, 0x300n, 0xfffn]);
      expect(core.csr(csr.pmpcfg0)).toBe(before & 0xffff00n);
    });
  });

  it('sees every instruction of a page that it grants in part', () => {
    const half = RAM_PHYSICAL + 0x800n;
    configure([
      { cfg: OFF, address: RAM_PHYSICAL >> 2n },
      { cfg: TOR | x | r, address: half >> 2n },
    ]);
    core.exports.setPrivilege(hart, S);
    core.write(half - 4n, 0x0001_0001n, 4); // two c.nop
    core.write(half - 2n, 0x13n, 2); // the first half of an addi
    core.setU64(hart + layout.PC, half - 4n);
    core.run(10);
    const slot = core.exports.resume(hart);
    expect(slot).toBe(hart + layout.CROSSING_SLOTS);
    expect(core.view.getUint16(slot + layout.SLOT_SIZE + layout.SLOT_OP, true)).toBe(layout.OP_PAGE_END);
    expect(core.u64(hart + layout.PC_BASE) + BigInt(slot >> layout.SLOT_PC_SHIFT)).toBe(half - 4n);
    core.setU64(hart + layout.PC, half - 2n);
    core.run(1);
    expect(core.exports.resume(hart)).toBe(0);
    expect([csr.mcause, csr.mtval, csr.mepc].map((n) => core.csr(n))).toEqual([1n, half, half - 2n]);
  });

  it('lets an unmapped device fault and a mapped one answer', () => {
    core.openPmp();
    expect(access('load', 0x1000_0000n, 4, S)).toBe(0n);
    expect(access('load', 0x2000_0000n, 4, S)).toBe(5n);
    expect(access('store', 0x2000_0000n, 4, M)).toBe(7n);
    expect(access('fetch', 0x1000_0000n, 4, M)).toBe(1n);
  });
});
