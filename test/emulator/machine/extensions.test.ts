import { expect, test } from 'vitest';
import { DEFAULT_ISA, Machine } from '../../../emulator/index.ts';
import { assemble } from './guest.ts';

const LIMIT = 1_000_000n;
const FS = 3n << 13n;

/** Runs a program in M-mode until it is done; the hart then holds what it computed. */
async function run(source: string, isa = DEFAULT_ISA): Promise<Machine> {
  const guest = assemble(
    `la t6, trap; csrw mtvec, t6
     ${source}
     finish 0
     .balign 4
     trap: finish 1`,
    '0x80000000',
  );
  const machine = await Machine.create({ image: guest.image, firmware: 'none', memory: 16 << 20, isa });
  expect(machine.run(LIMIT)).toMatchObject({ kind: 'exit', reason: 'pass' });
  return machine;
}

const r = (f3: number, f7: number, rd: string, rs1: string, rs2: string): string =>
  `.insn r 0x33, ${f3}, ${f7}, ${rd}, ${rs1}, ${rs2}`;

/** What QEMU 7.2 cannot be asked: it lacks Zicond, and its ctzw looks at the upper half. */
test('Zicond, and ctzw of zero', async () => {
  const machine = await run(`
    li a0, 77
    li a1, 1 << 40
    ${r(5, 7, 'a2', 'a0', 'x0')}
    ${r(5, 7, 'a3', 'a0', 'a1')}
    ${r(7, 7, 'a4', 'a0', 'x0')}
    ${r(7, 7, 'a5', 'a0', 'a1')}
    .word 0x6015991b                        # ctzw s2, a1
    ${r(5, 7, 'a0', 'a0', 'x0')}`);
  const [hart] = machine.harts;
  expect([10, 12, 13, 14, 15, 18].map((x) => hart!.register(x))).toEqual([0n, 0n, 77n, 77n, 0n, 32n]);
});

test('an extension that is left out is illegal', async () => {
  const source = (word: number): string => `
    la t0, 1f; csrw mtvec, t0
    li t1, 0x2000; csrs mstatus, t1
    .word ${word}
    finish 2
    .balign 4
    1: csrr a0, mcause; csrr a1, mtval; csrr a2, misa`;
  for (const [word, isa, misa] of [
    [0x0220_7053, 'rv64imac', 0x8000_0000_0014_1105n], // fadd.d
    [0x0220_7053, 'rv64imafc', 0x8000_0000_0014_1125n],
    [0x2020_a033, 'rv64gc', 0x8000_0000_0014_112dn], // sh1add
  ] as const) {
    const [hart] = (await run(source(word), isa)).harts;
    expect([10, 11, 12].map((x) => hart!.register(x))).toEqual([2n, BigInt(word), misa]);
  }
});

test('S-mode begins with floating point on, and finds what M-mode has to permit', async () => {
  const guest = assemble(`
    .option arch, rv64gc
    li a0, 3
    fcvt.d.w fa0, a0
    fsqrt.d fa1, fa0
    csrr s2, sstatus
    csrr s3, fcsr
    li t0, 64; csrw 0x14d, t0
    la a1, 1f
    .word 0x0045a00f                        # cbo.zero (a1)
    lw s4, (a1)
    finish 0
    .balign 64
    1: .word 5
    .balign 64`);
  const machine = await Machine.create({ image: guest.image, memory: 16 << 20 });
  expect(machine.run(LIMIT)).toMatchObject({ kind: 'exit', reason: 'pass' });
  const [hart] = machine.harts;
  expect(hart!.floatRegister(11)).toBe(0x3ffb_b67a_e858_4caan);
  expect(hart!.register(18) & FS).toBe(FS);
  expect([hart!.register(19), hart!.register(20)]).toEqual([1n, 0n]);
});

test('stimecmp interrupts S-mode exactly at its time, and M-mode may withhold it', async () => {
  const guest = assemble(`
    la t0, trap; csrw stvec, t0
    li t0, 32; csrs sie, t0; csrsi sstatus, 2
    li t0, 70; csrw 0x14d, t0
    1: csrr s2, sip
    j 1b
    .balign 4
    trap: rdtime a0
    csrr s3, sip
    li t0, -1; csrw 0x14d, t0
    csrr s4, sip
    finish 0`);
  const machine = await Machine.create({ image: guest.image, memory: 16 << 20, quantum: 97, harts: 2 });
  machine.breakpoints.add(guest.symbols.get('trap')!);
  expect(machine.run(LIMIT).kind).toBe('breakpoint');
  expect(machine.step, 'mtime 70, and the step that the trap takes').toBe(701n);
  machine.breakpoints.delete(guest.symbols.get('trap')!);
  expect(machine.run(LIMIT).kind).toBe('exit');
  const [hart] = machine.harts;
  expect([18, 19, 20].map((x) => hart!.register(x))).toEqual([0n, 32n, 0n]);
});

test('stimecmp wakes a hart from wfi, and time skips to it', async () => {
  const guest = assemble(`
    li t0, 32; csrs sie, t0
    li t0, 5000; csrw 0x14d, t0
    wfi
    rdtime s2
    finish 0`);
  const machine = await Machine.create({ image: guest.image, memory: 16 << 20 });
  expect(machine.run(LIMIT).kind).toBe('exit');
  expect(machine.harts[0]!.register(18)).toBe(5000n);
  expect(machine.step < 100n).toBe(true);
});

test('the device tree tells of extensions', async () => {
  const machine = await run('nop', 'rv64gc_zicbom_zicboz_svade_svadu');
  const text = new TextDecoder('latin1').decode(machine.dtb);
  expect(text).toContain('rv64imafdc_zicbom_zicboz_zicntr_zicsr_zifencei_svade_svadu\0');
  for (const property of ['riscv,cbom-block-size', 'riscv,cboz-block-size']) expect(text).toContain(property);
});
