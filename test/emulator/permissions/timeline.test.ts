/** The permission timeline, of guests that do to their page tables what kernels do. */
import { describe, expect, test } from 'vitest';
import {
  type FrameMapping,
  PERMISSION,
  type PermissionEvent,
  PermissionTimeline,
} from '../../../emulator/index.ts';
import { assemble, type Guest, start } from '../machine/guest.ts';

/*
 * Page tables map, with 4 KiB pages, 2 MiB at 0x80200000 as they are and the same frames at 0xc0200000. Pages are
 * counted from `data`. `set` writes the entry of a page in a table, `clear` makes it 0, `use` loads satp.
 */
const LIMIT = 1_000_000n;
const SETUP = `
  .option norvc
  .macro address table, page
    la t0, data; slli t0, t0, 43; srli t0, t0, 55; slli t0, t0, 3; la t1, \\table; add t0, t0, t1; addi t0, t0, \\page * 8
  .endm
  .macro set table, page, flags, frame=99
    address \\table, \\page
    .if \\frame == 99
    la t1, data + \\page * 4096
    .else
    la t1, data + \\frame * 4096
    .endif
    srli t1, t1, 2; ori t1, t1, \\flags
    sd t1, 0(t0)
  .endm
  .macro clear table, page
    address \\table, \\page
    sd zero, 0(t0)
  .endm
  .macro link table, index, to
    la t0, \\table; la t1, \\to; srli t1, t1, 2; ori t1, t1, 1; sd t1, \\index * 8(t0)
  .endm
  .macro copy from, to, count=512
    la t0, \\from; la t1, \\to; li t2, \\count
    8: ld t3, 0(t0); sd t3, 0(t1); addi t0, t0, 8; addi t1, t1, 8; addi t2, t2, -1; bnez t2, 8b
  .endm
  .macro use root, asid=0
    la t0, \\root; srli t0, t0, 12; li t1, (8 << 60) | (\\asid << 44); or t0, t0, t1; csrw satp, t0; sfence.vma
  .endm
  la s0, low; li t2, 512; li t1, (0x80200000 >> 2) | 0xcf
fill: sd t1, 0(s0); addi s0, s0, 8; addi t1, t1, 1 << 10; addi t2, t2, -1; bnez t2, fill
  copy low, high
  link root, 2, middle_low
  link root, 3, middle_high
  link middle_low, 1, low
  link middle_high, 1, high
  li t1, 0xc7; la t0, root; sd t1, 0(t0)
`;
const DATA = `
  finish 0
  .balign 4096
  data: .skip 8 * 4096
  root: .skip 4096
  other: .skip 4096
  middle_low: .skip 4096
  middle_high: .skip 4096
  low: .skip 4096
  high: .skip 4096
  spare: .skip 4096
  middle_spare: .skip 4096`;
const [R, W, U] = [0xc3, 0xc7, 0x10];

const program = (code: string, after = ''): Guest => assemble(SETUP + code + after + DATA);

/** Events from the first store after `use root` on: cause, kind, first page and pages from `data`, rights. */
async function eventsOf(code: string, memory = 16 << 20): Promise<string[]> {
  const guest = program(`use root\n begin: ${code}`);
  const { machine } = await start(guest.image, { memory });
  const timeline = new PermissionTimeline(machine);
  const heard: PermissionEvent[] = [];
  timeline.listen((event) => heard.push(event));
  expect(machine.run(LIMIT)).toMatchObject({ kind: 'exit', reason: 'pass' });
  timeline.settle();
  expect([...timeline.events()]).toEqual(heard);
  const data = guest.symbols.get('data')!;
  const begin = guest.symbols.get('begin')!;
  return heard.filter(({ pc }) => pc >= begin).map((event) => textOf(event, data));
}

function textOf(
  { cause, kind, start, end, from, to, physical, physicalBefore }: PermissionEvent,
  data: bigint,
): string {
  const distance = start - data;
  const high = distance >= 0x3fff_0000n;
  const page = (high ? distance - 0x4000_0000n : distance) / 4096n;
  const moved = kind === 'remap' ? ` ${frame(physicalBefore, data)}→${frame(physical, data)}` : '';
  return `${cause} ${kind} ${high ? 'high ' : ''}${page}+${(end - start) / 4096n} ${rights(from)}→${rights(to)}${moved}`;
}

function frame(physical: bigint | undefined, data: bigint): string {
  return physical === undefined ? 'nowhere' : String((physical - data) / 4096n);
}

function rights(flags: number): string {
  const letters = (['read', 'write', 'execute', 'user', 'global'] as const).map((name, index) =>
    (flags & PERMISSION[name]) === 0 ? '' : 'rwxug'.charAt(index),
  );
  return letters.join('') || '-';
}

/** Of `data` in its 2 MiB, in pages. */
const WHOLE = /-?\d+\+512/;
const whole = (texts: readonly string[]): string[] => texts.map((text) => text.replace(WHOLE, 'all'));

describe('what a store to a page table did', () => {
  test.each([
    [
      'a page loses W and gains it',
      `set low 0 ${R}; set low 0 ${W}`,
      ['store change 0+1 rwx→r', 'store change 0+1 r→rw'],
    ],
    [
      'A, D, software bits and the same value are nothing',
      `set low 0 0x07; set low 0 0x47; set low 0 0x307; set low 0 0x307`,
      ['store change 0+1 rwx→rw'],
    ],
    [
      'a store through the page sets D, and that is nothing',
      `set low 0 0x07; la t0, data; sd t0, 0(t0)`,
      ['store change 0+1 rwx→rw'],
    ],
    [
      'break before make is one change',
      `clear low 0; sfence.vma; set low 0 ${R}`,
      ['store change 0+1 rwx→r'],
    ],
    [
      'broken and made as it was is nothing',
      `set low 0 ${R}; clear low 0; set low 0 ${R}`,
      ['store change 0+1 rwx→r'],
    ],
    [
      'what could be written and can be again was closed in between',
      `clear low 0; set low 0 ${W}`,
      ['store unmap 0+1 rwx→-', 'store map 0+1 -→rw'],
    ],
    [
      'a second clearing tells of the first',
      `clear low 0; clear low 1; set low 0 ${R}`,
      ['store unmap 0+1 rwx→-', 'store unmap 1+1 rwx→-', 'store map 0+1 -→r'],
    ],
    [
      'cleared for long is unmapped',
      `clear low 0; li t0, 60000; 1: addi t0, t0, -1; bnez t0, 1b; set low 0 ${R}`,
      ['store unmap 0+1 rwx→-', 'store map 0+1 -→r'],
    ],
    ['another frame', `set low 0 ${R} 3`, ['store remap 0+1 rwx→r 0→3']],
    [
      'an alias',
      `clear high 0; set high 0 ${R} 1; set high 0 ${W} 1`,
      ['store unmap high 0+1 rwx→-', 'store map high 0+1 -→r', 'store change high 0+1 r→rw'],
    ],
    ['the supervisor gives a page to the user', `set low 0 ${W | U}`, ['store change 0+1 rwx→rwu']],
    [
      'a part of an entry',
      `address low 0; lb t1, 0(t0); andi t1, t1, ~4; sb t1, 0(t0)`,
      ['store change 0+1 rwx→rx'],
    ],
    [
      'one unaligned store to two entries',
      `address low 0; addi t0, t0, 4; sd zero, 0(t0)`,
      ['store unmap 1+1 rwx→-'],
    ],
    ['an AMO', 'address low 0; li t1, ~4; amoand.d zero, t1, (t0)', ['store change 0+1 rwx→rx']],
    ['nonsense maps nothing', `address low 0; li t1, 5; sd t1, 0(t0)`, ['store unmap 0+1 rwx→-']],
  ] as const)('%s', async (_name, code, expected) => {
    expect(await eventsOf(code)).toEqual(expected);
  });

  test('a leaf that becomes a table with the same mappings is split, and where they differ that is told', async () => {
    const merge = `la t0, middle_high; li t1, (0x80200000 >> 2) | 0xcf; sd t1, 8(t0)`;
    expect(whole(await eventsOf(`${merge}; link middle_high, 1, high`))).toEqual([
      'store merge high all rwx→rwx',
      'store split high all rwx→rwx',
    ]);
    expect(
      whole(await eventsOf(`set high 2 ${R}; ${merge}; set high 3 ${R}; link middle_high, 1, high`)),
    ).toEqual([
      'store change high 2+1 rwx→r',
      'store merge high all rwx→rwx',
      'store change high 2+1 r→rwx',
      'store split high all rwx→rwx',
      'store change high 2+2 rwx→r',
    ]);
  });

  test('what is done to a table that is not linked is nothing; linking it maps, unlinking unmaps', async () => {
    expect(
      whole(
        await eventsOf(
          `copy low, spare; link middle_high, 2, spare; la t0, middle_high; sd zero, 16(t0); copy high, spare`,
        ),
      ),
    ).toEqual(['store map high all -→rwx', 'store unmap high all rwx→-'].map((text) => text));
  });

  test('a Svnapot range is cut where its entries differ', async () => {
    // 16 entries at 64 KiB from `high` on say 8 in the low bits of the frame.
    const napot = `la t0, high; li t1, (1 << 63) | ((0x80200 + 8) << 10) | ${R}; li t2, 16
      1: sd t1, 0(t0); addi t0, t0, 8; addi t2, t2, -1; bnez t2, 1b`;
    const events = await eventsOf(napot);
    expect(events).toHaveLength(16);
    expect(events.every((text) => text.startsWith('store change high') && text.endsWith('rwx→r'))).toBe(true);
  });
});

describe('roots', () => {
  test('another root tells where the supervisor may do something else, and only that', async () => {
    const events = await eventsOf(`
      copy root, other
      copy middle_high, middle_spare
      copy high, spare
      set spare 1 ${R}
      link middle_spare, 1, spare
      link other, 3, middle_spare
      use other; use root 5; use other; csrw satp, zero; use other`);
    expect(events).toEqual([
      'satp change high 1+1 rwx→r',
      'satp change high 1+1 r→rwx',
      'satp change high 1+1 rwx→r',
    ]);
  });

  test('what several roots share is told once, under the root of the hart that did it', async () => {
    const guest = program(`copy root, other; use root; use other; set low 0 ${R}`);
    const { machine } = await start(guest.image);
    const timeline = new PermissionTimeline(machine);
    machine.run(LIMIT);
    const data = guest.symbols.get('data')!;
    const last = [...timeline.events({ range: { start: data, end: data + 1n }, newestFirst: true })];
    expect(last.map(({ kind, satp }) => [kind, satp])).toEqual([
      ['change', (8n << 60n) | (guest.symbols.get('other')! >> 12n)],
      ['map', (8n << 60n) | (guest.symbols.get('root')! >> 12n)],
    ]);
  });

  test('tables that no hart uses are told of when one does', async () => {
    const events = await eventsOf(`
      copy root, other; copy middle_high, middle_spare; copy high, spare
      link middle_spare, 1, spare; link other, 3, middle_spare
      use other; use root
      set spare 2 ${R}
      link middle_spare, 2, spare
      li t0, 0
      use other`);
    expect(events).toEqual([
      'satp change high 2+1 rwx→r',
      expect.stringMatching(/^satp map high \d+\+3 -→rwx$/),
      expect.stringMatching(/^satp map high \d+\+1 -→r$/),
      expect.stringMatching(/^satp map high \d+\+508 -→rwx$/),
    ]);
  });

  test('freed tables are data again, and data is no event', async () => {
    const freed = (junk: string): string => `
      copy root, other; copy middle_high, middle_spare; copy high, spare
      link middle_spare, 1, spare; link other, 3, middle_spare
      use other; use root
      ${junk}`;
    const fill = (table: string, value: string): string =>
      `la t0, ${table}; li t1, ${value}; li t2, 512; 7: sd t1, 0(t0); addi t0, t0, 8; addi t2, t2, -1; bnez t2, 7b`;
    for (const value of ['0', '-1', '0xcccccccccccccccc', '0x2f6e69622f7273ff'])
      for (const order of [
        ['other', 'middle_spare', 'spare'],
        ['spare', 'middle_spare', 'other'],
      ])
        expect(await eventsOf(freed(order.map((table) => fill(table, value)).join('\n')))).toEqual([]);
  });
});

describe('asked afterwards', () => {
  const story = `use root
    first: set low 0 ${R}
    second: set low 1 ${R}
    alias: set high 0 ${R}
    third: set low 0 ${W}
    fourth: clear low 1`;

  async function told(): Promise<{
    timeline: PermissionTimeline;
    data: bigint;
    step: (label: string) => bigint;
  }> {
    const guest = program(story);
    const { machine } = await start(guest.image);
    const timeline = new PermissionTimeline(machine);
    machine.run(LIMIT);
    const data = guest.symbols.get('data')!;
    const events = [...timeline.events()];
    const labels = ['first', 'second', 'alias', 'third', 'fourth'];
    // The events of the story are the last ones, in its order.
    const step = (label: string): bigint => events.at(labels.indexOf(label) - labels.length)!.step;
    return { timeline, data, step };
  }

  test('who took W from an address last, and who gave it', async () => {
    const { timeline, data, step } = await told();
    const page = { start: data, end: data + 4096n };
    const last = (write: 'gained' | 'lost'): bigint | undefined => {
      const [newest] = timeline.events({ range: page, write, newestFirst: true });
      return newest?.step;
    };
    expect([last('lost'), last('gained')]).toEqual([step('first'), step('third')]);
    const frame = [...timeline.events({ frame: data, from: step('first') })].map(({ start }) => start);
    expect(frame).toEqual([data, data + 0x4000_0000n, data]);
  });

  test('what an address permitted at a step', async () => {
    const { timeline, data, step } = await told();
    const at = (label: string, page: bigint): number =>
      timeline.permissionsAt(step(label), data + page * 4096n)!.permissions;
    const all = PERMISSION.read | PERMISSION.write | PERMISSION.execute;
    expect([at('first', 0n), at('first', 1n), at('second', 1n), at('third', 0n), at('fourth', 1n)]).toEqual([
      PERMISSION.read,
      all,
      PERMISSION.read,
      PERMISSION.read | PERMISSION.write,
      0,
    ]);
    expect(timeline.permissionsAt(step('first') - 1n, data + 4096n)!.physical).toBe(data + 4096n);
    expect(timeline.permissionsAt(step('first'), 0x1234_0000_0000n)).toBeUndefined();
  });

  test('what differs between two steps', async () => {
    const { timeline, data, step } = await told();
    const found = timeline.difference(step('first'), step('fourth'));
    expect(
      found.map(({ start, end, from, to }) => [start - data, end - start, rights(from), rights(to)]),
    ).toEqual([
      [0n, 4096n, 'r', 'rw'],
      [4096n, 4096n, 'rwx', '-'],
      [0x4000_0000n, 4096n, 'rwx', 'r'],
    ]);
    expect(timeline.difference(step('fourth'), step('fourth'))).toEqual([]);
  });

  test('every mapping of a frame', async () => {
    const { timeline, data } = await told();
    const texts = (frame: bigint): string[] =>
      timeline
        .mappingsOf(frame)
        .mappings.map(
          ({ virtual, permissions, used }: FrameMapping) =>
            `${virtual - data} ${rights(permissions)} ${used}`,
        );
    expect(texts(data)).toEqual(['0 rw true', '1073741824 r true']);
    expect(texts(data + 4096n)).toEqual(['1073745920 rwx true']);
    expect(timeline.mappingsOf(data).complete).toBe(true);
  });
});

test('the oldest are dropped, and it says so', async () => {
  const guest = program(`use root; li s4, 5000
    5: set low 0 ${R}; set low 0 ${W}; addi s4, s4, -1; bnez s4, 5b`);
  const { machine } = await start(guest.image);
  const timeline = new PermissionTimeline(machine, { limit: 16_384 });
  expect(timeline.completeFrom).toBe(0n);
  machine.run(LIMIT);
  const [first] = timeline.events();
  expect(timeline.size.events).toBeLessThanOrEqual(8192);
  expect(first!.serial).toBeGreaterThan(0);
  expect(timeline.completeFrom).toBeGreaterThan(0n);
  expect(timeline.completeFrom).toBeLessThanOrEqual(first!.step);
});

describe('a debugger', () => {
  test('that writes to a table is told as one; one that restores a snapshot takes back what came after', async () => {
    const guest = program(`use root; set low 0 ${R}; first: nop; set low 1 ${R}; second: nop`);
    const { machine } = await start(guest.image);
    const timeline = new PermissionTimeline(machine);
    const address = (label: string): bigint => guest.symbols.get(label)!;
    machine.breakpoints.add(address('first'));
    expect(machine.run(LIMIT).kind).toBe('breakpoint');
    const snapshot = machine.snapshot();
    const { length } = [...timeline.events()];
    const data = address('data');
    const entry = address('low') + ((data >> 12n) % 512n) * 8n;
    machine.setPte(entry, machine.memory.read64(entry)! | 4n);
    expect([...timeline.events()].slice(length).map((event) => textOf(event, data))).toEqual([
      'debugger change 0+1 r→rw',
    ]);
    machine.breakpoints.delete(address('first'));
    machine.breakpoints.add(address('second'));
    machine.run(LIMIT);
    expect([...timeline.events()].slice(length)).toHaveLength(2);
    machine.restore(snapshot);
    expect([...timeline.events()]).toHaveLength(length);
    machine.run(LIMIT);
    expect([...timeline.events()].slice(-1).map((event) => textOf(event, data))).toEqual([
      'store change 1+1 rwx→r',
    ]);
  });
});

test('PMP changes are told by physical ranges, for S- and U-mode, by whom', async () => {
  const guest = assemble(
    `li t0, -1; csrw pmpaddr1, t0
    open: li t0, 0x1f << 8; csrw pmpcfg0, t0
    li t0, (0x80400000 >> 2) | ((0x10000 >> 3) - 1); csrw pmpaddr0, t0
    close: li t0, (0x1f << 8) | 0x19; csrw pmpcfg0, t0
    same: csrw pmpcfg0, t0
    finish 0`,
    '0x80000000',
  );
  const { machine } = await start(guest.image, { firmware: 'none' });
  const timeline = new PermissionTimeline(machine);
  machine.run(LIMIT);
  const told = [...timeline.events()].map(
    ({ cause, kind, start: from, end, from: before, to, pc }) =>
      `${cause} ${kind} ${from.toString(16)}-${end.toString(16)} ${rights(before)}→${rights(to)} ${pc > guest.symbols.get('close')!}`,
  );
  expect(told).toEqual(['pmp map 80000000-81000000 -→rwx false', 'pmp change 80400000-80410000 rwx→r true']);
});
