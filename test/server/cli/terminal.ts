/** Runs `sealscope` on a real (pseudo) terminal, by util-linux's script(1). */
import { spawn } from 'node:child_process';
import { root, sealscope } from './sealscope.ts';

export interface TerminalRun {
  readonly status: number | undefined;
  /** Everything the terminal showed, control sequences included. */
  readonly screen: string;
}

export interface Typing {
  /** Text to wait for on the screen, after what came before. */
  readonly after: string;
  readonly keys: string;
}

/** Types each text once what it answers has appeared. */
export async function onTerminal(
  args: readonly string[],
  typing: readonly Typing[],
  env: NodeJS.ProcessEnv = {},
): Promise<TerminalRun> {
  const command = [process.execPath, sealscope, ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd: root,
    env: { ...process.env, NO_COLOR: '', TERM: 'xterm', COLUMNS: '100', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let screen = '';
  let seen = 0;
  const waiting = [...typing];
  child.stdout.on('data', (bytes: Buffer) => {
    screen += bytes.toString();
    const next = waiting[0];
    const found = next === undefined ? -1 : screen.indexOf(next.after, seen);
    if (next === undefined || found === -1) return;
    seen = found + next.after.length;
    waiting.shift();
    child.stdin.write(next.keys);
  });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { status: status ?? undefined, screen };
}
