import { beforeEach, describe, expect, it } from 'vitest';
import * as layout from '../../../emulator/layout.ts';
import {
  A,
  CoreUnderTest,
  D,
  G,
  M,
  MSTATUS,
  PC,
  type Privilege,
  R,
  RAM_BYTES,
  RAM_PHYSICAL,
  Random,
  S,
  U,
  USER,
  V,
  W,
  X,
  csr,
  hartBlock,
  physicalOf,
  signed,
} from './core.ts';

type Access = 'load' | 'store' | 'fetch';
interface Case {
  readonly satp: bigint;
  readonly va: bigint;
  readonly access: Access;
  readonly privilege: Privilege;
  readonly sum: boolean;
  readonly mxr: boolean;
  readonly updateAd: boolean;
}
interface Outcome {
  readonly cause?: number;
  readonly pa?: bigint;
  /** PTE that the walk changes, and what it becomes. */
  readonly pte?: { readonly address: bigint; readonly value: bigint };
}

const PAGE_FAULT = { fetch: 12, load: 13, store: 15 };
const ACCESS_FAULT = { fetch: 1, load: 5, store: 7 };

/** The specification's algorithm, independent of the core, on RAM read through `read`. */
function reference(test: Case, read: (pa: bigint) => bigint | undefined): Outcome {
  const { satp, va, access, privilege } = test;
  const pageFault = { cause: PAGE_FAULT[access] };
  const levels = Number(satp >> 60n) - 5;
  const vaBits = 12 + 9 * levels;
  if (BigInt.asUintN(64, BigInt.asIntN(vaBits, va)) !== va) return pageFault;
  let a = BigInt.asUintN(44, satp) * 4096n;
  for (let i = levels - 1; i >= 0; i--) {
    const vpn = (va >> BigInt(12 + 9 * i)) % 512n;
    const address = a + vpn * 8n;
    const pte = read(address);
    if (pte === undefined) return { cause: ACCESS_FAULT[access] };
    const has = (bit: bigint): boolean => (pte & bit) !== 0n;
    if (!has(V) || (!has(R) && has(W)) || pte >> 54n !== 0n) return pageFault;
    const ppn = pte >> 10n;
    if (!has(R) && !has(X)) {
      if (has(D) || has(A) || has(USER)) return pageFault;
      a = ppn * 4096n;
      continue;
    }
    if (privilege === U && !has(USER)) return pageFault;
    if (privilege === S && has(USER) && (access === 'fetch' || !test.sum)) return pageFault;
    if (access === 'fetch' && !has(X)) return pageFault;
    if (access === 'store' && !has(W)) return pageFault;
    if (access === 'load' && !has(R) && !(has(X) && test.mxr)) return pageFault;
    const pages = 512n ** BigInt(i);
    if (ppn % pages !== 0n) return pageFault;
    const updated = pte | A | (access === 'store' ? D : 0n);
    if (updated !== pte && !test.updateAd) return pageFault;
    const pa = ppn * 4096n + (va % (pages * 4096n));
    return updated === pte ? { pa } : { pa, pte: { address, value: updated } };
  }
  return pageFault;
}

const PAGES = RAM_BYTES / 4096;

/** Writes tables for one address, each PTE of a random kind, and returns a case that walks them. */
function randomCase(random: Random, core: CoreUnderTest, levels: number): Case {
  let va = BigInt.asUintN(64, BigInt.asIntN(12 + 9 * levels, random.u64())) & ~7n;
  if (random.chance(0.03)) va ^= 1n << BigInt(63 - random.below(64 - 12 - 9 * levels));
  const frame = (): bigint =>
    (RAM_PHYSICAL >> 12n) + BigInt(256 + random.below(PAGES - 256)) + (random.chance(0.02) ? 1n << 40n : 0n);
  const root = frame();
  let table = root;
  for (let i = levels - 1; i >= 0; i--) {
    const address = table * 4096n + ((va >> BigInt(12 + 9 * i)) % 512n) * 8n;
    if (address < RAM_PHYSICAL || address >= RAM_PHYSICAL + BigInt(RAM_BYTES)) break;
    let ppn = frame();
    let flags = V;
    const leaf = i === 0 ? !random.chance(0.05) : random.chance(0.15);
    if (leaf) {
      flags |= random.pick([R, R | W, R | W, R | X, R | W | X, X, W, W | X]);
      for (const [bit, chance] of [
        [USER, 0.5],
        [A, 0.7],
        [D, 0.6],
        [G, 0.2],
      ] as const) {
        if (random.chance(chance)) flags |= bit;
      }
      // A superpage of this RAM has to begin where RAM begins; others are mostly misaligned.
      if (i > 0 && random.chance(0.8)) ppn = RAM_PHYSICAL >> 12n;
      if (i > 0) ppn -= random.chance(0.9) ? ppn % 512n ** BigInt(i) : 0n;
    } else {
      if (random.chance(0.03)) flags |= random.pick([USER, A, D]);
      if (random.chance(0.1)) flags |= G;
    }
    if (random.chance(0.02)) flags &= ~V;
    if (random.chance(0.02)) flags |= 1n << BigInt(54 + random.below(10));
    if (random.chance(0.1)) flags |= 1n << BigInt(8 + random.below(2));
    core.write(address, flags | (ppn << 10n));
    table = ppn;
  }
  return {
    satp: (BigInt(levels + 5) << 60n) | root,
    va,
    access: random.pick(['load', 'store', 'fetch']),
    privilege: random.chance(0.6) ? S : U,
    sum: random.chance(0.5),
    mxr: random.chance(0.3),
    updateAd: random.chance(0.6),
  };
}

describe('page walk', () => {
  let core: CoreUnderTest;
  const hart = hartBlock(0);
  beforeEach(async () => {
    core = await CoreUnderTest.create();
    core.openPmp();
  });

  function readRam(pa: bigint): bigint | undefined {
    return pa >= RAM_PHYSICAL && pa < RAM_PHYSICAL + BigInt(RAM_BYTES) ? core.read(pa) : undefined;
  }

  /** Runs the access in the core; physical address or trap cause. */
  function perform({ va, access, privilege, sum, mxr, updateAd, satp }: Case, mprv: boolean): Outcome {
    core.setCsr(csr.satp, satp);
    core.exports.fence(hart, 0n, -1n, 0n, 0);
    core.setI32(layout.EXTENSIONS, updateAd ? 0 : layout.EXTENSION_SVADE);
    core.setCsr(csr.mstatus, 0n);
    if (mprv) {
      core.setMode(M, { sum, mxr });
      core.setCsr(csr.mstatus, core.csr(csr.mstatus) | MSTATUS.MPRV | (BigInt(privilege) << 11n));
    } else {
      core.setMode(privilege, { sum, mxr });
    }
    core.run(10);
    const slot = core.slotAt(PC);
    core.setU64(hart + layout.MCAUSE, 0xfffn);
    let pa: bigint;
    if (access === 'load') {
      const address = core.exports.loadSlow(hart, slot, signed(va), 8);
      pa = physicalOf(address);
      if (address === layout.LOAD_BUFFER) throw new Error('no device is mapped');
    } else if (access === 'store') {
      const value = 0xdead_0000_0000_0000n | BigInt.asUintN(32, va);
      const stored = core.exports.storeSlow(hart, slot, signed(va), signed(value), 8);
      pa = -1n;
      if (stored === 1) {
        const found = reference({ satp, va, access: 'load', privilege, sum, mxr: true, updateAd }, readRam);
        pa = found.pa !== undefined && core.read(found.pa) === value ? found.pa : -2n;
      }
    } else {
      core.setU64(hart + layout.PC, va);
      core.setI32(layout.BUDGET, 1); // a fetch fault uses it up
      const at = core.exports.resume(hart);
      const code = Math.floor((at - layout.CODE_SLOTS) / layout.CODE_PAGE_STRIDE);
      pa = -1n;
      if (at !== 0) {
        const owner = core.i32(layout.CODE_OWNERS + code * 4) - 1;
        const halfword = (at - layout.CODE_SLOTS - code * layout.CODE_PAGE_STRIDE) / layout.SLOT_SIZE;
        pa = RAM_PHYSICAL + BigInt(owner * 4096 + halfword * 2);
      }
    }
    const cause = core.u64(hart + layout.MCAUSE);
    if (cause !== 0xfffn) {
      expect(core.u64(hart + layout.MTVAL)).toBe(va);
      expect(core.u64(hart + layout.MEPC)).toBe(access === 'fetch' ? va : PC);
      return { cause: Number(cause) };
    }
    return { pa };
  }

  for (const [name, levels] of [
    ['Sv39', 3],
    ['Sv48', 4],
    ['Sv57', 5],
  ] as const) {
    it(`${name} agrees with the specification's algorithm on random tables`, () => {
      const random = new Random(levels);
      const seen = new Map<string, number>();
      for (let n = 0; n < 20_000; n++) {
        const test = randomCase(random, core, levels);
        const expected = reference(test, readRam);
        // Where a translation leads outside RAM, the access itself faults; a fetch or store inside tables is fine.
        const reaches = expected.pa !== undefined && readRam(expected.pa) !== undefined;
        const outcome =
          expected.pa === undefined || reaches ? expected : { cause: ACCESS_FAULT[test.access] };
        if (reaches && test.access === 'store' && expected.pte?.address === expected.pa) continue;
        const actual = perform(test, test.access !== 'fetch' && random.chance(0.2));
        const updated = outcome.pte && core.read(outcome.pte.address);
        if (actual.cause !== outcome.cause || actual.pa !== outcome.pa || updated !== outcome.pte?.value) {
          expect({ test, ...actual, updated }).toEqual({ test, ...outcome, updated: outcome.pte?.value });
        }
        const key = `${test.access} ${outcome.cause ?? (outcome.pte ? 'updated' : 'ok')}`;
        seen.set(key, (seen.get(key) ?? 0) + 1);
      }
      // The generator reaches everything that can happen.
      for (const access of ['load', 'store', 'fetch'] as const) {
        for (const outcome of [PAGE_FAULT[access], ACCESS_FAULT[access], 'ok', 'updated']) {
          expect(seen.get(`${access} ${outcome}`) ?? 0, `${access} ${outcome}`).toBeGreaterThan(50);
        }
      }
    });
  }

  it('is offered to a debugger without side effects', () => {
    const random = new Random(9);
    for (let n = 0; n < 100; n++) {
      const test = randomCase(random, core, 4);
      const everything = {
        ...test,
        privilege: S as Privilege,
        sum: true,
        mxr: true,
        updateAd: true,
      } as const;
      const expected = reference({ ...everything, access: 'load' }, readRam);
      const before = [layout.HARTS, layout.RAM].map((at) =>
        Buffer.from(core.memory.buffer.slice(at, at + RAM_BYTES)),
      );
      const pa = core.exports.probe(signed(test.satp), signed(test.va));
      expect(pa).toBe(expected.pa ?? -1n);
      const after = [layout.HARTS, layout.RAM].map((at) => Buffer.from(core.memory.buffer, at, RAM_BYTES));
      expect(before.every((part, i) => part.equals(after[i]!))).toBe(true);
    }
  });

  it('ignores a write of satp with an unsupported mode as a whole', () => {
    core.setI32(layout.MAX_SATP_MODE, layout.SATP_SV48);
    const good = (9n << 60n) | (0xabcdn << 44n) | 0x80123n;
    core.setCsr(csr.satp, good);
    for (const mode of [1n, 7n, 10n, 11n, 15n]) {
      core.setCsr(csr.satp, (mode << 60n) | 0x80456n);
      expect(core.csr(csr.satp)).toBe(good);
    }
    core.setCsr(csr.satp, 0n);
    expect(core.csr(csr.satp)).toBe(0n);
  });
});
