import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Measured {
  /** User and system time of the whole process, in seconds. */
  readonly cpuSeconds: number;
  readonly output: string;
}

export interface MeasuredWithMemory extends Measured {
  /** The most that was resident at once, in bytes; 0 where Linux's /proc does not tell. */
  readonly peakBytes: number;
}

const TIMED = ['-c', 'TIMEFORMAT="%U %S"; time "$@"', 'bash'];

/** Runs a command to its end and takes the CPU time that the kernel accounts to it, threads included. */
export function measure(command: string, args: readonly string[]): Measured {
  const run = spawnSync('bash', [...TIMED, command, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 26,
  });
  return {
    cpuSeconds: cpuSeconds(command, run.stderr, run.error?.message),
    output: run.stdout,
  };
}

/** The same, with the peak of the process's memory. */
export async function measureWithMemory(
  command: string,
  args: readonly string[],
): Promise<MeasuredWithMemory> {
  const run = spawn('bash', [...TIMED, command, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [output, errors, peakBytes] = ['', '', 0];
  run.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  run.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  // The high-water mark never falls: looking now and then misses only what the last moment adds.
  const poll = setInterval(() => (peakBytes = Math.max(peakBytes, peakOfChildren(run.pid))), 50);
  try {
    await new Promise((resolve, reject) => run.on('close', resolve).on('error', reject));
  } finally {
    clearInterval(poll);
  }
  return { cpuSeconds: cpuSeconds(command, errors), output, peakBytes };
}

function cpuSeconds(command: string, errors: string, problem = errors): number {
  const times = /([\d.]+) ([\d.]+)\s*$/.exec(errors);
  if (!times) throw new Error(`${command} did not run: ${problem}`);
  return Number(times[1]) + Number(times[2]);
}

/** What VmHWM says of the command that bash has started (proc(5)). */
function peakOfChildren(bash: number | undefined): number {
  try {
    const children = readFileSync(`/proc/${bash}/task/${bash}/children`, 'utf8').trim().split(' ');
    return Math.max(
      ...children.map((child) => {
        const status = readFileSync(`/proc/${child}/status`, 'utf8');
        return Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
      }),
    );
  } catch {
    return 0; // not started yet, gone already, or no Linux
  }
}

export const isInstalled = (command: string): boolean =>
  spawnSync(command, ['--version']).error === undefined;

export const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
