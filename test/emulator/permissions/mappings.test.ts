/** The list of everything that page tables map, held to the walk of single addresses; and tables that mean harm. */
import { describe, expect, it } from 'vitest';
import { walkMappings, type MappingList } from '../../../emulator/permissions/mappings.ts';
import { permissionsOf, walk, type TableMemory } from '../../../emulator/permissions/walk.ts';
import type { TableReader } from '../../../emulator/permissions/aliases.ts';

const BASE = 0x8000_0000n;
const TABLES = 16;
const SV39 = (8n << 60n) | (BASE >> 12n);

/** Tables in memory of their own, the first one the root. */
class Tables implements TableReader, TableMemory {
  readonly #view = new DataView(new ArrayBuffer(TABLES * 4096));

  set(table: number, index: number, entry: bigint): void {
    this.#view.setBigUint64(table * 4096 + index * 8, entry, true);
  }

  read(address: bigint, length: number): Uint8Array | undefined {
    const offset = Number(address - BASE);
    return offset >= 0 && offset + length <= this.#view.byteLength
      ? new Uint8Array(this.#view.buffer, offset, length)
      : undefined;
  }

  read64(address: bigint): bigint | undefined {
    const offset = Number(address - BASE);
    return offset >= 0 && offset + 8 <= this.#view.byteLength
      ? this.#view.getBigUint64(offset, true)
      : undefined;
  }
}

const pointer = (table: number): bigint => (((BASE >> 12n) + BigInt(table)) << 10n) | 1n;
const leaf = (physical: bigint, flags: bigint): bigint => ((physical >> 12n) << 10n) | flags | 1n;
const RW = 0xc6n;
const R = 0xc2n;

function list(tables: Tables, satp = SV39): { list: MappingList; pieces: number } {
  const steps = walkMappings(tables, satp);
  for (let pieces = 0; ; pieces++) {
    const step = steps.next();
    if (step.done === true) return { list: step.value, pieces };
  }
}

describe('merging', () => {
  it('joins what is contiguous on both sides with the same flags, whatever the sizes of the leaves', () => {
    const tables = new Tables();
    tables.set(0, 2, pointer(1));
    tables.set(1, 0, pointer(2));
    for (let page = 0; page < 512; page++) tables.set(2, page, leaf(0x9000_0000n + BigInt(page) * 4096n, RW));
    tables.set(1, 1, leaf(0x9020_0000n, RW));
    tables.set(1, 2, leaf(0x9040_0000n, R));
    tables.set(1, 3, leaf(0x9080_0000n, R));
    expect(list(tables).list).toEqual({
      complete: true,
      mappings: [
        {
          start: 0x8000_0000n,
          end: 0x8040_0000n,
          physical: 0x9000_0000n,
          flags: 0xc6,
          leaves: [
            { start: 0x8000_0000n, size: 4096 },
            { start: 0x8020_0000n, size: 2 << 20 },
          ],
        },
        {
          start: 0x8040_0000n,
          end: 0x8060_0000n,
          physical: 0x9040_0000n,
          flags: 0xc2,
          leaves: [{ start: 0x8040_0000n, size: 2 << 20 }],
        },
        {
          start: 0x8060_0000n,
          end: 0x8080_0000n,
          physical: 0x9080_0000n,
          flags: 0xc2,
          leaves: [{ start: 0x8060_0000n, size: 2 << 20 }],
        },
      ],
    });
  });

  it('does not join across the hole between the halves, and ends at 2^64', () => {
    const tables = new Tables();
    tables.set(0, 255, leaf(0x8000_0000n, RW));
    tables.set(0, 256, leaf(0xc000_0000n, RW));
    tables.set(0, 511, leaf(0x8000_0000n, RW));
    expect(list(tables).list.mappings.map(({ start, end }) => [start, end])).toEqual([
      [0x3f_c000_0000n, 0x40_0000_0000n],
      [0xffff_ffc0_0000_0000n, 0xffff_ffc0_4000_0000n],
      [0xffff_ffff_c000_0000n, 1n << 64n],
    ]);
  });
});

it('agrees with the walk of every address it names, and of those between', () => {
  let state = 7;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  for (let round = 0; round < 20; round++) {
    const tables = new Tables();
    for (let entry = 0; entry < 600; entry++) {
      const value =
        below(3) === 0
          ? pointer(below(TABLES))
          : leaf(BigInt(below(1 << 16)) << BigInt([12, 21, 30][below(3)]!), BigInt(below(256)));
      tables.set(below(TABLES), below(512), below(20) === 0 ? value | (1n << BigInt(54 + below(7))) : value);
    }
    const { mappings } = list(tables).list;
    expect(mappings.length).toBeGreaterThan(0);
    for (const { start, end, physical, flags } of mappings.slice(0, 2_000)) {
      for (const at of [start, end - 1n]) {
        const found = walk(tables, SV39, at);
        expect(found).toMatchObject({ ok: true, physical: physical + (at - start) });
        expect(found.ok && found.permissions).toEqual(permissionsOf(BigInt(flags)));
      }
    }
    for (const [index, { end }] of mappings.slice(0, 2_000).entries()) {
      const next = mappings[index + 1];
      if (next === undefined || next.start === end) continue;
      expect(walk(tables, SV39, BigInt.asUintN(64, end)).ok).toBe(false);
    }
  }
});

describe('tables that mean harm', () => {
  it.each([
    ['name themselves', (tables: Tables) => fill(tables, 0, pointer(0))],
    [
      'lead to 2^27 leaves of one frame',
      (tables: Tables) => {
        fill(tables, 0, pointer(1));
        fill(tables, 1, pointer(2));
        fill(tables, 2, leaf(BASE, RW));
      },
    ],
    [
      'lead to 2^18 tables with one leaf each',
      (tables: Tables) => {
        fill(tables, 0, pointer(1));
        fill(tables, 1, pointer(2));
        tables.set(2, 17, leaf(BASE, RW));
      },
    ],
  ])('%s', (_name, build) => {
    const tables = new Tables();
    build(tables);
    const { list: found, pieces } = list(tables);
    expect(found.mappings.length).toBeLessThanOrEqual(100_000);
    expect(pieces).toBeLessThanOrEqual(32_768);
    // A table that leads nowhere is read once: nothing is left out then.
    expect(found.complete).toBe(found.mappings.length === 0);
  });
});

function fill(tables: Tables, table: number, entry: bigint): void {
  for (let index = 0; index < 512; index++) tables.set(table, index, entry);
}
