import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { disassemble } from '../../../emulator/isa/disassemble.ts';
import type { Instruction } from '../../../emulator/isa/instruction.ts';
import { compressed, decode, instructions } from '../../../emulator/isa/table.ts';

/*
 * The oracle is GNU objdump: code words go into an object that says it has all of our extensions, objdump's text comes
 * back line by line. Where it knows extensions that this machine lacks, it prints an instruction and we a word; those
 * are left out.
 */
const ARCHITECTURE = 'rv64gc_zicbom_zicboz_zihintpause_zba_zbb_zbs_svinval';
/** Binutils 2.40 does not know them. */
const UNKNOWN_TO_OBJDUMP = /^czero\./;

let directory: string;
beforeAll(() => (directory = mkdtempSync(join(tmpdir(), 'sealscope-'))));
afterAll(() => rmSync(directory, { recursive: true }));

interface Line {
  readonly address: number;
  readonly bits: number;
  readonly text: string;
}

function objdump(code: Uint8Array): Line[] {
  const file = (extension: string): string => join(directory, `code.${extension}`);
  writeFileSync(file('bin'), code);
  writeFileSync(file('s'), `.incbin "${file('bin')}"\n`);
  execFileSync('riscv64-linux-gnu-as', [`-march=${ARCHITECTURE}`, '-o', file('o'), file('s')]);
  // Without the symbol that says it is data.
  execFileSync('riscv64-linux-gnu-strip', ['-s', file('o')]);
  const out = execFileSync('riscv64-linux-gnu-objdump', ['-d', '--no-show-raw-insn', '-z', file('o')], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const view = new DataView(code.buffer);
  return [...out.matchAll(/^ +([0-9a-f]+):\t(.*)$/gm)].map(([, at, text]) => {
    const address = parseInt(at!, 16);
    const bits = address + 4 <= code.length ? view.getUint32(address, true) : view.getUint16(address, true);
    return { address, bits, text: spelledOut(text!.replace(/\s+#.*/, '').trim()) };
  });
}

const ours = (line: Line): string => {
  const { mnemonic, operands } = disassemble(line.bits, BigInt(line.address));
  return operands ? `${mnemonic}\t${operands}` : mnemonic;
};

/**
 * objdump writes `add a0,a0,1` for a compressed addi, and `add` for a hint that adds nothing; we write the
 * instruction that runs, whatever its length.
 */
function spelledOut(text: string): string {
  return text
    .replace(
      /^(and|or|xor|add|sll|srl|sra|ror|bclr|bext|binv|bset)(w?)(\t\w+,\w+,(-?\d+|0x[0-9a-f]+))$/,
      '$1i$2$3',
    )
    .replace(/^(csrr?[wsc])(\t.*,\d+)$/, '$1i$2')
    .replace(/^addi\t(\w+),\1,0$/, 'mv\t$1,$1')
    .replace(/^add\t(\w+),zero,/, 'mv\t$1,');
}

/** A small xorshift: tests need the same words every time. */
function* words(seed: number): Generator<number> {
  let state = seed;
  while (true) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    yield state >>> 0;
  }
}

/** Bits that a random word may fill: the operands, less reserved fields and CSRs that only one of us names. */
function operandBits(instruction: Instruction): number {
  if (instruction.name === 'fence') return 0x0ff00000;
  if (instruction.name === 'fence.i') return 0;
  // objdump knows only one rounding mode of exact conversions.
  if (/^fcvt\.d\.(wu?|s)$/.test(instruction.name)) return ~instruction.mask & ~0x7000;
  return instruction.syntax.includes('csr') ? 0xfff80 & ~instruction.mask : ~instruction.mask;
}
const CSRS = [0x100, 0x105, 0x141, 0x180, 0x300, 0x305, 0x344, 0x3a2, 0x3b5, 0xb02, 0xc01, 0xf14];

const wide = (list: readonly number[]): Uint8Array => new Uint8Array(Uint32Array.from(list).buffer);

describe('disassembly agrees with objdump', () => {
  const known = instructions.filter(({ name }) => !UNKNOWN_TO_OBJDUMP.test(name));
  it.each(known.map((i) => [i.name, i] as const))('%s with random operands', (_name, instruction) => {
    const random = words(instruction.match | 1);
    const code = Array.from({ length: 64 }, (_, i) => {
      const csr = instruction.syntax.includes('csr') ? CSRS[i % CSRS.length]! << 20 : 0;
      return ((random.next().value as number) & operandBits(instruction)) | instruction.match | csr;
    });
    const lines = objdump(wide(code));
    expect(lines).toHaveLength(code.length);
    for (const line of lines) expect(ours(line)).toBe(line.text);
  });

  it('every 16-bit encoding', () => {
    const halves = Array.from({ length: 65536 }, (_, i) => i).filter((i) => (i & 3) !== 3);
    const lines = objdump(new Uint8Array(Uint16Array.from(halves).buffer));
    expect(lines).toHaveLength(halves.length);
    // Hints have a c. prefix; 0 is unimp to objdump and illegal to us.
    const others = /^(c\.|unimp)/;
    const reservedForUs = 0x6101; // c.addi16sp by 0
    const differing = lines
      .filter((line) => !others.test(line.text) && (line.bits & 0xffff) !== reservedForUs)
      .filter((line) => ours(line) !== line.text)
      .map((line) => `${(line.bits & 0xffff).toString(16)}: objdump ${line.text}, ours ${ours(line)}`);
    expect(differing).toEqual([]);
  });
});

it('no two instructions claim the same encoding', () => {
  for (const a of instructions) {
    expect(decode(a.match)?.instruction.name).toBe(a.name);
    for (const b of instructions) {
      if (a !== b && ((a.match ^ b.match) & a.mask & b.mask) === 0) {
        // ecall and its like are single words of an otherwise empty encoding space; nothing else may overlap.
        expect([a.name, b.name]).toEqual([]);
      }
    }
  }
  expect(new Set(compressed.map((c) => c.name)).size).toBe(compressed.length);
});
