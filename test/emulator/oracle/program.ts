import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Instruction } from '../../../emulator/isa/instruction.ts';
import { compressed, decode, instructions } from '../../../emulator/isa/table.ts';
import { Random } from './random.ts';

/*
 * A random program in M-mode for two machines to run: blocks of random instructions, after each of which the
 * guest prints every register, fcsr, mstatus.FS and a checksum of its data over the UART. Traps are part of the game:
 * the handler prints cause, value and the trapping offset and goes on behind the instruction.
 *
 * Reserved registers: s0, s1 and sp point into the data (to odd addresses, to aligned ones and for the stack-relative forms); gp and tp
 * belong to the harness. Everything else is random.
 */
const DATA_BYTES = 8192;
const [SP, GP, TP, S0, S1] = [2, 3, 4, 8, 9] as const;
const RESERVED: ReadonlySet<number> = new Set([SP, GP, TP, S0, S1]);

const ROW_BYTES = 8 * (1 + 32 + 32 + 2);
const floats = (line: (n: number) => string): string =>
  Array.from({ length: 32 }, (_, n) => line(n)).join('\n        ');

const HARNESS = (blocks: number): string => `
        .option nopic
        .text
        .globl _start
_start: csrr    t0, mhartid
        bnez    t0, .
        la      t0, trap
        csrw    mtvec, t0
        li      t0, 0x3800              # mret stays in M-mode; floating point is on
        csrs    mstatus, t0
        la      gp, blocks
        li      tp, 0
1:      li      t0, ${blocks}
        bgeu    tp, t0, finish
        # a row of the table: the block's address, then 32 registers, 32 floating-point ones, fcsr and mstatus.FS
        ld      t0, 0(gp)
        mv      sp, gp
        csrw    mepc, t0
        ${floats((n) => `fld f${n}, ${264 + n * 8}(sp)`)}
        ld      t0, 520(sp)
        csrw    fcsr, t0
        li      t0, 0x6000
        csrc    mstatus, t0
        ld      t0, 528(sp)
        csrs    mstatus, t0
        ${Array.from({ length: 32 }, (_, n) => (n === 0 || RESERVED.has(n) ? '' : `ld x${n}, ${8 + n * 8}(sp)`)).join('\n        ')}
        la      s0, data + ${DATA_BYTES / 2 + 1}
        la      s1, data + ${DATA_BYTES / 4}
        la      sp, data
        mret
        .balign 4
trap:   # ecall ends a block; anything else is printed and skipped
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
        call    hex
        csrr    a0, mtval
        call    hex
        csrr    a0, mepc
        call    hex
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
        ${Array.from({ length: 32 }, (_, n) => (n === 0 || n === 5 ? '' : `sd x${n}, ${n * 8}(t0)`)).join('\n        ')}
        csrr    a0, mscratch
        sd      a0, 40(t0)
        mv      s3, t0
        li      s4, 32
3:      ld      a0, 0(s3)
        call    hex
        addi    s3, s3, 8
        addi    s4, s4, -1
        bnez    s4, 3b
        csrr    s3, mstatus             # whether FS is off
        li      s4, 0x6000
        and     s3, s3, s4
        snez    a0, s3
        call    hex
        csrs    mstatus, s4
        csrr    a0, fcsr
        call    hex
        la      s3, registers
        ${floats((n) => `fsd f${n}, ${n * 8}(s3)`)}
        li      s4, 32
3:      ld      a0, 0(s3)
        call    hex
        addi    s3, s3, 8
        addi    s4, s4, -1
        bnez    s4, 3b
        # checksum of the data
        la      s3, data
        li      s4, ${DATA_BYTES / 8}
        li      a0, 0
4:      ld      a1, 0(s3)
        slli    a2, a0, 7
        srli    a0, a0, 57
        or      a0, a0, a2
        xor     a0, a0, a1
        addi    s3, s3, 8
        addi    s4, s4, -1
        bnez    s4, 4b
        call    hex
        li      a0, 10
        call    putchar
        addi    tp, tp, 1
        addi    gp, gp, ${ROW_BYTES}
        li      t0, 0x3800
        csrs    mstatus, t0
        j       1b
finish: lui     t0, 0x10000             # the last character is out (LSR bit 6)
        lbu     t1, 5(t0)
        andi    t1, t1, 64
        beqz    t1, finish
        li      t0, 0x100000
        li      t1, 0x5555
        sw      t1, 0(t0)
5:      j       5b
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
        .bss
        .balign 64
trapsave: .skip 64
registers: .skip 256
        .balign 4096
data:   .skip ${DATA_BYTES}
`;

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
  /** Flat binary for 0x80000000. */
  readonly binary: Uint8Array;
  readonly elf: string;
  /** Code of each block, as halfwords, to show where two machines differ. */
  readonly blocks: readonly (readonly number[])[];
}

/** @param directory where the assembler's files may lie */
export function randomProgram(
  directory: string,
  seed: number,
  blockCount: number,
  length = 40,
): RandomProgram {
  const random = new Random(seed);
  const blocks = Array.from({ length: blockCount }, () => {
    const writer = new BlockWriter(random);
    // Blocks start at any halfword, so that instructions cross pages.
    for (let i = 0; i < length; i++) writer.instruction();
    writer.ecall();
    return writer.halves;
  });
  const table = blocks.map((_, n) => {
    const registers = Array.from({ length: 32 }, () => `0x${random.value().toString(16)}`);
    const numbers = Array.from({ length: 32 }, () => `0x${random.float().toString(16)}`);
    // Now and then a reserved rounding mode, or no floating point at all.
    const fcsr =
      (random.below(16) === 0 ? random.below(256) : random.below(5) << 5) | random.pick([0, 0, 1, 31]);
    const status = random.below(16) === 0 ? 0 : 0x2000;
    return `.dword block${n}, ${[...registers, ...numbers, fcsr, status].join(', ')}`;
  });
  const code = blocks.map((halves, n) => `block${n}: .hword ${halves.join(', ')}`);
  const source = `${HARNESS(blockCount)}\n.text\n${code.join('\n')}\n.data\n.balign 8\nblocks:\n${table.join('\n')}\n`;
  const stem = join(directory, `random-${seed}`);
  writeFileSync(`${stem}.S`, source);
  const toolchain = 'riscv64-linux-gnu-';
  execFileSync(`${toolchain}gcc`, [
    ...['-nostdlib', '-static', '-march=rv64gc', '-mabi=lp64d', '-mcmodel=medany', '-Wl,--build-id=none'],
    ...['-Wl,-Ttext=0x80000000', '-Wl,--no-warn-rwx-segments', '-o', `${stem}.elf`, `${stem}.S`],
  ]);
  execFileSync(`${toolchain}objcopy`, ['-O', 'binary', `${stem}.elf`, `${stem}.bin`]);
  return { binary: readFileSync(`${stem}.bin`), elf: `${stem}.elf`, blocks };
}
