import { beforeEach, describe, expect, it } from 'vitest';
import * as layout from '../../../emulator/layout.ts';
import {
  A,
  CoreUnderTest,
  D,
  G,
  PC,
  R,
  RAM_PHYSICAL,
  Random,
  S,
  Tables,
  U,
  USER,
  W,
  X,
  csr,
  hartBlock,
  physicalOf,
  signed,
} from './core.ts';

const hart = hartBlock(0);
const VA = 0x4000_0000n;
const ONE = RAM_PHYSICAL + 0x20_0000n;
const OTHER = RAM_PHYSICAL + 0x40_0000n;

describe('TLB', () => {
  let core: CoreUnderTest;
  let tables: Tables;
  beforeEach(async () => {
    core = await CoreUnderTest.create();
    core.openPmp();
    tables = new Tables(core, 3);
    core.setCsr(csr.satp, tables.satp());
    core.setMode(S);
  });

  /** Where a load from `va` goes; its trap cause as a negative number if it is refused. */
  function load(va: bigint, block = hart): bigint {
    core.exports.setPrivilege(block, S);
    const address = core.exports.loadSlow(block, core.slotAt(PC, { hart: block }), signed(va), 8);
    return address === 0 ? -core.csr(csr.mcause, block) : physicalOf(address);
  }

  function store(va: bigint): bigint {
    core.exports.setPrivilege(hart, S);
    const stored = core.exports.storeSlow(hart, core.slotAt(PC), signed(va), 1n, 8);
    return stored === 0 ? -core.csr(csr.mcause) : 1n;
  }

  function sfence(options: { va?: bigint; asid?: number } = {}): void {
    core.exports.setPrivilege(hart, S);
    const { va, asid } = options;
    const done = core.exports.sfenceVma(
      hart,
      core.slotAt(PC),
      signed(va ?? 0n),
      BigInt(asid ?? 0),
      va === undefined ? 0 : 1,
      asid === undefined ? 0 : 1,
    );
    expect(done).toBe(0);
    expect(core.pc()).toBe(PC + 4n);
    expect(core.events.at(-1)?.name).toBe('tlbFlushed');
  }

  it('stays stale until it is fenced', () => {
    const pte = tables.map(VA, ONE, R | W | A | D);
    expect(load(VA)).toBe(ONE);
    tables.map(VA, OTHER, R | W | A | D);
    expect(load(VA)).toBe(ONE);
    core.exports.flushFast(hart);
    expect(load(VA)).toBe(ONE);
    core.write(pte, 0n);
    expect(store(VA)).toBe(1n);
    sfence();
    expect(load(VA)).toBe(-13n);
  });

  it('still permits the store that a new PTE refuses, until it is fenced', () => {
    tables.map(VA, ONE, R | W | A | D);
    expect(store(VA)).toBe(1n);
    tables.map(VA, ONE, R | A | D);
    core.exports.flushFastAll();
    expect(store(VA)).toBe(1n);
    sfence({ va: VA });
    expect(store(VA)).toBe(-15n);
  });

  it('remembers no faults', () => {
    expect(load(VA)).toBe(-13n);
    tables.map(VA, ONE, R | A);
    expect(load(VA)).toBe(ONE);
  });

  it('walks again for the first store to a page that it knows as clean', () => {
    const pte = tables.map(VA, ONE, R | W);
    expect(load(VA)).toBe(ONE);
    expect(core.read(pte) & (A | D)).toBe(A);
    tables.map(VA, OTHER, R | W | A);
    expect(store(VA)).toBe(1n);
    expect(core.read(pte) & (A | D)).toBe(A | D);
    expect(load(VA)).toBe(OTHER);
  });

  it('belongs to its hart', () => {
    core.openPmp(hartBlock(1));
    core.setCsr(csr.satp, tables.satp(), hartBlock(1));
    tables.map(VA, ONE, R | A);
    expect([load(VA), load(VA, hartBlock(1))]).toEqual([ONE, ONE]);
    tables.map(VA, OTHER, R | A);
    sfence();
    expect([load(VA), load(VA, hartBlock(1))]).toEqual([OTHER, ONE]);
  });

  it('forgets an entry when another page takes its place', () => {
    const rival = VA ^ (BigInt(layout.TLB_ENTRIES + 1) * 0x1000n);
    tables.map(VA, ONE, R | A);
    tables.map(rival, OTHER, R | A);
    expect(load(VA)).toBe(ONE);
    tables.map(VA, OTHER, R | A);
    expect(load(rival)).toBe(OTHER);
    expect(load(VA)).toBe(OTHER);
  });

  it('tells the host which entry translates an address', () => {
    const pte = tables.map(VA, ONE, R | W | A | D);
    expect(core.exports.tlbLookup(hart, VA, layout.ACCESS_LOAD)).toBe(0);
    load(VA);
    const entry = core.exports.tlbLookup(hart, VA + 8n, layout.ACCESS_LOAD);
    expect(core.u64(entry + layout.TLB_PTE)).toBe(core.read(pte));
    expect(core.u64(entry + layout.TLB_PTE_ADDRESS)).toBe(pte);
    expect(core.i32(entry + layout.TLB_LEVEL)).toBe(0);
  });

  describe('superpages', () => {
    const second = VA + 0x5000n;
    for (const [name, va, gone] of [
      ['any address within', VA + 0x12_3000n, true],
      ['an address behind', VA + 0x20_0000n, false],
      ['an address before', VA - 0x1000n, false],
    ] as const) {
      it(`lose all their grains to a fence of ${name}: ${gone}`, () => {
        const pte = tables.map(VA, ONE, R | A, 1);
        expect([load(VA), load(second)]).toEqual([ONE, ONE + 0x5000n]);
        core.write(pte, 0n);
        sfence({ va });
        expect([load(VA), load(second)]).toEqual(gone ? [-13n, -13n] : [ONE, ONE + 0x5000n]);
      });
    }
  });

  describe('address spaces', () => {
    let others: Tables;
    beforeEach(() => {
      others = new Tables(core, 3, RAM_PHYSICAL + 0x18_0000n);
      tables.map(VA, ONE, R | A);
      others.map(VA, OTHER, R | A);
    });
    const inSpace = (space: Tables, asid: number): void => core.setCsr(csr.satp, space.satp(asid));

    it('do not see each other, and survive a change of satp', () => {
      inSpace(tables, 1);
      expect(load(VA)).toBe(ONE);
      inSpace(others, 2);
      expect(load(VA)).toBe(OTHER); // same index: it takes the entry's place
      const neighbour = VA + 0x1000n;
      others.map(neighbour, OTHER, R | A);
      expect(load(neighbour)).toBe(OTHER);
      others.map(neighbour, ONE, R | A);
      inSpace(tables, 1);
      expect(load(neighbour)).toBe(-13n);
      inSpace(others, 2);
      expect(load(neighbour)).toBe(OTHER);
      expect(core.events.filter(({ name }) => name === 'satpWritten')).toHaveLength(5);
    });

    it('all 16 bits of the ASID count', () => {
      inSpace(tables, 0xffff);
      expect(core.csr(csr.satp)).toBe(tables.satp(0xffff));
      expect(load(VA)).toBe(ONE);
      inSpace(others, 0x7fff);
      expect(load(VA)).toBe(OTHER);
    });

    it('share global pages, even through G of a pointer', () => {
      const pointer = tables.pteAddress(VA, 1);
      core.write(pointer, core.read(pointer) | G);
      inSpace(tables, 1);
      expect(load(VA)).toBe(ONE);
      inSpace(others, 2);
      expect(load(VA)).toBe(ONE);
      sfence({ asid: 2 });
      expect(load(VA)).toBe(ONE);
      sfence({ asid: 1 });
      expect(load(VA)).toBe(ONE);
      sfence({ va: VA, asid: 1 });
      expect(load(VA)).toBe(ONE);
      sfence({ va: VA });
      expect(load(VA)).toBe(OTHER);
    });

    for (const [name, fence, gone] of [
      ['everything', {}, true],
      ['its address', { va: VA + 0x123n }, true],
      ['its space', { asid: 7 }, true],
      ['its address and space', { va: VA, asid: 7 }, true],
      ['another space', { asid: 8 }, false],
      ['its address in another space', { va: VA, asid: 8 }, false],
      ['another address', { va: VA + 0x1000n }, false],
    ] as const) {
      it(`a fence of ${name} ${gone ? 'drops' : 'keeps'} a page`, () => {
        inSpace(tables, 7);
        expect(load(VA)).toBe(ONE);
        tables.map(VA, OTHER, R | A);
        sfence(fence);
        expect(load(VA)).toBe(gone ? OTHER : ONE);
      });
    }
  });

  it('is fenced by ranges for the firmware', () => {
    const pages = Array.from({ length: 2000 }, (_, i) => VA + BigInt(i) * 0x1000n);
    for (const va of pages.slice(0, 8)) tables.map(va, ONE, R | A);
    const check = (start: bigint, size: bigint, gone: readonly boolean[]): void => {
      for (const va of pages.slice(0, 8)) tables.map(va, ONE, R | A);
      core.exports.fence(hart, 0n, -1n, 0n, 0);
      for (const va of pages.slice(0, 8)) expect(load(va)).toBe(ONE);
      for (const va of pages.slice(0, 8)) tables.map(va, OTHER, R | A);
      core.exports.fence(hart, start, size, 0n, 0);
      expect(pages.slice(0, gone.length).map((va) => load(va) === OTHER)).toEqual(gone);
    };
    check(pages[2]!, 0x2000n, [false, false, true, true, false]);
    check(pages[2]! + 0xfffn, 2n, [false, false, true, true, false]);
    check(pages[2]!, 0x1000n * 2000n, [false, false, true, true, true]);
    check(0n, 0n, [true, true, true]);
    check(0n, -1n, [true, true, true]);
  });

  it('keeps the fast entries of modes apart', () => {
    tables.map(VA, ONE, R | W | A | D | USER);
    const fast = (set: number): boolean =>
      core.u64(
        hart +
          layout.FAST_TLBS +
          set * layout.FAST_SET_SIZE +
          layout.FAST_READ +
          Number((VA >> 12n) % BigInt(layout.FAST_TLB_ENTRIES)) * layout.FAST_TLB_ENTRY_SIZE,
      ) === VA;
    expect(load(VA)).toBe(-13n);
    core.setMode(S, { sum: true });
    expect(load(VA)).toBe(ONE);
    expect([layout.FAST_SET_U, layout.FAST_SET_S, layout.FAST_SET_S_SUM].map(fast)).toEqual([
      false,
      false,
      true,
    ]);
    core.setMode(S);
    expect(core.i32(hart + layout.DATA_TLB)).toBe(
      hart + layout.FAST_TLBS + layout.FAST_SET_S * layout.FAST_SET_SIZE,
    );
    expect(load(VA)).toBe(-13n);
  });

  it('makes no fast entry where something has to be noticed', () => {
    const entry = (table: number): bigint =>
      core.u64(
        core.i32(hart + layout.DATA_TLB) +
          table +
          Number((VA >> 12n) % BigInt(layout.FAST_TLB_ENTRIES)) * layout.FAST_TLB_ENTRY_SIZE,
      );
    const check = (
      flags: bigint,
      frame: number,
      fast: { read: boolean; write: boolean },
      mxr = false,
    ): void => {
      tables.map(VA, ONE, flags);
      core.setFrameFlags(ONE, frame);
      core.exports.fence(hart, 0n, -1n, 0n, 0);
      core.stopAtWatch = false;
      core.setMode(S, { mxr });
      load(VA);
      if (flags & W) store(VA);
      expect({ read: entry(layout.FAST_READ) === VA, write: entry(layout.FAST_WRITE) === VA }).toEqual(fast);
    };
    check(R | W | A | D, 0, { read: true, write: true });
    check(R | A, 0, { read: true, write: false });
    check(X | A, 0, { read: false, write: false }, true);
    check(R | W | A | D, layout.FRAME_WATCH_WRITE, { read: true, write: false });
    check(R | W | A | D, layout.FRAME_WATCH_READ, { read: false, write: false });
    check(R | W | A | D, layout.FRAME_PAGE_TABLE, { read: true, write: false });
    check(R | W | A | D, layout.FRAME_CODE_CACHED, { read: true, write: false });
  });

  it('backs every fast entry, whatever happens', () => {
    const random = new Random(5);
    const spaces = [1, 2].map((asid) => {
      const at = RAM_PHYSICAL + BigInt(asid) * 0x20_0000n;
      return { asid, tables: new Tables(core, 3, at) };
    });
    // Pages that compete for entries, of both modes, some of them in a superpage or global.
    const pages = [0, 1, 256, 512, 1024, 1025, 2048, 4096].map((n) => VA + BigInt(n) * 0x1000n);
    const remap = ({ tables: space }: (typeof spaces)[number]): void => {
      for (const va of pages) {
        const flags = random.pick([R | W | X, R | W, R, R | X]) | (random.chance(0.5) ? USER : 0n);
        const global = random.chance(0.2) ? G : 0n;
        const frame = RAM_PHYSICAL + BigInt(0x600 + random.below(64)) * 0x1000n;
        if (va !== pages.at(-1)) space.map(va, frame, flags | global);
        else space.map(va, RAM_PHYSICAL + 0x60_0000n, flags | global, 1);
      }
    };
    spaces.forEach(remap);
    let entries = 0;
    for (let n = 0; n < 4000; n++) {
      const what = random.below(40);
      const va = random.pick(pages) + BigInt(random.below(512) * 8);
      const asid = random.chance(0.3) ? 1 + random.below(2) : undefined;
      if (what === 0) {
        const space = random.pick(spaces);
        core.setCsr(csr.satp, space.tables.satp(space.asid));
      } else if (what === 1) remap(random.pick(spaces));
      else if (what === 2) sfence({ ...(random.chance(0.8) && { va }), ...(asid !== undefined && { asid }) });
      else {
        const privilege = random.chance(0.5) ? U : S;
        core.run(1);
        core.setMode(privilege, { sum: random.chance(0.5), mxr: random.chance(0.2) });
        const slot = core.slotAt(PC);
        if (what < 18) core.exports.loadSlow(hart, slot, signed(va), 8);
        else if (what < 30) core.exports.storeSlow(hart, slot, signed(va), 0n, 8);
        else {
          core.setU64(hart + layout.PC, va);
          core.exports.resume(hart);
        }
      }
      if (core.csr(csr.satp) === 0n) continue;
      for (const [set, mayUser, maySupervisor] of [
        [layout.FAST_SET_U, true, false],
        [layout.FAST_SET_S, false, true],
        [layout.FAST_SET_S_SUM, true, true],
      ] as const) {
        for (const [table, right, kind] of [
          [layout.FAST_READ, R, layout.ACCESS_LOAD],
          [layout.FAST_WRITE, W | D, layout.ACCESS_STORE],
          [layout.FAST_FETCH, X, layout.ACCESS_FETCH],
        ] as const) {
          for (let i = 0; i < layout.FAST_TLB_ENTRIES; i++) {
            const fast = hart + layout.FAST_TLBS + set * layout.FAST_SET_SIZE + table + i * 16;
            const tag = core.u64(fast + layout.FAST_TAG);
            if (tag === 0xffff_ffff_ffff_ffffn) continue;
            entries++;
            const entry = core.exports.tlbLookup(hart, signed(tag), kind);
            const pte = core.u64(entry + layout.TLB_PTE);
            const address = (Number(tag & 0xffff_ffffn) + core.i32(fast + layout.FAST_ADDEND)) >>> 0;
            const backed =
              entry !== 0 &&
              (pte & right) === right &&
              (pte & USER ? mayUser : maySupervisor) &&
              (table === layout.FAST_FETCH || physicalOf(address) === (pte >> 10n) << 12n);
            if (!backed) expect.fail(`after step ${n}: 0x${tag.toString(16)} in set ${set}, table ${table}`);
          }
        }
      }
    }
    expect(entries).toBeGreaterThan(10_000);
  });
});
