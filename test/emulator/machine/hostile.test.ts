/** Whatever a guest does, `run` comes back with a stop, in time, and nothing is thrown. */
import { describe, expect, test } from 'vitest';
import { flatImage, Machine, type MachineConfig } from '../../../emulator/index.ts';
import { assemble, start } from './guest.ts';

const STEPS = 200_000n;

function random(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 8;
}

describe('programs that go wrong', () => {
  test.each<[string, string]>([
    ['a trap loop', 'li t0, 0; csrw stvec, t0; .4byte 0'],
    ['a jump out of RAM', 'li t0, 0x40000000; jr t0'],
    ['a jump to a device', 'li t0, 0x10000000; jr t0'],
    ['a jump to the end of the address space', 'li t0, -2; jr t0'],
    ['page tables that are no RAM', 'li t0, 8 << 60 | 0xfffffffffff; csrw satp, t0; nop'],
    [
      'page tables that contain themselves',
      `la t0, table; srli t1, t0, 2; ori t1, t1, 1; li t2, 512; mv t3, t0
       1: sd t1, 0(t3); addi t3, t3, 8; addi t2, t2, -1; bnez t2, 1b
       srli t0, t0, 12; li t1, 8 << 60; or t0, t0, t1; csrw satp, t0; nop
       .balign 4096
       table: .skip 4096`,
    ],
    ['wfi forever with a timer it does not enable', 'li a0, 100; sbi TIME; 1: wfi; j 1b'],
    ['wfi with a timer at the end of time', 'li a0, -2; sbi TIME; li t0, 32; csrs sie, t0; 1: wfi; j 1b'],
    ['suspended with a timer at the end of time', 'li a0, -2; sbi TIME; li a0, 0; sbi HSM, 3'],
    ['every hart stopped', 'sbi HSM, 1'],
    [
      'mtime at its end',
      'li t0, 0x200bff8; li t1, -1; sd t1, 0(t0); li a0, -1; sbi TIME; li t0, 32; csrs sie, t0; 1: wfi; j 1b',
    ],
    ['mtime going back', 'li t0, 0x200bff8; 1: sd zero, 0(t0); j 1b'],
    ['a console that never stops', '1: li a0, 4096; la a1, _start; li a2, 0; sbi DBCN; j 1b'],
    [
      'a fence of everything, again and again',
      '1: li a0, 1; li a1, 0; li a2, 0; li a3, -4096; sbi RFENCE, 1; j 1b',
    ],
  ])('%s', async (_, source) => {
    const { machine } = await start(assemble(source).image, { harts: 2 });
    const stop = machine.run(STEPS);
    expect(['limit', 'idle']).toContain(stop.kind);
    machine.restore(machine.snapshot());
    machine.virtual.translate(0, 0x1234n);
    expect(machine.run(1000n).kind).toMatch(/limit|idle/);
  });
});

test('a run that keeps devices busy can be bounded by their accesses', async () => {
  const { machine } = await start(assemble('li t0, 0x10000000; 1: lb t1, 5(t0); lb t1, 6(t0); j 1b').image);
  expect(machine.run(10_000_000n, { calls: 1000 })).toEqual({ kind: 'limit' });
  expect(machine.step).toBeLessThan(50_000n);
});

/** 512 entries that each name one table of 4 KiB pages; then one of its entries is written again and again. */
const FAN_OUT = `
  la s0, root; la s1, middle; la s2, last; li t0, (0x80000000 >> 2) | 0xcf; sd t0, 16(s0)
  srli t0, s1, 2; ori t0, t0, 1; sd t0, 8(s0)
  srli t0, s2, 2; ori t0, t0, 1; li t1, 512; li t2, (0x80000000 >> 2) | 0xc7
  1: sd t0, 0(s1); sd t2, 0(s2); addi s1, s1, 8; addi s2, s2, 8; addi t1, t1, -1; bnez t1, 1b
  la s2, last; srli s0, s0, 12; li t0, 8 << 60; or s0, s0, t0; csrw satp, s0; sfence.vma
  li t0, (0x80000000 >> 2) | 0xc3; li t1, (0x80100000 >> 2) | 0xc3
  1: sd t0, 0(s2); sd t1, 0(s2); j 1b
  .balign 4096
  root: .skip 4096
  middle: .skip 4096
  last: .skip 4096`;

test('a run whose page-table stores change very many pages can be bounded by what they cost', async () => {
  const image = assemble(FAN_OUT).image;
  const bounded = (await start(image)).machine;
  bounded.watches.add({
    space: 'virtual',
    start: 0x4000_0000n,
    length: 0x4000_0000n,
    access: 'write',
    observe: () => false,
  });
  bounded.run(4000n);
  const from = bounded.step;
  expect(bounded.run(1_000_000n, { calls: 1000 })).toEqual({ kind: 'limit' });
  expect(bounded.step - from).toBeLessThan(10n);

  // Where the pieces of the run end, and that anything is followed at all, changes nothing.
  const free = (await start(image)).machine;
  free.run(bounded.step);
  expect(bounded.stateHash()).toBe(free.stateHash());
});

describe('random programs', () => {
  const configurations: [string, Omit<MachineConfig, 'image'>][] = [
    ['in S-mode', {}],
    ['in M-mode', { firmware: 'none' }],
  ];
  test.each(configurations)('%s', async (_, config) => {
    for (let seed = 1; seed <= 12; seed++) {
      const next = random(seed);
      const words = Uint32Array.from({ length: 1024 }, () => (next() << 16) ^ next());
      const bytes = new Uint8Array(words.buffer);
      const address = config.firmware === 'none' ? 0x8000_0000n : 0x8020_0000n;
      const machine = await Machine.create({
        memory: 16 << 20,
        harts: 2,
        ...config,
        image: flatImage(bytes, address),
      });
      machine.watches.add({
        space: 'virtual',
        start: address,
        length: 4096n,
        access: 'readWrite',
        observe: () => false,
      });
      machine.breakpoints.add(address + 8n);
      for (let run = 0; run < 5; run++) machine.run(20_000n);
      expect(machine.stateHash()).toMatch(/^[0-9a-f]{32}$/);
    }
  });

  test('every device register, in every width, with random values, from M-mode', async () => {
    // The program takes addresses, values and operations from a table; traps skip the instruction.
    const next = random(99);
    const bases = [
      0x10_0004, 0x200_0000, 0x200_4000, 0x200_bff8, 0xc00_0000, 0xc00_2000, 0xc20_0000, 0x1000_0000,
    ];
    const entries = Array.from({ length: 4000 }, () => {
      const address = bases[next() % bases.length]! + (next() % 64);
      return `.dword ${address}, ${BigInt(next()) * BigInt(next())}, ${next() % 8}`;
    });
    const widths = ['b', 'h', 'w', 'd'];
    const guest = assemble(
      `
      .option norvc
      la t0, trap; csrw mtvec, t0
      li t0, 0xaaa; csrw mie, t0; csrsi mstatus, 8
      la s0, entries; la s1, end
    loop: ld a0, 0(s0); ld a1, 8(s0); ld a2, 16(s0); addi s0, s0, 24
      la t0, operations; slli a2, a2, 3; add t0, t0, a2; jr t0
    operations:
      ${widths.map((width) => `s${width} a1, 0(a0); j next`).join('\n')}
      ${widths.map((width) => `l${width} a1, 0(a0); j next`).join('\n')}
    next: bne s0, s1, loop
    stop: li t0, 0x100000; li t1, 0x5555; sw t1, 0(t0)
    halt: j halt
      .balign 4
    trap: csrr t0, mcause; bgez t0, exception
      csrw mie, zero; mret
    exception: csrr t0, mepc; addi t0, t0, 4; csrw mepc, t0; mret
      .balign 8
    entries: ${entries.join('\n')}
    end:`,
      '0x80000000',
    );
    const { machine } = await start(guest.image, { firmware: 'none', harts: 1 });
    machine.sendInput(new Uint8Array(100).fill(65));
    expect(machine.run(1_000_000n)).toEqual({ kind: 'exit', reason: 'pass', status: 0 });
  });
});
