/** The process around a run: streams, signals, exit statuses. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { KeyReader } from '../../../server/cli/guestInput.ts';
import { assemble, file } from './guests.ts';
import { onTerminal } from './terminal.ts';
import { JsonRun, runJson, runSample, runSealscope, sampleImage, startSealscope } from './sealscope.ts';

const uart = '0x10000000';
const finisher = '0x100000';

/** Says that it runs, for who waits for that. */
const announcing = `li t0, ${uart}
li t1, '!'
sb t1, 0(t0)
`;
const endless = `.globl _start
_start: ${announcing}
1: j 1b
`;
const trapping = `.globl _start
_start: ${announcing}
la t0, 1f
csrw stvec, t0
.balign 4
1: .word 0
`;
const waiting = '.globl _start\n_start: wfi\nj _start\n';
/** Stores a word to the test finisher. */
const finishing = (word: string): string => `.globl _start
_start: li t0, ${finisher}
li t1, ${word}
sw t1, 0(t0)
1: j 1b
`;
/** Echoes what is typed, until q. */
const echoing = `.globl _start
_start: li t0, ${uart}
1: lbu t1, 5(t0)
andi t1, t1, 1
beqz t1, 1b
lbu t1, 0(t0)
sb t1, 0(t0)
li t2, 'q'
bne t1, t2, 1b
li t0, ${finisher}
li t1, 0x5555
sw t1, 0(t0)
2: j 2b
`;

describe('exit statuses', () => {
  it.each<[string, string, { reason: string; status: number }, number]>([
    ['pass', finishing('0x5555'), { reason: 'pass', status: 0 }, 0],
    ['failure 3', finishing('0x33333'), { reason: 'fail', status: 3 }, 1],
    ['reset', finishing('0x7777'), { reason: 'reboot', status: 0 }, 0],
    ['idle', waiting, { reason: 'idle', status: 0 }, 1],
  ])('%s', async (name, source, exit, status) => {
    const run = await runJson([assemble(`${name}.elf`, source)]);
    expect(run.exit).toMatchObject(exit);
    expect(run.status).toBe(status);
  });
});

describe('interruptions', () => {
  it.each<[NodeJS.Signals, string, number]>([
    ['SIGINT', endless, 130],
    ['SIGTERM', trapping, 143],
  ])('%s ends a run cleanly', async (signal, source, status) => {
    const args = ['run', '--json', assemble(`${signal}.elf`, source)];
    const child = startSealscope(args);
    let stdout = '';
    child.stdout!.on('data', (bytes: Buffer) => (stdout += bytes.toString()));
    await once(child.stdout!, 'data');
    child.kill(signal);
    const [code] = (await once(child, 'close')) as [number | null];
    const run = new JsonRun({ status: code ?? undefined, stdout, stderr: '' }, args);
    expect(run.exit.reason).toBe('stop');
    expect(code).toBe(status);
  });

  it('a reader that goes away ends it too', async () => {
    const talking = assemble(
      'talking.elf',
      `.globl _start\n_start: li t0, ${uart}\nli t1, '\\n'\n1: sb t1, 0(t0)\nj 1b\n`,
    );
    const child = startSealscope(['run', talking]);
    let stderr = '';
    child.stderr!.on('data', (bytes: Buffer) => (stderr += bytes.toString()));
    await once(child.stdout!, 'data');
    child.stdout!.destroy();
    const [code] = (await once(child, 'close')) as [number | null];
    expect(code).toBe(141);
    expect(stderr).not.toContain('EPIPE');
  });
});

describe('the console', () => {
  const image = assemble('echo.elf', echoing);

  it('--input types a file', async () => {
    const run = await runJson(['--input', file('typed', 'seal? q'), image]);
    expect(run.console).toBe('seal? q');
    expect(run.exit.reason).toBe('pass');
  });

  it('--input - types what stdin holds', async () => {
    const { status, stdout } = await runSealscope(['run', '--input', '-', image], { stdin: 'all of it q' });
    expect(stdout).toBe('all of it q');
    expect(status).toBe(0);
  });

  it('typed input is part of what makes a run: the same steps again', async () => {
    const once = await runJson(['--stats', '--input', file('typed', 'abcq'), image]);
    const again = await runJson(['--stats', '--input', file('typed', 'abcq'), image]);
    expect(again.exit.instructions).toBe(once.exit.instructions);
    expect(again.exit.stateHash).toBe(once.exit.stateHash);
  });

  it('--console takes the output', async () => {
    const path = file('console', '');
    const { stdout } = await runSealscope(['run', '--console', path, '--input', file('typed', 'q'), image]);
    expect(stdout).toBe('');
    expect(readFileSync(path, 'utf8')).toBe('q');
  });
});

describe("a terminal's keys", () => {
  it.each<[string, string, { sent: string; shown: number; quits: number }]>([
    ['are the guest’s', 'ls\r\u0003', { sent: 'ls\r\u0003', shown: 0, quits: 0 }],
    ['Ctrl-A x ends', 'a\u0001x', { sent: 'a', shown: 0, quits: 1 }],
    ['Ctrl-A Ctrl-A is Ctrl-A', '\u0001\u0001x', { sent: '\u0001x', shown: 0, quits: 0 }],
    ['Ctrl-A h helps', '\u0001h', { sent: '', shown: 1, quits: 0 }],
    ['Ctrl-A and any other key is nothing', '\u0001zb', { sent: 'b', shown: 0, quits: 0 }],
  ])('%s', (_, typed, expected) => {
    const seen = { sent: '', shown: 0, quits: 0 };
    const reader = new KeyReader({
      send: (bytes) => (seen.sent += new TextDecoder().decode(bytes)),
      show: () => seen.shown++,
      quit: () => seen.quits++,
    });
    // A prefix may be the last byte of one read and its key the first of the next.
    for (const byte of new TextEncoder().encode(typed)) reader.read(Uint8Array.of(byte));
    expect(seen).toEqual(expected);
  });
});

it('on a terminal the keyboard is the guest’s, Ctrl-C included, until Ctrl-A x', async () => {
  const image = assemble('prompting.elf', echoing.replace('_start:', `_start: ${announcing}\n`));
  const { status, screen } = await onTerminal(
    ['run', image],
    [
      { after: '!', keys: 'hi\u0003 there' },
      { after: 'there', keys: '\u0001x' },
    ],
  );
  expect(screen).toContain('!hi\u0003 there');
  expect(screen).toMatch(/sealscope: stopped \(step [\d,]+\)/);
  expect(status).toBe(0);
});

describe('a seal that was asked for and never came', () => {
  it.each<[string, string[], RegExp]>([
    [
      'nothing is mapped yet',
      ['--max-instructions', '5000'],
      /cpu_caps was never sealed: hart 0 runs without paging/,
    ],
    [
      'the guest leaves it writable',
      ['--append', 'rodata=off'],
      /cpu_caps was never sealed: 0x[0-9a-f]+ is rw- in the page tables at 0x[0-9a-f]+, used by hart 0/,
    ],
  ])('is told: %s', async (_, args, note) => {
    const run = await runJson(['--harts', '2', '--seal', 'cpu_caps', ...args, sampleImage]);
    expect(run.finished.stderr).toMatch(note);
  });

  it('is not told of one that came', async () => {
    const run = await runSample('late-list', '--seal', 'cpu_caps', '--on-sealed-write', 'write-once');
    expect(run.finished.stderr).toBe('');
  });
});

describe('help and version', () => {
  it('go to stdout and are no error', async () => {
    const help = await runSealscope(['run', '--help']);
    expect(help.status).toBe(0);
    expect(help.stdout).toContain('--on-sealed-write <action>');
    expect(help.stdout).toContain('Exit status');
    const version = await runSealscope(['--version']);
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

it('every line of a run under --json is an event', async () => {
  const run = await runSample('late-list', '--on-sealed-write', 'write-once', '--stats');
  expect(new Set(run.events.map(({ event }) => event))).toEqual(
    new Set(['console', 'seal', 'sealedWrite', 'exit']),
  );
  expect(run.finished.stderr).toBe('');
});
