import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { A, D, G, R, Random, USER, V, W, X } from './core.ts';

/*
 * A program in M-mode for two machines to run. It works through a table of trials and prints a line for each:
 *
 *   translation   writes page tables and PMP entries, makes one access as S or U, prints the trap and the PTEs
 *   trap          sets delegation, enables and pending interrupts, enters S or U for one instruction, prints where
 *                 it came out
 *   register      writes a CSR and reads it back
 */

/** Frames of page tables, and behind them 2 MiB of frames that say who they are, where superpages can reach them. */
const TABLES = 0x8100_0000n;
const TABLE_FRAMES = 64;
const TARGETS = 0x8120_0000n;
const TARGET_FRAMES = 512;

const KINDS = ['load', 'store', 'amo', 'fetch'] as const;

export interface Program {
  readonly elf: string;
  readonly binary: Uint8Array;
  /** What each line of output is about. */
  readonly trials: readonly string[];
}

const hex = (value: bigint): string => '0x' + value.toString(16);

/** A translation: 20 doublewords. */
function translation(random: Random): { words: bigint[]; about: string } {
  const levels = 3 + random.below(3);
  const across = random.chance(0.15);
  const kind = random.pick(KINDS);
  // What is stored must leave the instructions there: 0x730000 + n, which is right for 0xffc, too.
  const stores = kind === 'store' || kind === 'amo';
  const offset = across ? (stores ? 0xffcn : random.pick([0xffcn, 0xffen])) : stores ? 0x108n : 0x100n;
  const bits = 12n + 9n * BigInt(levels);
  const low = TARGETS + BigInt(random.below(TARGET_FRAMES)) * 0x1000n + offset;
  const vaLow = low | ((random.u64() << 39n) & ((1n << bits) - 1n));
  let va = BigInt.asUintN(64, BigInt.asIntN(Number(bits), vaLow));
  if (random.chance(0.03)) va ^= 1n << BigInt(random.below(64 - Number(bits)) + Number(bits));
  const tableFrame = (): bigint => (TABLES >> 12n) + BigInt(random.below(TABLE_FRAMES));
  const root = tableFrame();
  const ptes: [bigint, bigint][] = [];
  let table = root;
  for (let i = levels - 1; i >= 0; i--) {
    const address = table * 4096n + ((va >> BigInt(12 + 9 * i)) & 511n) * 8n;
    let flags = V;
    let ppn: bigint;
    const isLeaf = i === 0 || random.chance(0.25);
    if (isLeaf) {
      flags |= random.pick([R, R | W, R | W, R | X, R | W | X, R | W | X, X, W, W | X]);
      if (random.chance(0.4)) flags |= USER;
      if (random.chance(0.5)) flags |= A;
      if (random.chance(0.5)) flags |= D;
      if (random.chance(0.2)) flags |= G;
      ppn = low >> 12n;
      if (random.chance(0.95)) ppn -= ppn % 512n ** BigInt(i);
    } else {
      ppn = tableFrame();
      if (random.chance(0.03)) flags |= random.pick([USER, A, D]);
    }
    if (random.chance(0.03)) flags &= ~V;
    // Svnapot and Svpbmt. QEMU 7.2 minds neither the reserved memory type nor, with these on, bits 60 to 54.
    if (random.chance(isLeaf ? 0.15 : 0.02)) {
      flags |= 1n << 63n;
      if (random.chance(0.8)) ppn = (ppn & ~15n) | 8n;
    }
    if (random.chance(isLeaf ? 0.15 : 0.02)) flags |= BigInt(1 + random.below(2)) << 61n;
    if (random.chance(0.05)) flags |= 1n << BigInt(8 + random.below(2));
    ptes.push([address, flags | (ppn << 10n)]);
    table = ppn;
    if (isLeaf) break;
  }
  while (ptes.length < 5) ptes.push([0n, 0n]);
  const privilege = BigInt(random.below(2));
  let mstatus = privilege << 11n;
  if (random.chance(0.5)) mstatus |= 1n << 18n;
  if (random.chance(0.5)) mstatus |= 1n << 19n;
  if (kind !== 'fetch') mstatus |= 1n << 17n;
  // One PMP entry over some of the targets, then one that opens everything.
  const size = BigInt(random.below(18));
  const cfg = BigInt(random.chance(0.4) ? 0x18 | random.pick([0, 1, 3, 5, 7, 4]) : 0);
  let pmpaddr = ((low >> 2n) & ~((1n << size) - 1n)) | ((1n << size) - 1n);
  // Not so large that it reaches the tables: QEMU 7.2 sets A and D although PMP forbids it.
  const reaches = (1n << 19n) - 1n;
  if ((pmpaddr & reaches) === reaches) pmpaddr ^= 1n << 18n;
  const satp = (BigInt(levels + 5) << 60n) | (BigInt(random.below(4)) << 44n) | root;
  const words = [va, satp, mstatus, BigInt(KINDS.indexOf(kind)), cfg | 0x1f00n, pmpaddr, ...ptes.flat()];
  return {
    words,
    about: `${kind} ${across ? 'across ' : ''}${hex(va)} mstatus ${hex(mstatus)} satp ${hex(satp)} pmp ${hex(cfg)} ${hex(pmpaddr)} ptes ${ptes.map(([address, pte]) => `${hex(address)}:${hex(pte)}`).join(' ')}`,
  };
}

const INSTRUCTIONS = [
  'ecall',
  'ebreak',
  '.word 0xffffffff',
  '.hword 0x9002, 0',
  'mret',
  'csrr a0, mscratch',
  'csrr a0, sscratch',
  'csrr a0, satp',
  'csrr a0, cycle',
  'csrw cycle, a0',
  'sfence.vma',
  'csrr a0, sstatus',
  '.word 0x00100013, 0',
] as const;

/** A trap: 8 doublewords. */
function trap(random: Random): { words: bigint[]; about: string } {
  const instruction = random.below(INSTRUCTIONS.length);
  const privilege = BigInt(random.below(2));
  let mstatus = privilege << 11n;
  for (const bit of [1n, 5n, 7n, 8n, 20n, 21n, 22n]) if (random.chance(0.4)) mstatus |= 1n << bit;
  // Causes 8 and 9 stay with M: the way back.
  const medeleg = random.u64() & 0xb0ffn;
  const interrupts = (chance: number): bigint =>
    [1n, 3n, 5n, 7n, 9n].reduce((mask, bit) => (random.chance(chance) ? mask | (1n << bit) : mask), 0n);
  const chance = random.pick([0, 0.3, 0.6]);
  const [mie, mip] = [interrupts(0.6), interrupts(chance)];
  let mideleg = interrupts(0.5);
  // QEMU 7.2 has no order of its own among those for S.
  for (const bit of [0x2n, 0x20n]) if (mideleg & mie & mip & 0x222n & ~bit) mideleg &= ~bit;
  const counteren = BigInt(random.below(8));
  return {
    words: [BigInt(instruction), mstatus, medeleg, mideleg, mie, mip, counteren, BigInt(random.below(2))],
    about: `${INSTRUCTIONS[instruction]} mstatus ${hex(mstatus)} medeleg ${hex(medeleg)} mideleg ${hex(mideleg)} mie ${hex(mie)} mip ${hex(mip)} counteren ${hex(counteren)}`,
  };
}

/** Registers whose every bit both machines treat alike, and the bits to try of those that they do not. */
const REGISTERS: readonly (readonly [string, bigint?])[] = [
  ['mstatus', 0x007e_19aan],
  ['sstatus', 0x000c_0122n],
  ['medeleg', 0xb3ffn],
  ['mideleg', 0xaaan],
  ['mie', 0xaaan],
  ['sie', 0xaaan],
  ['mscratch'],
  ['sscratch'],
  ['mtval'],
  ['stval'],
  ['mcause'],
  ['scause'],
  ['mtvec'],
  ['stvec'],
  ['mepc', ~1n],
  ['sepc', ~1n],
  ['mcounteren', 0xffff_ffffn], // QEMU makes 64 bits of them
  ['scounteren', 0xffff_ffffn],
  ['satp'],
  ['pmpaddr5', (1n << 54n) - 1n],
  ['mvendorid'],
  ['mconfigptr'],
];

function register(random: Random): { code: string; about: string } {
  const [name, mask] = random.pick(REGISTERS);
  let value = BigInt.asUintN(64, random.u64() & (mask ?? -1n));
  if (name === 'mstatus' && (value >> 11n) % 4n === 2n) value &= ~(3n << 11n);
  if (name === 'satp' && random.chance(0.7))
    value = BigInt.asUintN(60, value) | (BigInt(8 + random.below(4)) << 60n);
  const write = name === 'mvendorid' || name === 'mconfigptr' ? '' : `csrw ${name}, a0`;
  return {
    code: `li a0, ${hex(value)}\n${write}\ncsrr s7, ${name}\ncsrw satp, zero\ncsrw mie, zero\nla t0, trap\ncsrw mtvec, t0
    csrw mstatus, zero\nmv a0, s7\ncall hex\ncall newline`,
    about: `${name} = ${hex(value)}`,
  };
}

const assembly = (translations: bigint[][], traps: bigint[][], registers: string[]): string => `
        .option nopic
        .option norvc
        .text
        .globl _start
_start: csrr    t0, mhartid
        bnez    t0, .
        la      t0, trap
        csrw    mtvec, t0
        la      sp, stack
        csrwi   0x3a0, 0                # each target frame: an ecall and its number at 0x100, an ecall over its end
        li      t0, ${hex(TARGETS)}
        li      t1, ${TARGET_FRAMES}
        li      t2, 0x73
1:      slli    t3, t1, 32
        or      t3, t3, t2
        li      t4, 0x100
        add     t4, t4, t0
        sd      t3, 0(t4)
        li      t4, 0x1000
        add     t0, t0, t4
        sh      t2, -2(t0)
        addi    t1, t1, -1
        bnez    t1, 1b

        li      t0, -1
        csrw    pmpaddr1, t0
        li      t0, 1 << 62             # PBMTE
        csrw    0x30a, t0
        la      s0, translations
        li      s1, ${translations.length}
2:      beqz    s1, 9f
        addi    s2, s0, 48
        li      s3, 5
3:      ld      t0, 0(s2)
        beqz    t0, 4f
        ld      t1, 8(s2)
        sd      t1, 0(t0)
4:      addi    s2, s2, 16
        addi    s3, s3, -1
        bnez    s3, 3b
        ld      t0, 40(s0)
        csrw    pmpaddr0, t0
        ld      t0, 32(s0)
        csrw    pmpcfg0, t0
        ld      t0, 8(s0)
        csrw    satp, t0
        sfence.vma
        fence.i
        csrw    mcause, zero
        csrw    mtval, zero
        la      s11, 8f
        ld      s4, 0(s0)
        csrw    mepc, s4
        ld      t1, 24(s0)
        ld      t0, 16(s0)
        csrw    mstatus, t0
        li      a0, 0
        li      s6, 0x730000
        or      s6, s6, s1
        beqz    t1, 5f
        addi    t1, t1, -1
        beqz    t1, 6f
        addi    t1, t1, -1
        beqz    t1, 7f
        mret
5:      ld      a0, 0(s4)
        j       8f
6:      sd      s6, 0(s4)
        j       8f
7:      amoswap.d a0, s6, (s4)
8:      csrw    mstatus, zero
        mv      s5, a0
        csrr    a0, mcause
        call    hex
        csrr    a0, mtval
        call    hex
        mv      a0, s5
        call    hex
        addi    s2, s0, 48
        li      s3, 5
3:      ld      t0, 0(s2)
        beqz    t0, 4f
        ld      a0, 0(t0)
        call    hex
4:      addi    s2, s2, 16
        addi    s3, s3, -1
        bnez    s3, 3b
        call    newline
        addi    s0, s0, 128
        addi    s1, s1, -1
        j       2b

        # what all those stores did
9:      csrw    pmpcfg0, zero
        li      t0, ${hex(TARGETS)}
        li      t1, ${TARGET_FRAMES * 512}
        li      a0, 0
1:      ld      t2, 0(t0)
        slli    t3, a0, 7
        srli    a0, a0, 57
        or      a0, a0, t3
        xor     a0, a0, t2
        addi    t0, t0, 8
        addi    t1, t1, -1
        bnez    t1, 1b
        call    hex
        call    newline

        csrw    satp, zero
        li      t0, 0x1f1f
        csrw    pmpcfg0, t0
        li      t0, -1
        csrw    pmpaddr0, t0
        la      s0, traps
        li      s1, ${traps.length}
2:      beqz    s1, 9f
        ld      t0, 16(s0)
        csrw    medeleg, t0
        ld      t0, 24(s0)
        csrw    mideleg, t0
        ld      t0, 32(s0)
        csrw    mie, t0
        ld      t0, 40(s0)
        csrw    mip, t0
        li      t1, 0x2000000           # msip
        srli    t2, t0, 3
        andi    t2, t2, 1
        sw      t2, 0(t1)
        li      t1, 0x2004000           # mtimecmp: passed, or never
        li      t2, -1
        andi    t0, t0, 128
        beqz    t0, 1f
        li      t2, 0
1:      sd      t2, 0(t1)
        ld      t0, 48(s0)
        csrw    mcounteren, t0
        csrw    scounteren, t0
        csrw    scause, zero
        csrw    stval, zero
        csrw    sepc, zero
        csrw    mcause, zero
        csrw    mtval, zero
        ld      t1, 56(s0)              # vectored?
        la      t0, strap
        or      t0, t0, t1
        csrw    stvec, t0
        la      t0, trap
        or      t0, t0, t1
        csrw    mtvec, t0
        ld      t0, 0(s0)
        slli    t0, t0, 4
        la      t1, instructions
        add     t0, t0, t1
        csrw    mepc, t0
        la      s11, 3f
        li      s10, 0
        ld      t0, 8(s0)
        csrw    mstatus, t0
        mret
3:      csrr    s3, mstatus
        csrr    s4, mip
        csrw    mie, zero
        csrw    mstatus, zero
        mv      a0, s10                 # 1 + vector if S-mode's handler was entered
        call    hex
        li      a0, 0x7e19aa
        and     a0, a0, s3
        call    hex
        li      a0, 0xaaa
        and     a0, a0, s4
        call    hex
        .irp    register, mcause, mtval, mepc, scause, stval, sepc
        csrr    a0, \\register
        call    hex
        .endr
        call    newline
        addi    s0, s0, 64
        addi    s1, s1, -1
        j       2b
9:      csrw    medeleg, zero
        csrw    mideleg, zero
        csrw    mip, zero
        li      t1, 0x2000000
        sw      zero, 0(t1)
        li      t1, 0x2004000
        li      t2, -1
        sd      t2, 0(t1)
        la      t0, trap
        csrw    mtvec, t0

        ${registers.join('\n')}

        li      t0, 0x100000
        li      t1, 0x5555
        sw      t1, 0(t0)
        j       .

        .balign 256
trap:   .rept   12
        j       1f
        .endr
1:      li      t6, 1 << 17             # MPRV: the handler's own accesses
        csrc    mstatus, t6
        jr      s11

        .balign 256
strap:  j       1f
        .irp    vector, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
        j       2f
        .endr
1:      li      s10, 1
        ecall
2:      li      s10, 2
        ecall

        .balign 16
instructions:
${INSTRUCTIONS.map((instruction) => `        ${instruction}\n        .balign 4\n        ecall\n        .balign 16`).join('\n')}

hex:    mv      a1, a0                  # prints a0 as 16 digits and a space; clobbers a0-a3, t0, t1
        mv      a3, ra
        li      a2, 60
1:      srl     a0, a1, a2
        andi    a0, a0, 15
        addi    a0, a0, 48
        sltiu   ra, a0, 58
        bnez    ra, 2f
        addi    a0, a0, 39
2:      call    putchar
        addi    a2, a2, -4
        bgez    a2, 1b
        li      a0, 32
        mv      ra, a3
        j       putchar
newline: li     a0, 10
putchar: li     t0, 0x10000000
1:      lbu     t1, 5(t0)
        andi    t1, t1, 32
        beqz    t1, 1b
        sb      a0, 0(t0)
        ret
        .data
        .balign 8
translations:
${translations.map((words) => `        .dword ${words.map((word) => hex(word)).join(', ')}`).join('\n')}
traps:
${traps.map((words) => `        .dword ${words.map((word) => hex(word)).join(', ')}`).join('\n')}
        .skip   256
stack:
`;

/** Assembles a program of `count` trials of each sort. */
export function privilegedProgram(directory: string, seed: number, count: number): Program {
  const random = new Random(seed);
  const make = <T>(trial: (random: Random) => T): T[] => Array.from({ length: count }, () => trial(random));
  const [translations, traps, registers] = [make(translation), make(trap), make(register)];
  const base = join(directory, `privileged-${seed}`);
  writeFileSync(
    `${base}.S`,
    assembly(
      translations.map(({ words }) => words),
      traps.map(({ words }) => words),
      registers.map(({ code }) => code),
    ),
  );
  const flags = [
    '-march=rv64imac_zicsr_zifencei',
    '-mabi=lp64',
    '-nostdlib',
    '-static',
    '-Wl,--build-id=none',
  ];
  execFileSync('riscv64-linux-gnu-gcc', [
    ...flags,
    '-Wl,-Ttext=0x80000000',
    '-o',
    `${base}.elf`,
    `${base}.S`,
  ]);
  execFileSync('riscv64-linux-gnu-objcopy', ['-O', 'binary', `${base}.elf`, `${base}.bin`]);
  return {
    elf: `${base}.elf`,
    binary: readFileSync(`${base}.bin`),
    trials: [...translations, { about: 'checksum of the targets' }, ...traps, ...registers].map(
      ({ about }) => about,
    ),
  };
}
