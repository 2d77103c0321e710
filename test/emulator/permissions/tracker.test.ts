import { beforeEach, describe, expect, test } from 'vitest';
import {
  type Machine,
  type PermissionChange,
  PermissionTracker,
  PTE_WRITE,
  type TrackedRange,
} from '../../../emulator/index.ts';
import { assemble, type Guest, start } from '../machine/guest.ts';

/*
 * Each program runs on page tables that map, with 4 KiB pages, 2 MiB at 0x80200000 as they are and the same frames
 * at 0xc0200000; the region is two pages of data. `pte N` puts the address of a page's entry into t0 (N counts in
 * pages from the region), `link`'s of the alias; `set` writes one with flags.
 */
const LIMIT = 1_000_000n;
const SETUP = `
  .option norvc
  .macro address table, page
    la t0, data; slli t0, t0, 43; srli t0, t0, 55; slli t0, t0, 3; la t1, \\table; add t0, t0, t1; addi t0, t0, \\page * 8
  .endm
  .macro set table, page, flags
    address \\table, \\page
    la t1, data; li t2, \\page * 4096; add t1, t1, t2; srli t1, t1, 2; ori t1, t1, \\flags
  1: sd t1, 0(t0)
  .endm
  .macro clear table, page
    address \\table, \\page
    sd zero, 0(t0)
  .endm
  .macro use root, asid=0
    la t0, \\root; srli t0, t0, 12; li t1, (8 << 60) | (\\asid << 44); or t0, t0, t1; csrw satp, t0
  .endm
  la s0, low; la s1, high; li t2, 512; li t1, (0x80200000 >> 2) | 0xcf
fill: sd t1, 0(s0); sd t1, 0(s1); addi s0, s0, 8; addi s1, s1, 8; addi t1, t1, 1 << 10; addi t2, t2, -1; bnez t2, fill
  la t0, root; la t3, other
  la t1, middle_low; srli t1, t1, 2; ori t1, t1, 1; sd t1, 16(t0); sd t1, 16(t3)
  la t1, middle_high; srli t1, t1, 2; ori t1, t1, 1; sd t1, 24(t0)
  li t1, 0xc7; sd t1, 0(t0); sd t1, 0(t3)
  la t0, middle_low; la t1, low; srli t1, t1, 2; ori t1, t1, 1; sd t1, 8(t0)
  la t0, middle_high; la t1, high; srli t1, t1, 2; ori t1, t1, 1; sd t1, 8(t0)
`;
const DATA = `
  finish 0
  .balign 4096
  data: .skip 8192
  root: .skip 4096
  other: .skip 4096
  middle_low: .skip 4096
  middle_high: .skip 4096
  low: .skip 4096
  high: .skip 4096
  huge: .skip 4096`;

const program = (code: string): Guest => assemble(SETUP + code + DATA);

const READ_ONLY = 0xc3;
const WRITABLE = 0xc7;

describe('what a guest does to its region', () => {
  interface Fixture {
    readonly name: string;
    readonly code: string;
    /** Track the alias, too. */
    readonly alias?: true;
    /** Changes: cause, pages (n from to), region. */
    readonly expected: readonly string[];
  }
  const fixtures: Fixture[] = [
    {
      name: 'page by page, sealed and opened',
      code: `use root; set low 0 ${READ_ONLY}; set low 1 ${READ_ONLY}; set low 1 ${WRITABLE}; set low 0 ${WRITABLE}`,
      expected: [
        'store 0+1 writable→readonly, open→partial',
        'store 1+1 writable→readonly, partial→sealed',
        'store 1+1 readonly→writable, sealed→partial',
        'store 0+1 readonly→writable, partial→open',
      ],
    },
    {
      name: 'tables are prepared before paging is switched on',
      code: `set low 0 ${READ_ONLY}; set low 1 ${READ_ONLY}; use root`,
      expected: ['satp 0+2 writable→readonly, open→sealed'],
    },
    {
      name: 'only A and D, or nothing, change',
      code: `use root; set low 0 0x07; set low 0 0x47; set low 0 ${WRITABLE}; set low 0 ${WRITABLE}; la t0, data; sd t0, 0(t0)`,
      expected: [],
    },
    {
      name: 'break before make is one change',
      code: `use root; clear low 0; set low 0 ${READ_ONLY}; clear low 1; set low 1 ${READ_ONLY}; clear low 1; set low 1 ${READ_ONLY}`,
      expected: ['store 0+1 writable→readonly, open→partial', 'store 1+1 writable→readonly, partial→sealed'],
    },
    {
      name: 'unmapped is not sealed',
      code: 'use root; clear low 0; clear low 1',
      expected: [],
    },
    {
      name: 'a pointer is exchanged for a read-only 2 MiB leaf',
      code: `use root; la t0, middle_low; li t1, (0x80200000 >> 2) | 0xcb; sd t1, 8(t0); sfence.vma
             li t1, (0x80200000 >> 2) | 0xcf; li t2, 0x40000000; add t0, t0, t2; sd t1, 8(t0)`,
      expected: ['store 0+2 writable→readonly, open→sealed', 'store 0+2 readonly→writable, sealed→open'],
    },
    {
      name: 'a table below a pointer is prepared first',
      code: `use root
             la t0, huge; la t1, low; li t2, 512
             2: ld t3, 0(t1); andi t3, t3, ~4; sd t3, 0(t0); addi t0, t0, 8; addi t1, t1, 8; addi t2, t2, -1; bnez t2, 2b
             la t0, middle_low; la t1, huge; srli t1, t1, 2; ori t1, t1, 1; sd t1, 8(t0)
             set huge 0 ${WRITABLE}; set low 1 ${READ_ONLY}`,
      expected: ['store 0+2 writable→readonly, open→sealed', 'store 0+1 readonly→writable, sealed→partial'],
    },
    {
      name: 'the alias keeps it from being sealed',
      alias: true,
      code: `use root; set low 0 ${READ_ONLY}; set low 1 ${READ_ONLY}; set high 0 ${READ_ONLY}; set high 1 ${READ_ONLY}; set high 1 ${WRITABLE}`,
      expected: [
        'store 0+1 writable→readonly, open→partial',
        'store 1+1 writable→readonly',
        'store alias 0+1 writable→readonly',
        'store alias 1+1 writable→readonly, partial→sealed',
        'store alias 1+1 readonly→writable, sealed→partial',
      ],
    },
    {
      name: 'another root with other permissions, and back; the ASID does not matter',
      code: `set low 0 ${READ_ONLY}; set low 1 ${READ_ONLY}
             la t0, middle_high; la t1, low; srli t1, t1, 2; ori t1, t1, 1; sd t1, 8(t0)
             use root; use root 7
             la t0, huge; la t1, low; li t2, 512
             2: ld t3, 0(t1); ori t3, t3, 4; sd t3, 0(t0); addi t0, t0, 8; addi t1, t1, 8; addi t2, t2, -1; bnez t2, 2b
             la t0, middle_high; la t1, huge; srli t1, t1, 2; ori t1, t1, 1; sd t1, 8(t0)
             la t0, other; la t1, middle_high; srli t1, t1, 2; ori t1, t1, 1; sd t1, 16(t0)
             use other; use root`,
      expected: [
        'satp 0+2 writable→readonly, open→sealed',
        'satp 0+2 readonly→writable, sealed→open',
        'satp 0+2 writable→readonly, open→sealed',
      ],
    },
    {
      name: 'paging is switched off and on again: the seal is in the tables',
      code: `use root; set low 0 ${READ_ONLY}; set low 1 ${READ_ONLY}; csrw satp, zero; use root`,
      expected: ['store 0+1 writable→readonly, open→partial', 'store 1+1 writable→readonly, partial→sealed'],
    },
    {
      name: 'a part of an entry is written',
      code: `use root; address low 0; lb t1, 0(t0); andi t1, t1, ~4; sb t1, 0(t0)`,
      expected: ['store 0+1 writable→readonly, open→partial'],
    },
    {
      name: 'an entry is written by an AMO',
      code: 'use root; address low 0; li t1, ~4; amoand.d zero, t1, (t0)',
      expected: ['store 0+1 writable→readonly, open→partial'],
    },
  ];

  test.each(fixtures)('$name', async ({ code, alias, expected }) => {
    const guest = program(code);
    const { machine } = await start(guest.image);
    const data = guest.symbols.get('data')!;
    const here: TrackedRange = { start: data, end: data + 8192n };
    const there: TrackedRange = { start: data + 0x4000_0000n, end: data + 0x4000_2000n, alias: true };
    const seen: string[] = [];
    const tracker = new PermissionTracker(machine, ({ cause, pages, regions, step, pc, hart }) => {
      expect([step, pc, hart]).toEqual([machine.step, machine.harts[0]!.pc, 0]);
      const parts = pages.map(({ range, start, end, from, to }) => {
        const page = (start - range.start) / 4096n;
        return `${range === there ? 'alias ' : ''}${page}+${(end - start) / 4096n} ${from}→${to}`;
      });
      parts.push(...regions.map(({ from, to }) => `${from}→${to}`));
      seen.push(`${cause} ${parts.join(', ')}`);
    });
    tracker.add({ id: 1, ranges: alias === undefined ? [here] : [here, there] });
    expect(tracker.state(1)).toBe('open');
    expect(machine.run(LIMIT)).toMatchObject({ kind: 'exit', reason: 'pass' });
    expect(seen).toEqual(expected);
  });
});

describe('a sealed region', () => {
  let machine: Machine;
  let data: bigint;
  let changes: PermissionChange[];
  let tracker: PermissionTracker;

  beforeEach(async () => {
    const guest = program(`
      use root
      la t0, data; sd t0, 0(t0); sd t0, 8(t0)
      li t2, 4096; add t0, t0, t2; sd t0, 0(t0)
      set low 0 ${READ_ONLY}
    last: set low 1 ${READ_ONLY}
      li t0, 0; 3: addi t0, t0, 1; j 3b`);
    ({ machine } = await start(guest.image));
    data = guest.symbols.get('data')!;
    changes = [];
    tracker = new PermissionTracker(machine, (change) => {
      changes.push(change);
      if (change.regions.some(({ to }) => to === 'sealed')) machine.requestStop();
    });
    tracker.add({ id: 7, ranges: [{ start: data, end: data + 8192n }] });
    expect(machine.run(LIMIT)).toEqual({ kind: 'request' });
  });

  test('stops the run right behind the store that sealed it', () => {
    const sealed = changes.at(-1)!;
    expect(sealed.pte!.oldValue & PTE_WRITE).toBe(PTE_WRITE);
    expect(sealed.pte!.newValue).toBe(sealed.pte!.oldValue & ~PTE_WRITE & ~8n);
    expect([machine.step, machine.harts[0]!.pc]).toEqual([sealed.step + 1n, sealed.pc + 4n]);
  });

  test('reports its leaves, and who could still write through a stale TLB', () => {
    const report = tracker.report(7)!;
    expect(report).toMatchObject({ state: 'sealed', elsewhere: [], tables: [{ harts: [0] }] });
    const [table] = report.tables;
    expect(
      table!.ranges[0]!.extents.map(({ start, physical, level, writability }) => [
        start,
        physical,
        level,
        writability,
      ]),
    ).toEqual([
      [data, data, 0, 'readonly'],
      [data + 4096n, data + 4096n, 0, 'readonly'],
    ]);
    expect(report.writableTlb.map(({ virtual, hart }) => [virtual, hart])).toEqual([
      [data, 0],
      [data + 4096n, 0],
    ]);
    machine.flushTlbs();
    expect(tracker.report(7)!.writableTlb).toEqual([]);
  });

  test('opened by a debugger, and restored', () => {
    const snapshot = machine.snapshot();
    const { pteAddress, pte } = tracker.report(7)!.tables[0]!.ranges[0]!.extents[0]!;
    machine.setPte(pteAddress, pte | PTE_WRITE);
    expect(changes.at(-1)).toMatchObject({ cause: 'debugger', regions: [{ from: 'sealed', to: 'partial' }] });
    machine.restore(snapshot);
    expect(changes.at(-1)).toMatchObject({ cause: 'debugger', regions: [{ from: 'partial', to: 'sealed' }] });
    expect(tracker.state(7)).toBe('sealed');
  });

  test('is forgotten when it is removed, and costs the guest nothing any more', () => {
    tracker.remove(7);
    expect([tracker.state(7), tracker.report(7)]).toEqual([undefined, undefined]);
    const count = changes.length;
    machine.setPte(data, 0n);
    tracker.dispose();
    machine.run(1000n);
    expect(changes.length).toBe(count);
  });

  test('has to have a size', () => {
    expect(() => tracker.add({ id: 1, ranges: [{ start: data, end: data }] })).toThrow(
      /region 1 has 0 bytes/,
    );
    expect(() => tracker.add({ id: 1, ranges: [{ start: 0n, end: 1n << 40n }] })).toThrow(
      /it must have from 1 to/,
    );
  });
});

test('tracking changes nothing', async () => {
  const guest = program(
    `use root; set low 0 ${READ_ONLY}; set low 1 ${READ_ONLY}; la t0, data; sd t0, 0(t0)`,
  );
  const hashes = [];
  for (const tracked of [false, true]) {
    const { machine } = await start(guest.image);
    const data = guest.symbols.get('data')!;
    if (tracked)
      new PermissionTracker(machine, () => undefined).add({
        id: 1,
        ranges: [{ start: data, end: data + 8192n }],
      });
    machine.run(20_000n);
    hashes.push(machine.stateHash());
  }
  expect(hashes[1]).toBe(hashes[0]);
});
