import { describe, expect, test } from 'vitest';
import {
  EXTENSION_SVNAPOT,
  EXTENSION_SVPBMT,
  EXTENSIONS,
  LEAF_LEVEL,
  LEAF_PTE,
  LEAF_PTE_ADDRESS,
  MAX_SATP_MODE,
  RAM,
  RAM_BYTES,
  SATP_SV57,
} from '../../../emulator/layout.ts';
import { type Engine, startEngine } from '../../../emulator/machine/engine.ts';
import { Host } from '../../../emulator/machine/host.ts';
import { findAliases, type TableReader } from '../../../emulator/permissions/aliases.ts';
import { MappingIndex } from '../../../emulator/permissions/mappingIndex.ts';
import type { RangeMapping } from '../../../emulator/permissions/rangeMapping.ts';
import { type TableMemory, walk } from '../../../emulator/permissions/walk.ts';

const BASE = 0x8000_0000n;
const BYTES = 1 << 20;
const TABLES = 24;

function random(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

interface Tables {
  readonly engine: Engine;
  readonly memory: TableMemory & TableReader;
  readonly set: (address: bigint, pte: bigint) => void;
}

async function makeTables(): Promise<Tables> {
  const engine = await startEngine(BYTES, new Host());
  engine.memory.setI32(RAM_BYTES, BYTES);
  engine.memory.setI32(MAX_SATP_MODE, SATP_SV57);
  engine.memory.setI32(EXTENSIONS, EXTENSION_SVNAPOT | EXTENSION_SVPBMT);
  const offset = (address: bigint): number => RAM + Number(address - BASE);
  return {
    engine,
    memory: {
      read: (address, length) =>
        address >= BASE && address + BigInt(length) <= BASE + BigInt(BYTES)
          ? engine.memory.bytes.slice(offset(address), offset(address) + length)
          : undefined,
      read64: (address) =>
        address >= BASE && address + 8n <= BASE + BigInt(BYTES)
          ? engine.memory.u64(offset(address))
          : undefined,
    },
    set: (address, pte) => engine.memory.setU64(offset(address), pte),
  };
}

const tableAt = (index: number): bigint => BASE + BigInt(index) * 4096n;

/** Entries of every kind: pointers to other tables (any, so also to themselves), leaves, rubbish. */
function randomEntry(below: (limit: number) => number): bigint {
  const flags = BigInt(below(256));
  switch (below(9)) {
    case 0:
    case 1:
    case 2:
      return (tableAt(below(TABLES)) >> 2n) | 1n;
    case 3:
      return (BigInt(below(1 << 9)) << 28n) | 0xcfn;
    case 4:
      return (BigInt(below(1 << 18)) << 19n) | flags | 3n;
    case 5:
      return (BigInt(below(1 << 24)) << 10n) | flags;
    case 6:
      return (1n << BigInt(54 + below(10))) | flags | 1n;
    case 7:
      // Svnapot's ranges, most of them valid.
      return (
        (1n << 63n) |
        (BigInt(below(1 << 10)) << 14n) |
        (BigInt(below(4) === 0 ? below(16) : 8) << 10n) |
        0xcfn
      );
    default:
      return 0n;
  }
}

describe('the walk in TypeScript is the one of the machine', () => {
  test.each([
    ['sv39', 8n, 3],
    ['sv48', 9n, 4],
    ['sv57', 10n, 5],
  ])('%s', async (_, mode, levels) => {
    const { engine, memory, set } = await makeTables();
    const below = random(levels);
    for (let table = 0; table < TABLES; table++) {
      for (let index = 0n; index < 512n; index++) set(tableAt(table) + index * 8n, randomEntry(below));
    }
    let mapped = 0;
    for (let i = 0; i < 20_000; i++) {
      const satp = (mode << 60n) | (BigInt(below(2 ** 16)) << 44n) | (tableAt(below(TABLES + 1)) >> 12n);
      const bits = 12 + 9 * levels - (below(20) === 0 ? -1 : 0);
      const raw = (BigInt(below(2 ** 32)) << 32n) | BigInt(below(2 ** 32));
      const virtual = BigInt.asUintN(64, BigInt.asIntN(bits, raw));
      const physical = BigInt.asUintN(
        64,
        engine.core.probe(BigInt.asIntN(64, satp), BigInt.asIntN(64, virtual)),
      );
      const ours = walk(memory, satp, virtual);
      if (!ours.ok) {
        expect(physical, ours.message).toBe(0xffff_ffff_ffff_ffffn);
        continue;
      }
      mapped++;
      expect(ours.physical).toBe(physical);
      expect(ours.leaf).toMatchObject({
        pte: engine.memory.u64(LEAF_PTE),
        pteAddress: engine.memory.u64(LEAF_PTE_ADDRESS),
        level: engine.memory.i32(LEAF_LEVEL),
      });
      expect(ours.steps.length).toBe(levels - ours.leaf!.level);
    }
    expect(mapped).toBeGreaterThan(500);
  });
});

describe('a range that is followed store by store', () => {
  /** What a fresh look says about every page. */
  function fresh(memory: TableMemory, mapping: RangeMapping): string[] {
    const pages: string[] = [];
    for (let page = mapping.start; page < mapping.end; page += 4096n) {
      const found = walk(memory, mapping.satp, page);
      pages.push(
        found.ok
          ? `${found.physical.toString(16)} ${found.permissions.write ? 'writable' : 'readonly'}`
          : '-',
      );
    }
    return pages;
  }

  function followed(mapping: RangeMapping): string[] {
    const pages: string[] = [];
    for (const { start, end, physical, writability } of mapping.extents) {
      for (let page = start; page < end; page += 4096n) {
        pages.push(physical === undefined ? '-' : `${(physical + page - start).toString(16)} ${writability}`);
      }
    }
    return pages;
  }

  test.each([1, 2, 3, 4, 5])('equals a fresh walk after every random store (seed %i)', async (seed) => {
    const { memory, set } = await makeTables();
    const below = random(seed);
    const marked = new Map<number, number>();
    const count = (frame: number, change: number): void =>
      void marked.set(frame, (marked.get(frame) ?? 0) + change);
    const index = new MappingIndex(memory, {
      mark: (frame) => count(frame, 1),
      unmark: (frame) => count(frame, -1),
    });
    const satp = (8n << 60n) | (BASE >> 12n);
    // Around the border of two gigabytes and of two entries of every level.
    const start = 0xffff_ffff_8000_0000n - 0x6000n;
    const mapping = index.open(satp, start + 5n, start + 0xf000n);
    for (let step = 0; step < 1000; step++) {
      // Store where the range depends on it, mostly: on the path of one of its pages, as far as there is one.
      const page = start + BigInt(below(16)) * 4096n;
      const path = walk(memory, satp, page).steps;
      const place = below(5) === 0 || path.length === 0 ? undefined : path[below(path.length)];
      const address = place?.pteAddress ?? tableAt(below(TABLES)) + BigInt(below(512)) * 8n;
      const pte =
        place !== undefined && place.level > 0 && below(3) > 0
          ? (tableAt(1 + below(TABLES - 1)) >> 2n) | 1n
          : randomEntry(below);
      set(address, pte);
      const [changed] = index.stored(address);
      expect(followed(mapping)).toEqual(fresh(memory, mapping));
      for (const { start: from, end: to } of changed?.changes ?? []) expect(from < to).toBe(true);
      const totals = { writable: 0n, readonly: 0n, unmapped: 0n };
      for (const extent of mapping.extents) totals[extent.writability] += extent.end - extent.start;
      expect(mapping.totals).toEqual(totals);
    }
    expect([...marked.values()].every((users) => users >= 0)).toBe(true);
    index.release(mapping);
    expect([...marked.values()].every((users) => users === 0)).toBe(true);
  });
});

describe('aliases', () => {
  test('of a frame are found at every level', async () => {
    const { memory, set } = await makeTables();
    const satp = (8n << 60n) | (BASE >> 12n);
    const pointer = (table: number): bigint => (tableAt(table) >> 2n) | 1n;
    set(tableAt(0) + 8n, pointer(1));
    set(tableAt(0) + 511n * 8n, (BASE >> 2n) | 0xcfn);
    set(tableAt(1), (BASE >> 2n) | 0xc3n);
    set(tableAt(1) + 8n, pointer(2));
    set(tableAt(2) + 24n, ((BASE + 0x5000n) >> 2n) | 0xc7n);
    const { aliases, complete } = findAliases(memory, satp, BASE + 0x5000n, BASE + 0x6000n);
    expect(complete).toBe(true);
    expect(aliases.map(({ start, level, permissions }) => [start, level, permissions.write])).toEqual([
      [0x4000_5000n, 1, false],
      [0x4020_3000n, 0, true],
      [0xffff_ffff_c000_5000n, 2, true],
    ]);
    expect(findAliases(memory, 0n, BASE, BASE + 4096n).aliases).toEqual([]);
  });

  test('tables that name each other do not keep the search going', async () => {
    const { memory, set } = await makeTables();
    const satp = (10n << 60n) | (BASE >> 12n);
    for (let index = 0n; index < 512n; index++) set(tableAt(0) + index * 8n, (BASE >> 2n) | 1n);
    expect(findAliases(memory, satp, BASE, BASE + 4096n)).toEqual({ aliases: [], complete: true });
    set(tableAt(0), (BASE >> 2n) | 0xcfn);
    const { aliases, complete } = findAliases(memory, satp, BASE, BASE + 4096n);
    expect(complete, 'endless, so it gives up').toBe(false);
    expect(aliases.length).toBeGreaterThan(4000);
  });
});

describe('ranges of very many pieces', () => {
  const SATP = (8n << 60n) | (BASE >> 12n);
  const READ_ONLY = 0xc3n;
  const WRITABLE = 0xc7n;
  /** Sv39 tables that exist only as the answer to a question: the root, a middle table, the last ones. */
  const ROOT = BASE;
  const MIDDLE = BASE + 0x1000n;
  const LAST = BASE + 0x200000n;
  const pointer = (table: bigint): bigint => (table >> 2n) | 1n;

  interface Fixture {
    readonly name: string;
    /** Which last table the entry of 2 MiB names. */
    readonly last: (gigabyte: bigint, index: bigint) => bigint;
    readonly pages: bigint;
    /** Pieces at most that opening it may look at, and that one store may. */
    readonly opening: number;
    readonly storing: number;
  }
  const fixtures: Fixture[] = [
    {
      name: '300,000 pages, each with its own entry',
      last: (gigabyte, index) => gigabyte * 512n + index,
      pages: 300_000n,
      opening: 300_000,
      storing: 2,
    },
    { name: 'one last table everywhere', last: () => 0n, pages: 1n << 20n, opening: 20_000, storing: 64 * 2 },
  ];

  test.each(fixtures)('$name', ({ last, pages, opening, storing }) => {
    const written = new Map<bigint, bigint>();
    const memory: TableMemory = {
      read64: (address) => {
        const index = (address & 0xfffn) / 8n;
        const table = address & ~0xfffn;
        if (table === ROOT) return index < 4n ? pointer(MIDDLE + index * 4096n) : 0n;
        if (table < LAST) return pointer(LAST + last((table - MIDDLE) >> 12n, index) * 4096n);
        return written.get(address) ?? ((((table - LAST) >> 12n) * 512n + index) << 10n) | READ_ONLY;
      },
    };
    let work = 0;
    const frames = { mark: () => undefined, unmark: () => undefined };
    const index = new MappingIndex(memory, frames, (pieces) => (work += pieces));
    const mapping = index.open(SATP, 0n, pages << 12n);
    expect(work).toBeLessThanOrEqual(opening);
    expect(mapping.extents.at(-1)?.end).toBe(pages << 12n);
    const before = mapping.totals.writable;

    // Page 5 of the first last table becomes writable, and read-only again.
    const entry = LAST + 5n * 8n;
    for (const flags of [WRITABLE, READ_ONLY]) {
      work = 0;
      written.set(entry, (5n << 10n) | flags);
      const [change] = index.stored(entry);
      expect(change!.moved).toBe(false);
      expect(change!.changes[0]).toMatchObject({ start: 0x5000n, end: 0x6000n });
      expect(work).toBeLessThanOrEqual(storing);
      expect(mapping.totals.writable > before).toBe(flags === WRITABLE);
    }
    // Somewhere every frame of the table is known, so that a watch of it sees all of them.
    for (let frame = 0n; frame < 512n; frame++)
      expect(mapping.extents.some(({ physical }) => physical === frame << 12n)).toBe(true);
    // What was not walked is never taken for sealed.
    expect(before > 0n).toBe(last(0n, 0n) === last(0n, 1n));
    index.release(mapping);
  });
});
