/*
 * What the permission timeline costs: npm run bench:timeline -- IMAGE INITRD [APPEND]
 *
 * The machine alone boots Linux to its power-off with the timeline on and off, in processes of their own and by turns
 * (BENCH_ROUNDS, default 5; BENCH_HARTS; BENCH_MEMORY in MiB). CPU seconds of the run; only their ratio means anything.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { linuxImage, Machine, PermissionTimeline } from '../emulator/index.ts';

interface Run {
  readonly seconds: number;
  readonly steps: string;
  readonly events: number;
  readonly tables: number;
  readonly megabytes: number;
}

const [image, initrd, append = 'console=ttyS0', mode] = process.argv.slice(2);
if (image === undefined || initrd === undefined) {
  console.error('usage: npm run bench:timeline -- IMAGE INITRD [APPEND]');
  process.exit(2);
}
const setting = (name: string, otherwise: number): number =>
  Number(process.env[`BENCH_${name}`] ?? otherwise);
if (mode === undefined) compare([image, initrd, append]);
else console.log(JSON.stringify(await boot(image, initrd, append, mode === 'on')));

async function boot(image: string, initrd: string, append: string, on: boolean): Promise<Run> {
  const machine = await Machine.create({
    image: linuxImage(new Uint8Array(readFileSync(image))),
    initrd: new Uint8Array(readFileSync(initrd)),
    commandLine: append,
    harts: setting('HARTS', 1),
    memory: setting('MEMORY', 512) << 20,
  });
  const before = process.cpuUsage();
  const timeline = on ? new PermissionTimeline(machine) : undefined;
  while (machine.exit === undefined) machine.run(1n << 40n);
  const { user, system } = process.cpuUsage(before);
  const { events, tables, bytes } = timeline?.size ?? { events: 0, tables: 0, bytes: 0 };
  return {
    seconds: (user + system) / 1e6,
    steps: machine.step.toString(),
    events,
    tables,
    megabytes: Number((bytes / 2 ** 20).toFixed(1)),
  };
}

function compare(args: readonly string[]): void {
  const runs: Record<'off' | 'on', Run[]> = { off: [], on: [] };
  console.log(`load before: ${loadavg()[0]!.toFixed(1)}`);
  for (let round = 0; round < setting('ROUNDS', 5); round++) {
    for (const which of ['off', 'on'] as const) {
      const file = fileURLToPath(import.meta.url);
      const child = spawnSync(process.execPath, ['--import', 'tsx', file, ...args, which], {
        encoding: 'utf8',
      });
      if (child.status !== 0) throw new Error(child.stderr);
      runs[which].push(JSON.parse(child.stdout.trim().split('\n').at(-1)!) as Run);
    }
  }
  const seconds = (which: 'off' | 'on'): number[] =>
    runs[which].map((run) => run.seconds).sort((a, b) => a - b);
  const [off, on] = [seconds('off'), seconds('on')];
  const last = runs.on.at(-1)!;
  console.log(`off: ${off.map((each) => each.toFixed(2)).join(' ')}`);
  console.log(`on:  ${on.map((each) => each.toFixed(2)).join(' ')}`);
  console.log(
    `minimum on/off: ${(on[0]! / off[0]!).toFixed(3)}, median on/off: ${(middle(on) / middle(off)).toFixed(3)}; ` +
      `${last.events} events, ${last.tables} tables, ${last.megabytes} MiB, ${last.steps} steps`,
  );
  console.log(`load after: ${loadavg()[0]!.toFixed(1)}`);
}

function middle(sorted: readonly number[]): number {
  return sorted[sorted.length >> 1]!;
}
