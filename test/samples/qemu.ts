/** The samples under QEMU with Debian's OpenSBI: somebody else's machine and somebody else's firmware. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const FIRMWARE = '/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_jump.elf';

export const RESUME_BUG = fileURLToPath(new URL('../../samples/resume-bug/', import.meta.url));
export const RESUME_BUG_ELF = `${RESUME_BUG}resume-bug.elf`;

export interface QemuRun {
  commandLine: string;
  harts?: number;
  /** Default: resume-bug. */
  image?: string;
}

/**
 * Boots a sample and returns what the kernel wrote to the console, without the firmware's banner. Which
 * hart boots is the firmware's choice, another one every time. A run that does not end is an error.
 */
export function boot({ commandLine, harts = 2, image = RESUME_BUG_ELF }: QemuRun): string {
  const { stdout, error } = spawnSync(
    'qemu-system-riscv64',
    [
      ...['-M', 'virt', '-m', '128M', '-smp', String(harts), '-nographic', '-no-reboot'],
      ...['-bios', FIRMWARE, '-kernel', image, '-append', commandLine],
    ],
    { encoding: 'utf8', timeout: 30_000, input: '' },
  );
  if (error) throw error;
  return stdout.slice(stdout.indexOf('[    0.000000]')).replaceAll('\r', '');
}

function binutils(tool: string, args: string[]): string {
  const { stdout, error } = spawnSync(`riscv64-linux-gnu-${tool}`, args, { encoding: 'utf8' });
  if (error) throw error;
  return stdout;
}

/** "symbol+offset" (offset in decimal) of the variable or function that an address lies in, by nm. */
export function symbolAt(address: bigint): string {
  for (const line of binutils('nm', ['--print-size', RESUME_BUG_ELF]).split('\n')) {
    const [start, size, , name] = line.split(' ');
    if (name === undefined) continue;
    const offset = address - BigInt(`0x${start ?? ''}`);
    if (offset >= 0n && offset < BigInt(`0x${size ?? ''}`)) return `${name}+${offset.toString()}`;
  }
  return 'no symbol';
}

export interface SourceFrame {
  function: string;
  file: string;
  line: number;
}

/** Where an instruction comes from by addr2line: the innermost inlined function first. */
export function sourceAt(pc: bigint): SourceFrame[] {
  const lines = binutils('addr2line', ['-fie', RESUME_BUG_ELF, pc.toString(16)])
    .trimEnd()
    .split('\n');
  const frames: SourceFrame[] = [];
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const [, file, line] = /^(?:\.\/)*(.*):(\d+)/.exec(lines[i + 1] ?? '') ?? [];
    frames.push({ function: lines[i] ?? '', file: file ?? '', line: Number(line) });
  }
  return frames;
}
