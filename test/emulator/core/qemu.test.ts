import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { flatImage, Machine } from '../../../emulator/index.ts';
import { privilegedProgram, type Program } from './privileged.ts';

/*
 * Translation, protection, delegation, interrupts and registers on random trials, with QEMU as the oracle.
 * More of them: PRIVILEGED_SEED=1000 PRIVILEGED_PROGRAMS=100 npx vitest run test/emulator/core/qemu.test.ts
 */
const FIRST_SEED = Number(process.env['PRIVILEGED_SEED'] ?? 1);
const PROGRAMS = Number(process.env['PRIVILEGED_PROGRAMS'] ?? 2);
const TRIALS = 600;

let directory: string;
beforeAll(() => (directory = mkdtempSync(join(tmpdir(), 'sealscope-'))));
afterAll(() => rmSync(directory, { recursive: true }));

/** Without Smaia QEMU takes the interrupt of the lowest number first; and it is to have what the machine has. */
const CPU = 'rv64,h=off,sstc=off,x-smaia=on,svnapot=on,svpbmt=on';
const ISA = 'rv64gc_svnapot_svpbmt';

function runQemu({ elf }: Program): string {
  const options = [
    '-M',
    'virt',
    '-cpu',
    CPU,
    '-nographic',
    '-bios',
    'none',
    '-kernel',
    elf,
    '-m',
    '128M',
    '-smp',
    '2',
  ];
  return execFileSync('qemu-system-riscv64', options, {
    encoding: 'latin1',
    timeout: 60_000,
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function runOurs({ binary }: Program): Promise<string> {
  const image = flatImage(binary, 0x8000_0000n);
  const machine = await Machine.create({ image, firmware: 'none', memory: 128 << 20, mmu: 'sv57', isa: ISA });
  let output = '';
  machine.observe({ console: (bytes) => (output += String.fromCharCode(...bytes)) });
  expect(machine.run(500_000_000n)).toMatchObject({ kind: 'exit', reason: 'pass' });
  return output;
}

/** A line of a translation that faulted: cause, tval, value, PTEs. */
const FAULT = /^0{15}[1-7c-f] /;

/**
 * Where the specification leaves room or QEMU 7.2 strays from it: A and D may be set or not by an access that faults
 * in the end, the access fault of an AMO is one of a store (QEMU says load where there is no RAM), and that of an
 * access across pages has the address of its first byte there (QEMU rounds it down).
 */
function normalise(line: string, trial: string): string {
  if (!FAULT.test(line) || !trial.includes('ptes')) return line;
  const [cause, tval, value, ...ptes] = line
    .trim()
    .split(' ')
    .map((word) => BigInt(`0x${word}`));
  const fixed = trial.startsWith('amo') && cause === 5n ? 7n : cause;
  const blamed = trial.includes('across') && (fixed === 5n || fixed === 7n) ? 0n : tval;
  return [fixed, blamed, value, ...ptes.map((pte) => pte & ~0xc0n)].join(' ');
}

const seeds = Array.from({ length: PROGRAMS }, (_, i) => FIRST_SEED + i);
it.each(seeds)('privileged program %i runs as on QEMU', async (seed) => {
  const program = privilegedProgram(directory, seed, TRIALS);
  const lines = (output: string): string[] => output.replaceAll('\r', '').trimEnd().split('\n');
  const expected = lines(runQemu(program));
  const actual = lines(await runOurs(program));
  expect(expected).toHaveLength(program.trials.length);
  const differing = program.trials.flatMap((trial, i) =>
    normalise(actual[i] ?? '', trial) === normalise(expected[i]!, trial) ? [] : [i],
  );
  const about = (output: readonly string[]): string[] =>
    differing.slice(0, 20).map((i) => `${program.trials[i]!}\n  ${output[i] ?? 'nothing'}`);
  expect(about(actual)).toEqual(about(expected));
});
