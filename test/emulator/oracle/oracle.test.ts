import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { disassemble } from '../../../emulator/isa/disassemble.ts';
import { flatImage, Machine } from '../../../emulator/index.ts';
import { assembleHarness, BASE, randomProgram, showing, type RandomProgram } from './program.ts';

/*
 * QEMU is the oracle: both machines run the same random programs and must end each block with the same registers,
 * traps and data. By default a million random instructions; more of them, or others:
 * ORACLE_SEED=1000 ORACLE_PROGRAMS=500 npm run oracle
 */
const FIRST_SEED = Number(process.env['ORACLE_SEED'] ?? 1);
const PROGRAMS = Number(process.env['ORACLE_PROGRAMS'] ?? 25);
const BLOCKS = 1000;
const INSTRUCTIONS = 40;

let directory: string;
let harness: Uint8Array;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sealscope-'));
  harness = assembleHarness(directory);
});
afterAll(() => rmSync(directory, { recursive: true }));

/** What this machine has and more, with which random bits that are no instruction of ours would not trap. */
const CPU = 'rv64,h=off,svinval=on';
const run = promisify(execFile);

// With one hart alone QEMU splits AMOs into loads and stores, and reports a misaligned one as a load.
async function runQemu({ binary }: RandomProgram): Promise<string> {
  const file = join(directory, 'program.bin');
  writeFileSync(file, binary);
  const args = ['-M', 'virt', '-cpu', CPU, '-nographic', '-bios', file, '-m', '128M', '-smp', '2'];
  const { stdout } = await run('qemu-system-riscv64', args, { timeout: 60_000, maxBuffer: 1 << 28 });
  return stdout;
}

async function runOurs({ binary }: RandomProgram): Promise<string> {
  const machine = await Machine.create({
    image: flatImage(binary, BigInt(BASE)),
    firmware: 'none',
    memory: 128 << 20,
  });
  let output = '';
  machine.observe({ console: (bytes) => (output += String.fromCharCode(...bytes)) });
  expect(machine.run(1_000_000_000n)).toMatchObject({ kind: 'exit', reason: 'pass' });
  return output;
}

/** A line a block, from both; QEMU runs beside us. */
async function runBoth(program: RandomProgram): Promise<{ expected: string[]; actual: string[] }> {
  const [expected, actual] = await Promise.all([runQemu(program), runOurs(program)]);
  return { expected: expected.split('\n'), actual: actual.split('\n') };
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
  const program = randomProgram(harness, seed, BLOCKS, INSTRUCTIONS);
  const { expected, actual } = await runBoth(program);
  expect(expected).toHaveLength(BLOCKS + 1);
  const block = expected.findIndex((line, index) => line !== actual[index]);
  if (block < 0) return;
  // The checksums differ from this block on: again, with all that went into them.
  const shown = await runBoth(showing(program, block));
  expect(
    shown.actual[block]?.split(' '),
    `block ${block} of seed ${seed}:\n${listing(program.blocks[block]!)}`,
  ).toEqual(shown.expected[block]!.split(' '));
});
