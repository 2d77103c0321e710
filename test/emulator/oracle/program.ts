import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Instruction } from '../../../emulator/isa/instruction.ts';
import { compressed, decode, instructions } from '../../../emulator/isa/table.ts';
import { Random } from './random.ts';

/*
 * A random program in M-mode for two machines to run: blocks of random instructions, after each of which the guest
 * mixes every register, fcsr, mstatus.FS and its data into a running checksum, and prints that over the UART. Traps
 * are part of the game: the handler mixes in cause, value and the trapping pc and goes on behind the instruction.
 * Of one block, the one to be shown, it prints all that it mixes in: a UART is too slow to do so for each.
 *
 * Reserved registers: s0, s1 and sp point into the data (to odd addresses, to aligned ones and for the stack-relative forms); gp and tp
 * belong to the harness. Everything else is random.
 */
const DATA_BYTES = 8192;
const [SP, GP, TP, S0, S1] = [2, 3, 4, 8, 9] as const;
const RESERVED: ReadonlySet<number> = new Set([SP, GP, TP, S0, S1]);

export const BASE = 0x8000_0000;
const BSS = BASE + 0x8_0000;
/** How many blocks there are, and which one is to be shown; then a row for each block, then their code. */
const HEADER = BASE + 0x10_0000;
const HEADER_BYTES = 16;
const ROW_WORDS = 1 + 32 + 32 + 2;

const each = (line: (n: number) => string): string =>
  Array.from({ length: 32 }, (_, n) => line(n)).join('\n        ');

const HARNESS = `
        .option nopic
        .text
        .globl _start
_start: csrr    t0, mhartid
        beqz    t0, 1f
0:      wfi
        j       0b
1:      la      t0, trap
        csrw    mtvec, t0
        li      t0, 0x3800              # mret stays in M-mode; floating point is on
        csrs    mstatus, t0
        li      gp, ${HEADER + HEADER_BYTES}
        li      tp, 0
next:   li      t0, ${HEADER}
        ld      t0, 0(t0)
        bgeu    tp, t0, finish
        # a row of the table: the block's address, then 32 registers, 32 floating-point ones, fcsr and mstatus.FS
        ld      t0, 0(gp)
        mv      sp, gp
        csrw    mepc, t0
        ${each((n) => `fld f${n}, ${264 + n * 8}(sp)`)}
        ld      t0, 520(sp)
        csrw    fcsr, t0
        li      t0, 0x6000
        csrc    mstatus, t0
        ld      t0, 528(sp)
        csrs    mstatus, t0
        ${each((n) => (n === 0 || RESERVED.has(n) ? '' : `ld x${n}, ${8 + n * 8}(sp)`))}
        la      s0, data + ${DATA_BYTES / 2 + 1}
        la      s1, data + ${DATA_BYTES / 4}
        la      sp, data
        mret
        .balign 4
trap:   # ecall ends a block; anything else is taken note of and skipped
        csrw    mscratch, t0
        csrr    t0, mcause
        addi    t0, t0, -11
        beqz    t0, block_done
        la      t0, trapsave
        sd      ra, 0(t0)
        sd      a0, 8(t0)
        sd      a1, 16(t0)
        sd      a2, 24(t0)
        sd      a3, 32(t0)
        sd      t1, 48(t0)
        csrr    a0, mscratch
        sd      a0, 40(t0)
        csrr    a0, mcause
        call    take
        csrr    a0, mtval
        call    take
        csrr    a0, mepc
        call    take
        csrr    a1, mepc
        lhu     a0, 0(a1)
        andi    a0, a0, 3
        addi    a0, a0, -3
        addi    a1, a1, 2
        bnez    a0, 2f
        addi    a1, a1, 2
2:      csrw    mepc, a1
        li      a0, 0x1800
        csrs    mstatus, a0
        la      t0, trapsave
        ld      ra, 0(t0)
        ld      a0, 8(t0)
        ld      a1, 16(t0)
        ld      a2, 24(t0)
        ld      a3, 32(t0)
        ld      t1, 48(t0)
        ld      t0, 40(t0)
        mret
block_done:
        la      t0, registers
        ${each((n) => (n === 0 || n === 5 ? '' : `sd x${n}, ${n * 8}(t0)`))}
        csrr    a0, mscratch
        sd      a0, 40(t0)
        call    take_registers
        csrr    s3, mstatus             # whether FS is off
        li      s4, 0x6000
        and     s3, s3, s4
        snez    a0, s3
        call    take
        csrs    mstatus, s4
        csrr    a0, fcsr
        call    take
        la      s3, registers
        ${each((n) => `fsd f${n}, ${n * 8}(s3)`)}
        call    take_registers
        # the data, by a checksum of its own
        la      s3, data
        li      s4, ${DATA_BYTES / 8}
        li      a0, 0
        ld      a2, factor
4:      ld      a1, 0(s3)
        ${mix('a0', 'a1', 'a2', 'a3')}
        addi    s3, s3, 8
        addi    s4, s4, -1
        bnez    s4, 4b
        call    take
        ld      a0, checksum
        call    hex
        li      a0, 10
        call    putchar
        addi    tp, tp, 1
        addi    gp, gp, ${8 * ROW_WORDS}
        li      t0, 0x3800
        csrs    mstatus, t0
        j       next
finish: lui     t0, 0x10000             # the last character is out (LSR bit 6)
        lbu     t1, 5(t0)
        andi    t1, t1, 64
        beqz    t1, finish
        li      t0, 0x100000
        li      t1, 0x5555
        sw      t1, 0(t0)
5:      j       5b
take_registers:                         # the 32 at registers; clobbers what take does, and s3 to s5
        mv      s5, ra
        la      s3, registers
        li      s4, 32
3:      ld      a0, 0(s3)
        call    take
        addi    s3, s3, 8
        addi    s4, s4, -1
        bnez    s4, 3b
        jr      s5
take:   la      t0, checksum            # mixes a0 into the checksum, and prints it if this block is to be shown
        ld      a1, 0(t0)
        ld      a2, factor
        ${mix('a1', 'a0', 'a2', 'a3')}
        sd      a1, 0(t0)
        li      t0, ${HEADER}
        ld      t0, 8(t0)
        beq     t0, tp, hex
        ret
hex:    mv      a1, a0                  # prints a0 as 16 digits and a space; clobbers a0-a3, t0, t1
        mv      a3, ra
        li      a2, 60
6:      srl     a0, a1, a2
        andi    a0, a0, 15
        addi    a0, a0, 48
        sltiu   ra, a0, 58
        bnez    ra, 7f
        addi    a0, a0, 39
7:      call    putchar
        addi    a2, a2, -4
        bgez    a2, 6b
        li      a0, 32
        mv      ra, a3
putchar: lui    t0, 0x10000             # waits until the transmitter is empty (LSR bit 5); clobbers t0, t1
8:      lbu     t1, 5(t0)
        andi    t1, t1, 32
        beqz    t1, 8b
        sb      a0, 0(t0)
        ret
        .balign 8
factor: .dword  0x9e3779b97f4a7c15
        .bss
        .balign 64
checksum: .skip 64
trapsave: .skip 64
registers: .skip 256
        .balign 4096
data:   .skip ${DATA_BYTES}
`;

/** A step that no two different words leave alike, and whose differences do not cancel in later ones. */
function mix(sum: string, word: string, factor: string, spare: string): string {
  return `xor ${sum}, ${sum}, ${word}
        mul     ${sum}, ${sum}, ${factor}
        srli    ${spare}, ${sum}, 32
        xor     ${sum}, ${sum}, ${spare}`;
}

/** Instructions that a block may hold, and how to make their operands harmless. */
const isMemory = (i: Instruction): boolean => /^(f?l[bhwd]u?|f?s[bhwd])$/.test(i.name);
const isFloat = (i: Instruction): boolean => /(^|,)\(?f[d123]/.test(i.syntax);
/** QEMU 7.2 does not know them, or looks at the upper half as well (ctzw of zero); they are tested elsewhere. */
const isElsewhere = (i: Instruction): boolean => /^(czero\.|cbo\.|ctzw)/.test(i.name);
const isAtomic = (i: Instruction): boolean => /^(amo|lr\.|sc\.)/.test(i.name);
const plain = instructions.filter(
  (i) =>
    !/^(jalr|ecall|ebreak|mret|sret|wfi|sfence|sinval|csr|fence\.i)/.test(i.name) &&
    !i.relative &&
    !isFloat(i) &&
    !isElsewhere(i) &&
    !isMemory(i) &&
    !isAtomic(i),
);
const memory = instructions.filter(isMemory);
const atomic = instructions.filter(isAtomic);
const relative = instructions.filter((i) => i.relative);
const storeConditional = atomic.filter((i) => i.name.startsWith('sc.'));
const floating = instructions.filter((i) => isFloat(i) && !isMemory(i));
const csrAccess = instructions.filter((i) => i.name.startsWith('csr'));

const setField = (bits: number, low: number, width: number, value: number): number => {
  const mask = ((1 << width) - 1) << low;
  return ((bits & ~mask) | ((value << low) & mask)) >>> 0;
};

class BlockWriter {
  readonly halves: number[] = [];
  readonly #random: Random;
  /** w or d: size of the last load-reserved. */
  #reserved: string | undefined;

  constructor(random: Random) {
    this.#random = random;
  }

  instruction(): void {
    const kind = this.#random.below(28);
    if (kind >= 20) this.#word(this.#floating());
    else if (kind < 7) this.#word(this.#randomOf(this.#random.pick(plain)));
    else if (kind < 12) this.#compressed();
    else if (kind < 16) this.#word(this.#memoryAccess());
    else if (kind < 17) this.#word(this.#atomicAccess());
    else if (kind < 18) this.#word(this.#csrAccess());
    else if (kind < 19) this.#skip();
    else this.#anything();
  }

  ecall(): void {
    this.#word(0x00000073);
  }

  #register(): number {
    let register = this.#random.below(32);
    while (RESERVED.has(register)) register = this.#random.below(32);
    return register;
  }

  #randomOf(instruction: Instruction): number {
    const bits = ((this.#random.bits() & ~instruction.mask) | instruction.match) >>> 0;
    return setField(bits, 7, 5, this.#register());
  }

  /**
   * Any rounding mode but the reserved static ones, which QEMU takes for those of other instructions where it does not
   * round. Reserved dynamic ones come from fcsr.
   */
  #floating(): number {
    const instruction = this.#random.pick(floating);
    const bits = this.#randomOf(instruction);
    return instruction.syntax.endsWith('rm')
      ? setField(bits, 12, 3, this.#random.pick([0, 1, 2, 3, 4, 7, 7, 7]))
      : bits;
  }

  #memoryAccess(): number {
    const instruction = this.#random.pick(memory);
    const random = (this.#random.bits() & ~instruction.mask) | instruction.match;
    const bits = setField(random >>> 0, 15, 5, S0);
    return /^f?l/.test(instruction.name) ? setField(bits, 7, 5, this.#register()) : bits;
  }

  #atomicAccess(): number {
    let instruction = this.#random.pick(atomic);
    // QEMU's sc.w behind an lr.d stores, but says that it did not.
    if (instruction.name.startsWith('lr.')) this.#reserved = instruction.name.at(-1);
    while (instruction.name.startsWith('sc.') && !instruction.name.endsWith(this.#reserved ?? '')) {
      instruction = this.#random.pick(storeConditional);
    }
    // s0 is odd: a misaligned access, which must trap. (QEMU's sc without a reservation fails before it looks.)
    const misaligned = !instruction.name.startsWith('sc.') && this.#random.below(8) === 0;
    return setField(this.#randomOf(instruction), 15, 5, misaligned ? S0 : S1);
  }

  /**
   * Scratch registers, which the trap handler uses alike on both machines, and one that cannot be written. QEMU
   * takes csrrs and csrrc of a register that holds 0 for no write at all, so only csrrw tries that one.
   */
  #csrAccess(): number {
    const instruction = this.#random.pick(csrAccess);
    const numbers = instruction.name.startsWith('csrrw')
      ? [0x340, 0x140, 0xf14, 1, 2, 3]
      : [0x340, 0x140, 1, 2, 3];
    return setField(this.#randomOf(instruction), 20, 12, this.#random.pick(numbers));
  }

  #word(bits: number): void {
    this.halves.push(bits & 0xffff, bits >>> 16);
  }

  /** A branch or jump forward over one instruction. */
  #skip(): void {
    const instruction = this.#random.pick(relative);
    const bits = ((this.#random.bits() & ~instruction.mask) | instruction.match) >>> 0;
    if (instruction.name === 'jal')
      this.#word(setField(setField(bits, 7, 5, this.#register()), 12, 20, 4 << 9));
    else this.#word(setField(setField(bits, 7, 5, 8), 25, 7, 0));
    this.#word(this.#randomOf(this.#random.pick(plain)));
  }

  #compressed(): void {
    while (true) {
      const spelling = this.#random.pick(compressed);
      if (/c\.(j|jr|jalr|beqz|bnez|ebreak)$/.test(spelling.name)) continue;
      const bits = (this.#random.bits() & ~spelling.mask & 0xffff) | spelling.match;
      const decoded = decode(bits);
      if (!decoded) continue;
      const { operands, instruction } = decoded;
      if (RESERVED.has(operands.rd) && !instruction.syntax.startsWith('fd')) continue;
      if (isMemory(instruction) && operands.rs1 !== SP && operands.rs1 !== S0 && operands.rs1 !== S1)
        continue;
      if (/c\.(j|jr|jalr|beqz|bnez|ebreak)$/.test(decoded.spelling!.name)) continue;
      this.halves.push(bits);
      return;
    }
  }

  /** Any bits that are no instruction of ours nor one the other machine may know: they must trap. */
  #anything(): void {
    // Custom-0 … custom-3 opcodes are nobody's.
    this.#word((this.#random.bits() & ~0x7f) | this.#random.pick([0x0b, 0x2b, 0x5b, 0x7b]));
  }
}

export interface RandomProgram {
  /** Flat binary for `BASE`, which shows no block. */
  readonly binary: Uint8Array;
  /** Code of each block, as halfwords, to show where two machines differ. */
  readonly blocks: readonly (readonly number[])[];
}

/**
 * The part that all random programs share, from the cross compiler.
 * @param directory where the assembler's files may lie
 */
export function assembleHarness(directory: string): Uint8Array {
  const stem = join(directory, 'harness');
  writeFileSync(`${stem}.S`, HARNESS);
  const toolchain = 'riscv64-linux-gnu-';
  execFileSync(`${toolchain}gcc`, [
    ...['-nostdlib', '-static', '-march=rv64gc', '-mabi=lp64d', '-mcmodel=medany', '-Wl,--build-id=none'],
    ...[`-Wl,-Ttext=0x${BASE.toString(16)},-Tbss=0x${BSS.toString(16)}`, '-Wl,--no-warn-rwx-segments'],
    ...['-o', `${stem}.elf`, `${stem}.S`],
  ]);
  execFileSync(`${toolchain}objcopy`, ['-O', 'binary', '-j', '.text', `${stem}.elf`, `${stem}.bin`]);
  return readFileSync(`${stem}.bin`);
}

/** @param length Instructions a block. */
export function randomProgram(
  harness: Uint8Array,
  seed: number,
  blockCount: number,
  length: number,
): RandomProgram {
  const random = new Random(seed);
  const blocks = Array.from({ length: blockCount }, () => {
    const writer = new BlockWriter(random);
    // Blocks start at any halfword, so that instructions cross pages.
    for (let i = 0; i < length; i++) writer.instruction();
    writer.ecall();
    return writer.halves;
  });
  const table = HEADER - BASE + HEADER_BYTES;
  const code = table + blockCount * ROW_WORDS * 8;
  const binary = new Uint8Array(code + 2 * blocks.reduce((sum, halves) => sum + halves.length, 0));
  const view = new DataView(binary.buffer);
  binary.set(harness);
  view.setBigUint64(HEADER - BASE, BigInt(blockCount), true);
  view.setBigInt64(HEADER - BASE + 8, -1n, true);
  let at = code;
  for (const [n, halves] of blocks.entries()) {
    [BigInt(BASE + at), ...startingState(random)].forEach((word, index) =>
      view.setBigUint64(table + (n * ROW_WORDS + index) * 8, word, true),
    );
    for (const half of halves) {
      view.setUint16(at, half, true);
      at += 2;
    }
  }
  return { binary, blocks };
}

/** The same program, which prints all registers, traps and so on of one block. */
export function showing(program: RandomProgram, block: number): RandomProgram {
  const binary = program.binary.slice();
  new DataView(binary.buffer).setBigUint64(HEADER - BASE + 8, BigInt(block), true);
  return { ...program, binary };
}

/** A row of the table, but for the block's address. */
function startingState(random: Random): bigint[] {
  const registers = Array.from({ length: 32 }, () => random.value());
  const numbers = Array.from({ length: 32 }, () => random.float());
  // Now and then a reserved rounding mode, or no floating point at all.
  const fcsr =
    (random.below(16) === 0 ? random.below(256) : random.below(5) << 5) | random.pick([0, 0, 1, 31]);
  const status = random.below(16) === 0 ? 0 : 0x2000;
  return [...registers, ...numbers, BigInt(fcsr), BigInt(status)];
}
