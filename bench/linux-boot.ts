/*
 * Linux from reset to power-off, here and on QEMU's TCG: npm run bench:linux -- IMAGE INITRD [APPEND]
 *
 * The initramfs must power the machine off by itself. One hart and the same memory on both, OpenSBI on QEMU and the
 * built-in firmware here; rounds are interleaved (BENCH_ROUNDS, default 3; BENCH_MEMORY, default 512M), whole
 * processes are timed by their CPU time. Only ratios within one run mean anything.
 */
import { loadavg } from 'node:os';
import { measureWithMemory, type MeasuredWithMemory } from './measure.ts';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3);
const MEMORY = process.env['BENCH_MEMORY'] ?? '512M';

const [image, initrd, append = 'console=ttyS0'] = process.argv.slice(2);
if (image === undefined || initrd === undefined) {
  console.error('usage: npm run bench:linux -- IMAGE INITRD [APPEND]');
  process.exit(2);
}

interface Engine {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly runs: MeasuredWithMemory[];
}

const boot = ['--initrd', initrd, '--append', append, '--memory', MEMORY, '--json', '--stats'];
const ours: Engine = {
  name: 'sealscope',
  command: process.execPath,
  args: ['dist/sealscope.js', 'run', ...boot, image],
  runs: [],
};
const qemu: Engine = {
  name: 'QEMU TCG',
  command: 'qemu-system-riscv64',
  args: [
    ...['-M', 'virt', '-accel', 'tcg', '-smp', '1', '-m', MEMORY, '-nographic', '-no-reboot'],
    ...['-kernel', image, '-initrd', initrd, '-append', append],
  ],
  runs: [],
};

/** What a run here retired; it must have ended well. */
function instructionsOf(output: string): bigint {
  const exit = output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { event: string; reason?: string; instructions?: string })
    .find(({ event }) => event === 'exit');
  if (exit?.reason !== 'pass') throw new Error(`the guest did not power off: ${JSON.stringify(exit)}`);
  return BigInt(exit.instructions ?? 0);
}

function checkQemu(output: string): void {
  if (!output.includes('Power down'))
    throw new Error(`the guest did not power off on QEMU: ${output.slice(-400)}`);
}

const sorted = (engine: Engine): number[] =>
  engine.runs.map(({ cpuSeconds }) => cpuSeconds).sort((a, b) => a - b);
const median = (values: readonly number[]): number =>
  ((values[(values.length - 1) >> 1] ?? NaN) + (values[values.length >> 1] ?? NaN)) / 2;

const rounded = (seconds: number): number => Number(seconds.toFixed(2));

let instructions = 0n;
console.log(`load before: ${loadavg()[0]!.toFixed(1)}`);
for (let round = 0; round < ROUNDS; round++) {
  for (const engine of [ours, qemu]) {
    const run = await measureWithMemory(engine.command, engine.args);
    if (engine === ours) instructions = instructionsOf(run.output);
    else checkQemu(run.output);
    engine.runs.push(run);
  }
}

console.log(`CPU seconds of ${ROUNDS} interleaved rounds, load after: ${loadavg()[0]!.toFixed(1)}`);
console.table(
  Object.fromEntries(
    [ours, qemu].map((engine) => {
      const seconds = sorted(engine);
      const peak = Math.max(...engine.runs.map(({ peakBytes }) => peakBytes));
      const row = {
        min: rounded(seconds[0]!),
        median: rounded(median(seconds)),
        max: rounded(seconds.at(-1)!),
      };
      return [engine.name, { ...row, 'peak MB': Math.round(peak / 2 ** 20) }];
    }),
  ),
);
const ratio = median(sorted(ours)) / median(sorted(qemu));
const mips = Number(instructions) / median(sorted(ours)) / 1e6;
console.log(
  `sealscope takes ${ratio.toFixed(2)} times as long as QEMU TCG; ` +
    `${instructions} instructions here, ${mips.toFixed(0)} MIPS`,
);
