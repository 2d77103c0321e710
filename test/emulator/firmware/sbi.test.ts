import { beforeAll, describe, expect, test } from 'vitest';
import type { HartEvent } from '../../../emulator/index.ts';
import { assemble, type Running, start } from '../machine/guest.ts';

const LIMIT = 1_000_000n;

/** An SBI call: extension, function, arguments. */
type Call = readonly [extension: bigint, functionId: bigint, ...values: bigint[]];

const [BASE, TIME, IPI, RFENCE, HSM, SRST, DBCN, SUSP] = [
  0x10n,
  0x5449_4d45n,
  0x73_5049n,
  0x5246_4e43n,
  0x48_534dn,
  0x5352_5354n,
  0x4442_434en,
  0x5355_5350n,
] as const;
const ALL = 0xffff_ffff_ffff_ffffn;
const [NOT_SUPPORTED, INVALID_PARAM, INVALID_ADDRESS, ALREADY_AVAILABLE] = [-2n, -3n, -5n, -6n];

/** What each call of one program, which makes them one after the other, gets back in a0 and a1. */
async function answers(calls: readonly Call[]): Promise<bigint[][]> {
  const blocks = calls.map(
    ([extension, functionId, ...values]) => `
      ${values.map((value, index) => `li a${index}, ${value}`).join('\n')}
      li a6, ${functionId}
      li a7, ${extension}
      ecall
      sd a0, 0(s0)
      sd a1, 8(s0)
      addi s0, s0, 16`,
  );
  const guest = assemble(
    `la s0, results\n${blocks.join('\n')}\nfinish 0\n.balign 8\nresults: .skip ${calls.length * 16}`,
  );
  const { machine } = await start(guest.image, { harts: 2 });
  expect(machine.run(LIMIT)).toMatchObject({ kind: 'exit', reason: 'pass' });
  const results = guest.symbols.get('results')!;
  const word = (index: number): bigint =>
    BigInt.asIntN(64, machine.memory.read64(results + BigInt(index) * 8n)!);
  return calls.map((_, index) => [word(index * 2), word(index * 2 + 1)]);
}

describe('calls and their answers', () => {
  const fixtures: [string, Call, [error: bigint, value: bigint]][] = [
    ['specification version', [BASE, 0n], [0n, 0x200_0000n]],
    ['implementation', [BASE, 1n], [0n, 0x5ea1n]],
    ['implementation version', [BASE, 2n], [0n, 1n]],
    ['mvendorid', [BASE, 4n], [0n, 0n]],
    ['mimpid', [BASE, 6n], [0n, 0n]],
    ['unknown base function', [BASE, 7n], [NOT_SUPPORTED, 0n]],
    ...[BASE, TIME, IPI, RFENCE, HSM, SRST, DBCN, SUSP, 0n, 1n, 2n, 3n, 8n].map(
      (id): [string, Call, [bigint, bigint]] => [`probe 0x${id.toString(16)}`, [BASE, 3n, id], [0n, 1n]],
    ),
    ['probe PMU', [BASE, 3n, 0x50_4d55n], [0n, 0n]],
    ['probe firmware features', [BASE, 3n, 0x4657_4654n], [0n, 0n]],
    ['number of performance counters', [0x50_4d55n, 0n], [NOT_SUPPORTED, 0n]],
    ['set a firmware feature', [0x4657_4654n, 0n, 0n, 1n, 0n], [NOT_SUPPORTED, 0n]],
    ['system suspend of a reserved type', [SUSP, 0n, 1n, 0x8020_0000n, 0n], [INVALID_PARAM, 0n]],
    ["system suspend of a platform's type", [SUSP, 0n, 0x8000_0000n, 0x8020_0000n, 0n], [INVALID_PARAM, 0n]],
    ['system suspend to an address outside RAM', [SUSP, 0n, 0n, 0n, 0n], [INVALID_ADDRESS, 0n]],
    ['unknown system suspend function', [SUSP, 1n], [NOT_SUPPORTED, 0n]],
    ['probe all ones', [BASE, 3n, ALL], [0n, 0n]],
    ['unknown extension', [0x1234_5678n, 0n], [NOT_SUPPORTED, 0n]],
    ['extension of all ones', [ALL, ALL, ALL], [NOT_SUPPORTED, 0n]],
    ['set_timer', [TIME, 0n, ALL], [0n, 0n]],
    ['unknown time function', [TIME, 1n], [NOT_SUPPORTED, 0n]],
    ['IPI to hart 1', [IPI, 0n, 1n, 1n], [0n, 0n]],
    ['IPI to hart 2', [IPI, 0n, 4n, 0n], [INVALID_PARAM, 0n]],
    ['IPI to a base outside', [IPI, 0n, 1n, 1n << 40n], [INVALID_PARAM, 0n]],
    ['IPI to nobody', [IPI, 0n, 0n, 77n], [0n, 0n]],
    ['IPI to all', [IPI, 0n, 0n, ALL], [0n, 0n]],
    ['remote fence.i', [RFENCE, 0n, 3n, 0n], [0n, 0n]],
    ['remote sfence.vma of everything', [RFENCE, 1n, 3n, 0n, 0n, ALL], [0n, 0n]],
    ['remote sfence.vma that wraps', [RFENCE, 1n, 3n, 0n, ALL - 5n, 4096n], [0n, 0n]],
    ['remote sfence.vma with ASID', [RFENCE, 2n, 1n, 0n, 0n, 0n, ALL], [0n, 0n]],
    ['remote sfence.vma on hart 9', [RFENCE, 1n, 1n, 9n, 0n, 0n], [INVALID_PARAM, 0n]],
    ['remote hfence', [RFENCE, 3n, 1n, 0n, 0n, 0n], [NOT_SUPPORTED, 0n]],
    ['status of this hart', [HSM, 2n, 0n], [0n, 0n]],
    ['status of a stopped hart', [HSM, 2n, 1n], [0n, 1n]],
    ['status of no hart', [HSM, 2n, 2n], [INVALID_PARAM, 0n]],
    ['start this hart', [HSM, 0n, 0n, 0x8020_0000n, 0n], [ALREADY_AVAILABLE, 0n]],
    ['start no hart', [HSM, 0n, ALL, 0x8020_0000n, 0n], [INVALID_PARAM, 0n]],
    ['start outside RAM', [HSM, 0n, 1n, 0x1000n, 0n], [INVALID_ADDRESS, 0n]],
    ['suspend with a reserved type', [HSM, 3n, 1n, 0n, 0n], [INVALID_PARAM, 0n]],
    [
      'suspend with a reserved type, not retentive',
      [HSM, 3n, 0x8000_0001n, 0x8020_0000n, 0n],
      [INVALID_PARAM, 0n],
    ],
    ["suspend with a platform's type", [HSM, 3n, 0x9000_0000n, 0x8020_0000n, 0n], [INVALID_PARAM, 0n]],
    ['suspend to an address outside RAM', [HSM, 3n, 0x8000_0000n, 0n, 0n], [INVALID_ADDRESS, 0n]],
    ['unknown HSM function', [HSM, 4n], [NOT_SUPPORTED, 0n]],
    ['reset with a reserved type', [SRST, 0n, 3n, 0n], [INVALID_PARAM, 0n]],
    ['reset with a reserved reason', [SRST, 0n, 0n, 2n], [INVALID_PARAM, 0n]],
    ["reset with a vendor's type", [SRST, 0n, 0xf000_0000n, 0n], [INVALID_PARAM, 0n]],
    ['unknown reset function', [SRST, 1n], [NOT_SUPPORTED, 0n]],
    ['console write of nothing', [DBCN, 0n, 0n, 0x8020_0000n, 0n], [0n, 0n]],
    ['console write of too much', [DBCN, 0n, 1n << 60n, 0x8020_0000n, 0n], [INVALID_PARAM, 0n]],
    ['console write from outside RAM', [DBCN, 0n, 1n, 0n, 0n], [INVALID_PARAM, 0n]],
    ['console write above 64 bits', [DBCN, 0n, 1n, 0x8020_0000n, 1n], [INVALID_PARAM, 0n]],
    ['console write does at most a page', [DBCN, 0n, 8192n, 0x8020_0000n, 0n], [0n, 4096n]],
    ['console read of nothing that is there', [DBCN, 1n, 10n, 0x8030_0000n, 0n], [0n, 0n]],
    ['console read to outside RAM', [DBCN, 1n, 10n, ALL, 0n], [INVALID_PARAM, 0n]],
    ['unknown console function', [DBCN, 3n], [NOT_SUPPORTED, 0n]],
  ];
  let results: bigint[][] = [];
  beforeAll(async () => {
    results = await answers(fixtures.map(([, call]) => call));
  });
  test.each(fixtures.map(([name, , expected], index) => ({ name, expected, index })))(
    '$name',
    ({ expected, index }) => {
      expect(results[index]).toEqual(expected);
    },
  );

  test('legacy calls answer in a0 and leave a1', async () => {
    const marked = (extension: bigint, value: bigint): Call => [extension, 0n, value, 77n];
    expect(await answers([marked(1n, 0x41n), marked(2n, 5n), marked(0n, ALL), marked(3n, 5n)])).toEqual([
      [0n, 77n],
      [-1n, 77n],
      [0n, 77n],
      [0n, 77n],
    ]);
  });
});

describe('power', () => {
  test.each<[string, string, unknown]>([
    ['shutdown', 'li a0, 0; li a1, 0; sbi SRST', { reason: 'poweroff', status: 0 }],
    ['shutdown after a failure', 'li a0, 0; li a1, 1; sbi SRST', { reason: 'fail', status: 1 }],
    ['cold reboot', 'li a0, 1; li a1, 0; sbi SRST', { reason: 'reboot', status: 0 }],
    ['warm reboot', 'li a0, 2; li a1, 1; sbi SRST', { reason: 'reboot', status: 0 }],
    ['legacy shutdown', 'sbi 8', { reason: 'poweroff', status: 0 }],
    ['finisher', 'finish 3', { reason: 'fail', status: 3 }],
  ])('%s', async (_, source, expected) => {
    const { machine } = await start(assemble(source).image);
    expect(machine.run(LIMIT)).toEqual({ kind: 'exit', ...(expected as object) });
    const { step } = machine;
    expect(machine.run(LIMIT), 'it stays off').toMatchObject(expected as object);
    expect(machine.step).toBe(step);
  });
});

test('the console: DBCN, legacy and UART, out and in', async () => {
  const guest = assemble(`
    la s0, text
    li a0, 3; mv a1, s0; li a2, 0; sbi DBCN, 0
    li a0, 'd'; sbi DBCN, 2
    li a0, 'e'; sbi 1
    li t0, 'f'; putc t0
    la a1, buffer; li a0, 3; li a2, 0; sbi DBCN, 1
    mv s1, a1
    la t1, buffer; lb t0, 0(t1); putc t0; lb t0, 2(t1); putc t0
    sbi 2
    mv t0, a0; putc t0
    li t5, 0x10000000; lb t0, 0(t5); putc t0
    addi t0, s1, '0'; putc t0
    finish 0
    text: .ascii "abc"
    buffer: .skip 8`);
  const { machine, console } = await start(guest.image);
  machine.sendInput(Buffer.from('12345'));
  machine.run(LIMIT);
  expect(console()).toBe('abcdef13453');
});

describe('hart state management', () => {
  /** Hart 1 reports its registers at `state` and stops itself; hart 0 waits for that. */
  const START = `
      la a1, second; li a0, 1; li a2, 0x1234; sbi HSM, 0
      bnez a0, bad
    wait: li a0, 1; sbi HSM, 2
      beqz a1, wait
      finish 0
    bad: finish 1
    second:
      la t0, state
      sd a0, 0(t0); sd a1, 8(t0)
      csrr t1, satp; sd t1, 16(t0)
      csrr t1, sstatus; andi t1, t1, 2; sd t1, 24(t0)
      sbi HSM, 1
      finish 2
    .balign 8
    state: .skip 32`;

  function events(running: Running): Omit<HartEvent, 'step'>[] {
    const seen: Omit<HartEvent, 'step'>[] = [];
    running.machine.observe({
      hart({ step, ...event }) {
        expect(step).toBe(running.machine.step);
        seen.push(event);
      },
    });
    expect(running.machine.run(LIMIT)).toMatchObject({ kind: 'exit', reason: 'pass' });
    return seen;
  }

  test('start and stop', async () => {
    const guest = assemble(START);
    const running = await start(guest.image, { harts: 2 });
    expect(running.machine.harts.map(({ state }) => state)).toEqual(['running', 'stopped']);
    const second = guest.symbols.get('second');
    expect(events(running)).toEqual([
      { kind: 'start', hart: 1, by: 0, address: second, retentive: false },
      { kind: 'stop', hart: 1, by: 1, address: undefined, retentive: false },
    ]);
    const state = guest.symbols.get('state')!;
    const read = [0n, 8n, 16n, 24n].map((offset) => running.machine.memory.read64(state + offset));
    expect(read).toEqual([1n, 0x1234n, 0n, 0n]);
  });

  test.each([
    ['retentive', 'li a0, 0; sbi HSM, 3; bnez a0, bad; li t0, 0x77; bne s7, t0, bad; finish 0'],
    ['not retentive', 'li a0, 0x80000000; la a1, back; li a2, 0x55; sbi HSM, 3; j bad'],
  ])('suspend until the timer, %s', async (name, suspend) => {
    const guest = assemble(`
      li s7, 0x77
      rdtime a0; addi a0, a0, 1000; sbi TIME
      ${suspend}
    back:
      li t0, 0x55; bne a1, t0, bad
      bnez a0, bad
      csrr t0, sip; andi t0, t0, 32; beqz t0, bad
      finish 0
    bad: finish 1`);
    const running = await start(guest.image);
    const retentive = name === 'retentive';
    const address = retentive ? undefined : guest.symbols.get('back');
    expect(events(running)).toEqual([
      { kind: 'suspend', hart: 0, by: 0, address, retentive },
      { kind: 'resume', hart: 0, by: undefined, address, retentive },
    ]);
    expect(running.machine.idleSteps, 'nothing ran meanwhile').toBeGreaterThan(9_900n);
  });

  /** The system sleeps until a device or the timer has something to wake it for; sie and PLIC say which may. */
  const WAKE_SOURCES: [string, string, number][] = [
    ['the timer', 'rdtime a0; addi a0, a0, 1000; sbi TIME', 5],
    [
      "the RTC's alarm",
      `li t0, 0x101000; li t1, 1; sw t1, 0x10(t0)
       lwu t1, 0(t0); lwu t2, 4(t0); li t3, 100000; add t1, t1, t3; sw t2, 12(t0); sw t1, 8(t0)
       li t0, 0xc000000; li t1, 1; sw t1, 44(t0); li t2, 0x2080; add t2, t2, t0; li t1, 1 << 11; sw t1, 0(t2)
       li t1, 0x200; csrs sie, t1`,
      9,
    ],
    [
      'a key',
      `li t0, 0x10000000; li t1, 1; sb t1, 1(t0)
       li t0, 0xc000000; li t1, 1; sw t1, 40(t0); li t2, 0x2080; add t2, t2, t0; li t1, 1 << 10; sw t1, 0(t2)
       li t1, 0x200; csrs sie, t1`,
      9,
    ],
  ];
  test.each(WAKE_SOURCES)('suspend to RAM until %s', async (_, prepare, bit) => {
    const guest = assemble(`
      ${prepare}
      li a0, 0; la a1, back; li a2, 0x66; sbi SUSP
    bad: finish 1
    back:
      bnez a0, bad
      li t0, 0x66; bne a1, t0, bad
      csrr t0, satp; bnez t0, bad
      csrr t0, sstatus; andi t0, t0, 2; bnez t0, bad
      csrr t0, sip; srli t0, t0, ${bit}; andi t0, t0, 1; beqz t0, bad
      finish 0`);
    const running = await start(guest.image, { harts: 2 });
    running.machine.sendInput(Buffer.from('x'), 20_000n);
    const address = guest.symbols.get('back');
    expect(events(running)).toEqual([
      { kind: 'suspend', hart: 0, by: 0, address, retentive: false },
      { kind: 'resume', hart: 0, by: undefined, address, retentive: false },
    ]);
    expect(running.machine.idleSteps, 'nothing ran meanwhile').toBeGreaterThan(9_000n);
  });

  test('nothing wakes a system whose sources are all off', async () => {
    const { machine } = await start(assemble('li a0, 0; la a1, _start; sbi SUSP').image);
    expect(machine.run(LIMIT)).toEqual({ kind: 'idle' });
  });

  test('the system is not suspended while another hart runs', async () => {
    const guest = assemble(`
      la a1, second; li a0, 1; sbi HSM, 0
      li a0, 0; la a1, second; sbi SUSP
      li t0, -4; bne a0, t0, bad
      finish 0
    bad: finish 1
    second: j second`);
    const { machine } = await start(guest.image, { harts: 2 });
    expect(machine.run(LIMIT)).toMatchObject({ reason: 'pass' });
  });

  test('an IPI wakes a suspended hart, and both harts see each other', async () => {
    const guest = assemble(`
      la a1, second; li a0, 1; sbi HSM, 0
    asleep: li a0, 1; sbi HSM, 2
      li t0, 4; bne a1, t0, asleep
      li a0, 2; li a1, 0; sbi IPI
    awake: la t0, flag; lw t0, 0(t0); beqz t0, awake
      finish 0
    second:
      li a0, 0; sbi HSM, 3
      csrr t0, sip; andi t0, t0, 2; beqz t0, bad
      la t0, flag; li t1, 1; sw t1, 0(t0)
    stay: wfi; j stay
    bad: finish 1
    .balign 8
    flag: .word 0`);
    const running = await start(guest.image, { harts: 2 });
    expect(events(running).map(({ kind, hart }) => `${kind} ${hart}`)).toEqual([
      'start 1',
      'suspend 1',
      'resume 1',
    ]);
  });
});

test('a remote fence flushes the TLB of the other hart, and only a fence does', async () => {
  // Both harts run on one identity map of 1 GiB leaves; hart 0 takes W away from the second GiB's data page.
  const guest = assemble(`
      la t0, table
      li t1, (0x80000000 >> 2) | 0xc7 | 8
      sd t1, 16(t0)
      li t1, 0xc7
      sd t1, 0(t0)
      li t1, (0x80000000 >> 2) | 0xc7
      sd t1, 24(t0)
      la a1, second; li a0, 1; sbi HSM, 0
      call paging
    ready: la t0, flag; lw t1, 0(t0); beqz t1, ready
      la t0, table
      li t1, (0x80000000 >> 2) | 0xc3
      sd t1, 24(t0)
      la t0, flag; li t1, 2; sw t1, 0(t0)
    again: la t0, flag; lw t1, 0(t0); li t2, 3; bne t1, t2, again
      li a0, 2; li a1, 0; li a2, 0; li a3, 0; sbi RFENCE, 1
      la t0, flag; li t1, 4; sw t1, 0(t0)
    forever: j forever
    second:
      call paging
      la t0, caught; csrw stvec, t0
      la s0, scratch; li t0, 0x40000000; add s0, s0, t0
      sw zero, 0(s0)
      la t0, flag; li t1, 1; sw t1, 0(t0)
    sealed: lw t1, 0(t0); li t2, 2; bne t1, t2, sealed
      sw t2, 0(s0)
      li t1, 3; sw t1, 0(t0)
    flushed: lw t1, 0(t0); li t2, 4; bne t1, t2, flushed
      sw t2, 0(s0)
      finish 1
    .balign 4
    caught:
      csrr t0, scause; li t1, 15; bne t0, t1, other
      lw t0, -0(s0); li t1, 2; bne t0, t1, other
      finish 0
    other: finish 2
    paging:
      la t0, table; srli t0, t0, 12; li t1, 8 << 60; or t0, t0, t1
      csrw satp, t0; sfence.vma; ret
    flag: .word 0
    .balign 4096
    table: .skip 4096
    scratch: .word 0`);
  const { machine } = await start(guest.image, { harts: 2 });
  expect(machine.run(LIMIT)).toEqual({ kind: 'exit', reason: 'pass', status: 0 });
});
