import { describe, expect, test } from 'vitest';
import { type Mapped, PTE_WRITE, type Stop, type WatchedAccess } from '../../../emulator/index.ts';
import { assemble, type Guest, type Running, start } from './guest.ts';

const LIMIT = 1_000_000n;
const PASS: Stop = { kind: 'exit', reason: 'pass', status: 0 };

/** Identity map of 4 KiB pages around the program, whose page `sealed` is read-only; then the test's own code. */
function paged(code: string): Guest {
  return assemble(`
      .option norvc
      la t0, root
      la t1, middle; srli t1, t1, 2; ori t1, t1, 1; sd t1, 16(t0)
      li t1, 0xc7; sd t1, 0(t0)
      la t0, middle
      la t1, bottom; srli t1, t1, 2; ori t1, t1, 1; sd t1, 8(t0)
      la t0, bottom; li t1, (0x80200000 >> 2) | 0xcf; li t2, 16
    fill: sd t1, 0(t0); addi t0, t0, 8; addi t1, t1, 1 << 10; addi t2, t2, -1; bnez t2, fill
      la t0, sealed; srli t1, t0, 12; andi t1, t1, 511; slli t1, t1, 3; la t2, bottom; add t2, t2, t1
      srli t1, t0, 2; ori t1, t1, 0xc3; sd t1, 0(t2)
      la t0, trap; csrw stvec, t0
      la t0, root; srli t0, t0, 12; li t1, 8 << 60; or t0, t0, t1; csrw satp, t0; sfence.vma
      la s0, sealed; la s1, open
      ${code}
      finish 9
    .balign 4
    trap: csrr s11, scause
      addi s10, s10, 1
      csrr t0, sepc; addi t0, t0, 4; csrw sepc, t0
      sret
    .balign 4096
    sealed: .dword 0x1122334455667788
    .balign 4096
    open: .skip 4096
    root: .skip 4096
    middle: .skip 4096
    bottom: .skip 4096`);
}

async function begin(
  guest: Guest,
): Promise<Running & { at: (name: string) => bigint; read: (name: string) => bigint }> {
  const running = await start(guest.image);
  const at = (name: string): bigint => guest.symbols.get(name)!;
  return { ...running, at, read: (name) => running.machine.memory.read64(at(name))! };
}

describe('breakpoints', () => {
  test('stop before the instruction, once for each time it is reached', async () => {
    const guest = assemble(`li t0, 3
      loop: addi t0, t0, -1
      bnez t0, loop
      finish 0`);
    const { machine, at } = await begin(guest);
    machine.breakpoints.add(at('loop'));
    for (const value of [3n, 2n, 1n]) {
      expect(machine.run(LIMIT)).toEqual({ kind: 'breakpoint', hart: 0, pc: at('loop') });
      expect([machine.harts[0]!.pc, machine.harts[0]!.register(5)]).toEqual([at('loop'), value]);
      expect(machine.run(0n), 'no step, no second stop').toEqual({ kind: 'limit' });
    }
    expect(machine.run(LIMIT)).toEqual(PASS);
  });

  test('belong to an address, not to a place in a page', async () => {
    const guest = assemble(`
      j one
      .balign 4096
      one: nop
      j two
      .balign 4096
      two: nop
      finish 0`);
    const { machine, at } = await begin(guest);
    machine.breakpoints.add(at('two'));
    expect(machine.run(LIMIT)).toEqual({ kind: 'breakpoint', hart: 0, pc: at('two') });
    expect(machine.breakpoints.delete(at('one'))).toBe(false);
  });

  test('can be set on code that has run, and taken away again; any number', async () => {
    const guest = assemble(`
      loop: addi t0, t0, 1
      .rept 500; nop; .endr
      li t1, 4; bne t0, t1, loop
      finish 0`);
    const { machine, at } = await begin(guest);
    machine.run(700n);
    for (let offset = 4n; offset < 1000n; offset += 2n) machine.breakpoints.add(at('loop') + offset);
    expect(machine.breakpoints.size).toBe(498);
    for (let hit = 0; hit < 100; hit++) expect(machine.run(LIMIT).kind).toBe('breakpoint');
    machine.breakpoints.clear();
    expect(machine.run(LIMIT)).toEqual(PASS);
  });

  test('hold on code that is written later, and across a page', async () => {
    const guest = assemble(`
      la t0, later; li t1, 0x00100513; sh t1, 0(t0); srli t2, t1, 16; sh t2, 2(t0); fence.i
      j near
      .balign 4096
      .skip 4092
      near: nop
      .balign 2
      later: .4byte 0
      finish 0`);
    const { machine, at } = await begin(guest);
    expect(at('later') % 4096n, 'the instruction crosses a page').toBe(4094n);
    machine.breakpoints.add(at('later'));
    expect(machine.run(LIMIT)).toMatchObject({ kind: 'breakpoint', pc: at('later') });
    expect(machine.run(1n)).toEqual({ kind: 'limit' });
    expect(machine.harts[0]!.register(10)).toBe(1n);
  });

  test('the decider may go on', async () => {
    const guest = assemble(`li t0, 10
      loop: addi t0, t0, -1
      bnez t0, loop
      finish 0`);
    const { machine, at } = await begin(guest);
    machine.breakpoints.add(at('loop'));
    const seen: bigint[] = [];
    machine.breakpointDecider = (hart) => {
      seen.push(machine.harts[hart]!.register(5));
      return seen.length === 4;
    };
    expect(machine.run(LIMIT).kind).toBe('breakpoint');
    expect(machine.run(LIMIT)).toEqual(PASS);
    expect(seen).toEqual([10n, 9n, 8n, 7n, 6n, 5n, 4n, 3n, 2n, 1n]);
  });
});

describe('a refused store', () => {
  const stores: [string, string, Record<string, unknown>][] = [
    ['store', 'sd s1, 0(s0)', { kind: 'store', size: 8, old: 0x1122334455667788n }],
    ['byte', 'sb s1, 1(s0)', { kind: 'store', size: 1, old: 0x77n, offset: 1n }],
    ['misaligned store', 'sw s1, 3(s0)', { kind: 'store', size: 4, old: 0x22334455n, offset: 3n }],
    [
      'compressed store',
      '.option rvc; c.sw s1, 4(s0); c.nop; .option norvc',
      { kind: 'store', size: 4, old: 0x11223344n, offset: 4n },
    ],
    ['AMO', 'amoadd.d t3, s1, (s0)', { kind: 'amo', size: 8, old: 0x1122334455667788n }],
    ['store-conditional', 'lr.w t3, (s0); sc.w t3, s1, (s0)', { kind: 'sc', size: 4, old: 0x55667788n }],
  ];

  test.each(stores)('%s: stops before anything is committed, then traps', async (_, code, expected) => {
    const { machine, at, read } = await begin(paged(`${code}\nbeqz s10, 1f\nfinish 0\n1:`));
    machine.trapFilter = { exceptions: 1n << 15n, interrupts: 0n };
    const stop = machine.run(LIMIT);
    const address = at('sealed') + ((expected['offset'] as bigint | undefined) ?? 0n);
    const mask = (1n << BigInt((expected['size'] as number) * 8)) - 1n;
    const old = expected['old'] as bigint;
    const newValue = (expected['kind'] === 'amo' ? old + at('open') : at('open')) & mask;
    expect(stop).toMatchObject({
      kind: 'trap',
      trap: {
        cause: 15,
        value: address,
        store: {
          kind: expected['kind'],
          address,
          physical: address,
          size: expected['size'],
          oldValue: old,
          newValue,
        },
      },
    });
    const before = machine.stateHash();
    expect(machine.harts[0]!.register(27), 'no trap yet').toBe(0n);
    machine.run(0n);
    expect(machine.stateHash()).toBe(before);
    expect(machine.run(LIMIT)).toEqual(PASS);
    expect([machine.harts[0]!.register(27), read('sealed')]).toEqual([15n, 0x1122334455667788n]);
  });

  const CODE = `
    place: sd s1, 0(s0)
    after: sd s1, 0(s1)
      sd s1, 8(s0)
      mv a0, s10
      finish 0`;

  test.each<[string, (running: Running) => void, { written: boolean; traps: bigint }]>([
    ['oops: deliver it', () => undefined, { written: false, traps: 2n }],
    ['write once', ({ machine }) => machine.override('write'), { written: true, traps: 1n }],
    ['skip', ({ machine }) => machine.override('drop'), { written: false, traps: 1n }],
    [
      'retry on a writable page',
      ({ machine }) => {
        const walk = machine.virtual.translate(0, machine.harts[0]!.register(8));
        const { pteAddress, pte } = (walk as Mapped).leaf!;
        machine.setPte(pteAddress, pte | PTE_WRITE);
        machine.flushTlbs();
      },
      { written: true, traps: 0n },
    ],
  ])('%s', async (_, choose, { written, traps }) => {
    const running = await begin(paged(CODE));
    const { machine, at, read } = running;
    machine.trapFilter = { exceptions: 1n << 15n, interrupts: 0n };
    expect(machine.run(LIMIT)).toMatchObject({ kind: 'trap', trap: { pc: at('place') } });
    choose(running);
    machine.breakpoints.add(at('after'));
    expect(machine.run(LIMIT)).toMatchObject({ kind: 'breakpoint', pc: at('after') });
    expect(read('sealed')).toBe(written ? at('open') : 0x1122334455667788n);
    machine.trapFilter = { exceptions: 0n, interrupts: 0n };
    expect(machine.run(LIMIT)).toEqual(PASS);
    expect(machine.harts[0]!.register(26), 'the guest saw these traps').toBe(traps);
  });

  test.each<[string, string, 'pass' | 'drop' | 'fault']>([
    ['store, let pass', 'sd s1, 0(a1)', 'pass'],
    ['store, dropped', 'sd s1, 0(a1)', 'drop'],
    ['store, refused', 'sd s1, 0(a1)', 'fault'],
    ['AMO, dropped: it loads', 'amoswap.d t3, s1, (a1)', 'drop'],
    ['AMO, refused', 'amoswap.d t3, s1, (a1)', 'fault'],
    ['SC, dropped: it succeeds', 'sc.d t3, s1, (a1)', 'drop'],
    ['SC, refused', 'sc.d t3, s1, (a1)', 'fault'],
    ['store over a page border, dropped', 'sd s1, -4(a2)', 'drop'],
    ['store over a page border, refused', 'sd s1, -4(a2)', 'fault'],
  ])('on a writable page, watched: %s', async (_, store, choice) => {
    // 7 at the word; a failing SC would leave 1 in t3.
    const { machine, at, read } = await begin(
      paged(`la a1, word; la a2, root; ld t3, 0(a1); lr.d t3, (a1); li t3, 1
        .balign 4
        place: ${store}
        after: mv a0, t3; finish 0
        .balign 8
        word: .dword 7`),
    );
    const start = store.includes('(a2)') ? at('root') - 4n : at('word');
    machine.breakpoints.add(at('place'));
    expect(machine.run(LIMIT)).toMatchObject({ kind: 'breakpoint' });
    const before = [read('word'), read('root')];
    machine.watches.add({ space: 'physical', start, length: 8n, access: 'write' });
    expect(machine.run(LIMIT)).toMatchObject({ kind: 'watch', access: { pc: at('place') } });
    if (choice === 'drop') machine.override('drop');
    if (choice === 'fault') machine.refuseStore(at('root'));
    machine.breakpoints.add(at('after'));
    machine.trapFilter = { exceptions: 1n << 15n, interrupts: 0n };
    const stop = machine.run(LIMIT);
    if (choice === 'fault') {
      expect(stop).toMatchObject({ kind: 'trap', trap: { pc: at('place'), cause: 15, value: at('root') } });
      expect(machine.run(LIMIT), 'behind the handler').toMatchObject({ pc: at('after') });
    } else expect(stop).toMatchObject({ kind: 'breakpoint', pc: at('after') });
    if (choice === 'pass') expect(read('word')).toBe(at('open'));
    else expect([read('word'), read('root')]).toEqual(before);
    const t3 = { pass: 1n, drop: store.startsWith('sd') ? 1n : store.startsWith('amo') ? 7n : 0n, fault: 1n };
    expect(machine.harts[0]!.register(28)).toBe(t3[choice]);
    expect(machine.run(LIMIT)).toEqual(PASS);
    expect(machine.harts[0]!.register(26), 'traps that the guest saw').toBe(choice === 'fault' ? 1n : 0n);
  });

  test('a store over the end of a sealed page names its first byte and changes nothing', async () => {
    const { machine, at, read } = await begin(paged(`sd s1, -4(s1)\nbeqz s10, 1f\nfinish 0\n1:`));
    machine.trapFilter = { exceptions: 1n << 15n, interrupts: 0n };
    expect(machine.run(LIMIT)).toMatchObject({
      trap: { store: { address: at('open') - 4n, size: 8, newValue: at('open'), oldValue: 0x13n } },
    });
    expect(machine.run(LIMIT)).toEqual(PASS);
    expect(read('open')).toBe(0n);
  });
});

test('the trap decider sees every trap in the filter, and only those', async () => {
  const { machine } = await begin(
    paged(`
    ebreak
    sd s1, 0(s0)
    .4byte 0xffffffff
    li t0, 0x40000000; ld t0, 0(t0)
    finish 0`),
  );
  const seen: number[] = [];
  machine.trapFilter = { exceptions: 0xffffn & ~(1n << 2n), interrupts: 0n };
  machine.trapDecider = ({ cause }) => {
    seen.push(cause);
    return cause === 13;
  };
  expect(machine.run(LIMIT)).toMatchObject({
    kind: 'trap',
    trap: { cause: 13, store: undefined, value: 0x4000_0000n },
  });
  expect(machine.run(LIMIT)).toEqual(PASS);
  expect(seen).toEqual([3, 15, 13]);
});

describe('watches', () => {
  const CODE = `
      li t0, 5
      sb t0, 7(s1)
      sd t0, 8(s1)
      sw t0, 14(s1)
      ld t1, 8(s1)
      amoadd.d t1, t0, (s1)
      sd t0, 64(s1)
      finish 0`;

  test.each<[string, bigint, bigint, 'read' | 'write' | 'readWrite', string[]]>([
    ['eight bytes, written', 8n, 8n, 'write', ['store 8+8 0→5', 'store 14+4 0→5']],
    [
      'one byte between others',
      7n,
      1n,
      'write',
      ['store 7+1 0→5', 'amo 0+8 360287970189639680→360287970189639685'],
    ],
    [
      'read',
      0n,
      16n,
      'read',
      ['load 8+8 1407374883553285→1407374883553285', 'amo 0+8 360287970189639680→360287970189639685'],
    ],
    ['nobody comes by', 24n, 40n, 'readWrite', []],
    ['the last byte of an access', 17n, 1n, 'readWrite', ['store 14+4 0→5']],
  ])('%s', async (_, offset, length, access, expected) => {
    for (const space of ['virtual', 'physical'] as const) {
      const { machine, at } = await begin(paged(CODE));
      const watch = machine.watches.add({ space, start: at('open') + offset, length, access });
      const seen: string[] = [];
      let stop: Stop;
      while ((stop = machine.run(LIMIT)).kind === 'watch') {
        const hit: WatchedAccess = stop.access;
        expect(hit.watches).toEqual([watch]);
        seen.push(`${hit.kind} ${hit.address - at('open')}+${hit.size} ${hit.oldValue}→${hit.newValue}`);
      }
      expect(stop).toEqual(PASS);
      expect(seen, space).toEqual(expected);
    }
  });

  test('follow a virtual address into the frames it gets, and to their aliases', async () => {
    // 0xc0000000 is mapped to the frame of `open` after the watch was set.
    const { machine, at } = await begin(
      paged(`
        la t0, root; li t1, (0x80000000 >> 2) | 0xc7; sd t1, 24(t0); sfence.vma
        li t0, 0x40000000; add t0, t0, s1; sd s0, 16(t0)
        sd s0, 16(s1)
        finish 0`),
    );
    const start = at('open') + 0x4000_0000n + 16n;
    const { watches } = machine;
    const watch = watches.add({ space: 'virtual', start, length: 4n, access: 'write' });
    expect(machine.run(LIMIT)).toMatchObject({
      kind: 'watch',
      access: { address: start, physical: at('open') + 16n },
    });
    expect(machine.run(LIMIT)).toMatchObject({ kind: 'watch', access: { address: at('open') + 16n } });
    expect([watches.delete(watch), watches.delete(watch)]).toEqual([true, false]);
    expect(machine.run(LIMIT)).toEqual(PASS);
  });

  test('an observing watch sees without stopping, and cannot be empty', async () => {
    const { machine, at } = await begin(paged(CODE));
    const seen: [bigint, bigint][] = [];
    machine.watches.add({
      space: 'virtual',
      start: at('open'),
      length: 4096n,
      access: 'write',
      observe: ({ pc, step }) => {
        expect([pc, step]).toEqual([machine.harts[0]!.pc, machine.step]);
        seen.push([pc, step]);
        return false;
      },
    });
    expect(machine.run(LIMIT)).toEqual(PASS);
    expect(seen.length).toBe(5);
    const request = { space: 'virtual', start: 0n, access: 'write' } as const;
    expect(() => machine.watches.add({ ...request, length: 0n })).toThrow(/a watch has 0 bytes/);
    expect(() => machine.watches.add({ ...request, length: 1n << 40n })).toThrow(/from 1 to 4294967296/);
  });
});

describe('requests, steps and ends', () => {
  test('a request between runs stops the next one before its first instruction', async () => {
    const { machine } = await begin(assemble('1: j 1b'));
    machine.run(10n);
    machine.requestStop();
    expect([machine.run(10n), machine.step]).toEqual([{ kind: 'request' }, 10n]);
    expect(machine.run(10n)).toEqual({ kind: 'limit' });
  });

  test('a single step is one instruction, or one trap', async () => {
    const { machine, at } = await begin(paged(`place: sd s1, 0(s0)\nfinish 0`));
    machine.breakpoints.add(at('place'));
    machine.run(LIMIT);
    expect(machine.run(LIMIT, { stepHart: 0 })).toEqual({ kind: 'step', hart: 0 });
    expect(machine.harts[0]!.pc).toBe(at('trap'));
    expect(machine.run(LIMIT, { stepHart: 0 })).toEqual({ kind: 'step', hart: 0 });
    expect(machine.harts[0]!.pc).toBe(at('trap') + 4n);
  });

  test('stepping a hart that waits lets time pass; without an end to wait for, it is idle', async () => {
    const { machine } = await begin(
      assemble(
        'rdtime a0; addi a0, a0, 100; sbi TIME\nli t0, 32; csrs sie, t0\nwfi\nwfi2: csrw sie, zero; wfi; finish 0',
      ),
    );
    let stop: Stop;
    while ((stop = machine.run(LIMIT, { stepHart: 0 })).kind === 'step');
    expect(stop).toEqual({ kind: 'idle' });
    expect(machine.idleSteps).toBeGreaterThan(900n);
    expect(machine.run(LIMIT)).toEqual({ kind: 'idle' });
  });

  test('a timer comes exactly at its time, also in the middle of a quantum', async () => {
    const guest = assemble(`
      la t0, trap; csrw stvec, t0
      li t0, 32; csrs sie, t0; csrsi sstatus, 2
      li a0, 50; sbi TIME
    1: j 1b
      .balign 4
      trap: rdtime a0
      finish 0`);
    const { machine, at } = await begin(guest);
    machine.breakpoints.add(at('trap'));
    expect(machine.run(LIMIT).kind).toBe('breakpoint');
    expect(machine.step, 'mtime 50, and the step that the trap takes').toBe(501n);
  });

  test('HTIF: tohost 1 passes, other odd values fail', async () => {
    for (const [value, expected] of [
      [1, { reason: 'pass', status: 0 }],
      [15, { reason: 'fail', status: 7 }],
    ] as const) {
      const guest = assemble(
        `la t0, tohost; li t1, 2; sw t1, 0(t0); li t1, ${value}; sw t1, 0(t0); sw zero, 4(t0)
        1: j 1b
        .balign 64
        tohost: .dword 0`,
        '0x80000000',
      );
      const tohost = guest.symbols.get('tohost')!;
      const { machine } = await start(guest.image, { firmware: 'none', tohost });
      expect(machine.run(LIMIT)).toEqual({ kind: 'exit', ...expected });
    }
  });
});
