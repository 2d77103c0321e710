import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { root, runSample, runSealscope, type SealedWriteJson } from './sealscope.ts';
import { scenarios, type RefusedExpectation } from './scenarios.ts';

const sample = `${root}samples/resume-bug/`;

/** Text of a source line that an event names. */
function sourceAt(file: string | null | undefined, line: number | null | undefined): string {
  expect(file).toContain('samples/resume-bug/');
  return readFileSync(file!, 'utf8').split('\n')[line! - 1]!.trim();
}

function checkRefused(refused: SealedWriteJson, expected: RefusedExpectation): void {
  expect(refused).toMatchObject({
    symbol: expected.symbol,
    member: expected.member,
    size: expected.size,
    redundant: expected.redundant,
    hart: expected.hart,
  });
  expect(refused.redundant).toBe(refused.oldValue === refused.newValue);
  expect(refused.report.kind).toBe(expected.kind);
  expect([refused.report.class, ...refused.report.also]).toContain(expected.class);
  expect(refused.file).toMatch(new RegExp(`/${expected.file.replace('.', '\\.')}$`));
  expect(sourceAt(refused.file, refused.line)).toBe(expected.source);
  expect(refused.report.sourceLine?.trim()).toBe(expected.source);
  const { object } = refused.report;
  expect(sourceAt(object?.file, object?.line)).toContain(expected.declaration);
  expect(object?.inRegion).toBe(expected.intended);

  const functions = refused.stack.map((frame) => frame.function);
  expect(functions.filter((name) => expected.stack.includes(name ?? ''))).toEqual(expected.stack);
  expect(refused.stack[0]).toEqual({
    pc: refused.pc,
    function: refused.function,
    file: refused.file,
    line: refused.line,
  });

  expect(refused.report.page).toMatchObject({ linked: 'rw-', now: 'r--' });
  expect(refused.report.sealedBy).toMatchObject({ hart: 0, function: 'change_page_attr' });
  expect(BigInt(refused.report.sealedBy!.step)).toBeLessThan(BigInt(refused.step));
  expect(refused.report.oops[0]).toBe(
    `Unable to handle kernel paging request at virtual address ${refused.address.slice(2).padStart(16, '0')}`,
  );
}

/** The lines of an oops that need no symbols: registers, status, return addresses, code. */
function comparable(lines: readonly string[]): string[] {
  return lines
    .map((line) => line.replace(/^\[ *[\d.]+\] /, '').replace(/^(\[<[0-9a-f]+>\]) .*/, '$1'))
    .filter((line) => /^(Unable to handle| *\w+ *: [0-9a-f]{16}|status: |\[<|Code: )/.test(line));
}

describe.each(scenarios)('scenario $scenario', ({ scenario, refused: expected, written, dropped }) => {
  it('write-once: sealed, refused and diagnosed; the value changes, the page stays sealed', async () => {
    const run = await runSample(scenario, '--on-sealed-write', 'write-once');
    expect(run.seals).toMatchObject([{ change: 'sealed', hart: 0, function: 'change_page_attr' }]);
    expect(run.sealedWrites.map(({ symbol }) => symbol)).toEqual(expected.map(({ symbol }) => symbol));
    run.sealedWrites.forEach((refused, index) => checkRefused(refused, expected[index]!));
    expect(run.events.indexOf(run.seals[0]!)).toBeLessThan(run.events.indexOf(run.sealedWrites[0]!));
    expect(run.console).toMatch(written);
    expect(run.exit).toMatchObject({ reason: 'poweroff', degraded: false });
    expect(run.status).toBe(0);
  });

  it('retry: the value changes, the page is open', async () => {
    const run = await runSample(scenario, '--on-sealed-write', 'retry');
    expect(run.console).toMatch(written);
    // All of a scenario's stores go to one page: it is open for those that follow.
    expect(run.sealedWrites).toHaveLength(1);
    expect(run.exit).toMatchObject({ reason: 'poweroff', degraded: true });
    expect(run.status).toBe(0);
  });

  it('skip: neither', async () => {
    const run = await runSample(scenario, '--on-sealed-write', 'skip');
    expect(run.console).toMatch(dropped);
    expect(run.sealedWrites).toHaveLength(expected.length);
    expect(run.exit).toMatchObject({ reason: 'poweroff', degraded: false });
  });

  it("oops: the guest's own handler runs", async () => {
    const run = await runSample(`${scenario} no_console_suspend`);
    const [refused] = run.sealedWrites;
    expect(run.sealedWrites).toHaveLength(1);
    expect(refused!.action).toBe('oops');
    expect(run.console).toContain(
      `Unable to handle kernel paging request at virtual address ${refused!.address.slice(2)}`,
    );
    expect(run.console).toContain('Kernel panic - not syncing: Fatal exception');
    // What we say Linux would print is what this guest's handler, modelled on Linux's, then prints.
    const predicted = comparable(refused!.report.oops);
    expect(predicted.length).toBeGreaterThan(15);
    expect(predicted).toEqual(comparable(run.console.split(/\r?\n/)));
    expect(run.exit.reason).toBe('fail');
    expect(run.status).toBe(1);
  });
});

it('log: told, and let through as retry does', async () => {
  const run = await runSample('late-list', '--on-sealed-write', 'log');
  expect(run.sealedWrites.map(({ action }) => action)).toEqual(['log']);
  expect(run.exit).toMatchObject({ reason: 'poweroff', degraded: true });
});

describe('on leaves of 2 MiB', () => {
  it.each<[string, boolean]>([
    ['retry', true],
    ['write-once', false],
  ])('%s', async (action, degraded) => {
    const run = await runSample('resume-changed pages=2m', '--on-sealed-write', action);
    expect(run.sealedWrites[0]!.report.page).toMatchObject({ size: 2 ** 21, now: 'r--' });
    expect(run.console).toMatch(/resume: done, cpu_caps\.features\[2\]\.bits=0x17/);
    expect(run.exit).toMatchObject({ reason: 'poweroff', degraded });
  });
});

it('says what the guest itself cannot, its console being suspended', async () => {
  const run = await runSample('resume');
  expect(run.console).not.toContain('Unable to handle');
  expect(run.sealedWrites).toHaveLength(1);
  expect(run.exit.reason).toBe('fail');
});

it('names the first and the latest writer before the seal', async () => {
  const [refused] = (await runSample('resume')).sealedWrites;
  const { first, latest } = refused!.report.writers;
  // cpu_caps_init() calls cpu_detect_features() on hart 0; then hart 1 comes up and does so too.
  expect(first).toMatchObject({ hart: 0, function: 'cpu_detect_features', newValue: refused!.newValue });
  expect(latest).toMatchObject({ hart: 1, function: 'cpu_detect_features', newValue: refused!.newValue });
  expect(BigInt(first!.step)).toBeLessThan(BigInt(latest!.step));
});

it('tells which half of a store over the edge is refused', async () => {
  const [refused] = (await runSample('boundary')).sealedWrites;
  expect(refused!.report.parts).toMatchObject([
    { size: 4, refused: true },
    { size: 4, refused: false },
  ]);
});

it('is not stopped where the guest honours rodata=off', async () => {
  const run = await runSample('resume-changed rodata=off');
  expect(run.seals).toEqual([]);
  expect(run.sealedWrites).toEqual([]);
  expect(run.console).toMatch(/resume: done, cpu_caps\.features\[2\]\.bits=0x17/);
  expect(run.exit.reason).toBe('poweroff');
});

it('has nothing to tell where the kernel has no bug', async () => {
  const run = await runSample('none', '--fail-on-sealed-write');
  expect(run.sealedWrites).toEqual([]);
  expect(run.status).toBe(0);
});

it('--fail-on-sealed-write exits with 3, whatever became of the guest', async () => {
  const run = await runSample('resume', '--fail-on-sealed-write', '--on-sealed-write', 'retry');
  expect(run.exit.reason).toBe('poweroff');
  expect(run.status).toBe(3);
});

it('--on-sealed-write stop ends the run before the store', async () => {
  const run = await runSample('resume-changed', '--on-sealed-write', 'stop');
  expect(run.sealedWrites).toMatchObject([{ action: 'stop' }]);
  expect(run.exit).toMatchObject({
    reason: 'stop',
    sealedWrites: 1,
    instructions: run.sealedWrites[0]!.step,
  });
  expect(run.status).toBe(0);
});

it('--max-instructions ends the run there, with 4', async () => {
  const run = await runSample('resume', '--max-instructions', '100000');
  expect(run.exit).toMatchObject({ reason: 'limit', instructions: '100000' });
  expect(run.status).toBe(4);
});

it.each(['resume', 'late-list', 'amo'])('two runs of %s are the same, step for step', async (scenario) => {
  const args = ['--stats', '--on-sealed-write', 'retry'];
  const [first, second] = [await runSample(scenario, ...args), await runSample(scenario, ...args)];
  expect(second.seals).toEqual(first.seals);
  expect(second.sealedWrites).toEqual(first.sealedWrites);
  expect(second.console).toBe(first.console);
  expect(second.exit.instructions).toBe(first.exit.instructions);
  expect(first.exit.stateHash).toMatch(/^[0-9a-f]{16,}$/);
  expect(second.exit.stateHash).toBe(first.exit.stateHash);
});

it('a run that did something else ends in another state', async () => {
  const hash = async (action: string): Promise<string | undefined> =>
    (await runSample('resume-changed', '--stats', '--on-sealed-write', action)).exit.stateHash;
  expect(await hash('skip')).not.toBe(await hash('write-once'));
});

describe('without --json', () => {
  const args = ['run', '--harts', '2', '--append', 'scenario=resume', '--on-sealed-write', 'retry'];

  it("stdout is the guest's console, and notes go to stderr", async () => {
    const { status, stdout, stderr } = await runSealscope([...args, '--stats', `${sample}resume-bug.elf`]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^\[ +0\.\d+\] resume-bug 1\.0\.0: booting on hart 0\r\n/);
    expect(stdout).not.toContain('SEALED WRITE');
    expect(stderr).toContain('SEALED WRITE  hart 1');
    expect(stderr).toContain('cpu_caps.features[2].bits');
    expect(stderr).toContain('REDUNDANT');
    expect(stderr).toMatch(/sealscope: [\d,]+ instructions in [\d.]+ s/);
    expect(stderr).not.toContain('\u001b');
    for (const line of stderr.split('\n').filter((text) => !text.startsWith('sealscope: ')))
      expect(line.length, line).toBeLessThanOrEqual(100);
  });
});

describe('under firmware that is not ours', () => {
  const opensbi = '/usr/lib/riscv64-linux-gnu/opensbi/generic/';

  it.each(['fw_jump.elf', 'fw_jump.bin', 'fw_dynamic.bin'])('OpenSBI %s: the same story', async (file) => {
    const run = await runSample(
      'resume-changed',
      '--firmware',
      opensbi + file,
      '--on-sealed-write',
      'write-once',
    );
    expect(run.console).toMatch(/OpenSBI v\d/);
    expect(run.console).toContain('smp: Brought up 2 CPUs');
    expect(run.seals[0]).toMatchObject({ change: 'sealed', function: 'change_page_attr' });
    expect(run.sealedWrites).toHaveLength(1);
    const { refused } = scenarios.find(({ scenario }) => scenario === 'resume-changed')!;
    checkRefused(run.sealedWrites[0]!, { ...refused[0]!, hart: run.sealedWrites[0]!.hart });
    expect(run.console).toMatch(/resume: done, cpu_caps\.features\[2\]\.bits=0x/);
    // OpenSBI powers off through the test finisher.
    expect(run.exit).toMatchObject({ reason: 'pass', status: 0 });
    expect(run.status).toBe(0);
  });
});
