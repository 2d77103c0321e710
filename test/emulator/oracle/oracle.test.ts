import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { disassemble } from '../../../emulator/isa/disassemble.ts';
import { flatImage, Machine } from '../../../emulator/index.ts';
import { randomProgram, type RandomProgram } from './program.ts';

/*
 * QEMU is the oracle: both machines run the same random programs and must print the same registers, traps and
 * checksums. More of them: ORACLE_SEED=1000 ORACLE_PROGRAMS=500 npm run oracle
 */
const FIRST_SEED = Number(process.env['ORACLE_SEED'] ?? 1);
const PROGRAMS = Number(process.env['ORACLE_PROGRAMS'] ?? 6);
const BLOCKS = 250;

let directory: string;
beforeAll(() => (directory = mkdtempSync(join(tmpdir(), 'sealscope-'))));
afterAll(() => rmSync(directory, { recursive: true }));

/** What this machine has and more, with which random bits that are no instruction of ours would not trap. */
const CPU = 'rv64,h=off,svinval=on';

// With one hart alone QEMU splits AMOs into loads and stores, and reports a misaligned one as a load.
const runQemu = (program: RandomProgram): string =>
  execFileSync(
    'qemu-system-riscv64',
    [
      '-M',
      'virt',
      '-cpu',
      CPU,
      '-nographic',
      '-bios',
      'none',
      '-kernel',
      program.elf,
      '-m',
      '128M',
      '-smp',
      '2',
    ],
    { encoding: 'latin1', timeout: 60_000, maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'inherit'] },
  );

async function runOurs(program: RandomProgram): Promise<string> {
  const machine = await Machine.create({
    image: flatImage(program.binary, 0x8000_0000n),
    firmware: 'none',
    memory: 128 << 20,
  });
  let output = '';
  machine.observe({ console: (bytes) => (output += String.fromCharCode(...bytes)) });
  expect(machine.run(100_000_000n)).toMatchObject({ kind: 'exit', reason: 'pass' });
  return output;
}

/** The block as assembly, for the message of a failed comparison. */
function listing(halves: readonly number[]): string {
  const lines: string[] = [];
  for (let i = 0; i < halves.length;) {
    const { mnemonic, operands, length } = disassemble(halves[i]! | ((halves[i + 1] ?? 0) << 16), 0n);
    lines.push(`+${(i * 2).toString(16)}\t${mnemonic} ${operands}`);
    i += length / 2;
  }
  return lines.join('\n');
}

const seeds = Array.from({ length: PROGRAMS }, (_, i) => FIRST_SEED + i);
it.each(seeds)('random program %i runs as on QEMU', async (seed) => {
  const program = randomProgram(directory, seed, BLOCKS);
  const expected = runQemu(program).split('\n');
  const actual = (await runOurs(program)).split('\n');
  expect(expected).toHaveLength(BLOCKS + 1);
  for (const [block, line] of expected.entries()) {
    if (actual[block] !== line) {
      expect
        .soft(
          actual[block]?.split(' '),
          `block ${block} of seed ${seed}:\n${listing(program.blocks[block]!)}`,
        )
        .toEqual(line.split(' '));
      break;
    }
  }
});
