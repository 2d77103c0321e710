import { spawnSync } from 'node:child_process';

export interface Measured {
  /** User and system time of the whole process, in seconds. */
  readonly cpuSeconds: number;
  readonly output: string;
}

/** Runs a command to its end and takes the CPU time that the kernel accounts to it, threads included. */
export function measure(command: string, args: readonly string[]): Measured {
  const script = 'TIMEFORMAT="%U %S"; time "$@"';
  const run = spawnSync('bash', ['-c', script, 'bash', command, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 26,
  });
  const times = /([\d.]+) ([\d.]+)\s*$/.exec(run.stderr);
  if (!times) throw new Error(`${command} did not run: ${run.error?.message ?? run.stderr}`);
  return { cpuSeconds: Number(times[1]) + Number(times[2]), output: run.stdout };
}

export const isInstalled = (command: string): boolean =>
  spawnSync(command, ['--version']).error === undefined;

export const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
