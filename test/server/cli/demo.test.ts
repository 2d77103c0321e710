/** The demo, as a newcomer sees it: through a pipe, and on a terminal. */
import { describe, expect, it } from 'vitest';
import { runSealscope } from './sealscope.ts';
import { scenarios } from './scenarios.ts';
import { onTerminal } from './terminal.ts';

/** Each text somewhere behind the one before it. */
function expectInOrder(text: string, parts: readonly (string | RegExp)[]): void {
  let rest = text;
  for (const part of parts) {
    const at = typeof part === 'string' ? rest.indexOf(part) : rest.search(part);
    expect(at, `"${String(part)}" in:\n${rest}`).toBeGreaterThanOrEqual(0);
    rest = rest.slice(at + 1);
  }
}

it('tells the story in order', async () => {
  const { status, stdout, stderr } = await runSealscope(['demo']);
  expect(stderr).toBe('');
  expectInOrder(stdout, [
    /^boot /m,
    '│ [    0.',
    /^init /m,
    /^seal /m,
    /^sealed +rodata/m,
    /^suspend /m,
    /^resume +hart 1 comes back/m,
    'SEALED WRITE  hart 1',
    'cpu_caps.features[2].bits',
    'REDUNDANT',
    'secondary_start_kernel',
    /^choice +retry: nobody to ask here/m,
    /^value /m,
    /^page +.* was r--, is rw-/m,
    '│ ',
    /^end +the guest powered off .*degraded/m,
    'npm run demo -- --choice',
  ]);
  expect(stdout).not.toContain('\u001b');
  expect(status).toBe(0);
});

describe.each(scenarios.map(({ scenario }) => scenario))('%s', (scenario) => {
  const value = /^value +(\S+) was (0x[0-9a-f]+), is (0x[0-9a-f]+)$/m;
  const change = /(0x[0-9a-f]+) → (0x[0-9a-f]+) {2}(REDUNDANT|a different value)/;

  it.each<[string, { written: boolean; page: string; then: RegExp }]>([
    ['oops', { written: false, page: 'r--', then: /^hart \d +is in handle_exception\+0x0/m }],
    ['retry', { written: true, page: 'rw-', then: /^end +the guest powered off .*degraded/m }],
    [
      'write-once',
      { written: true, page: 'r--', then: /^end +the guest powered off after [\d,]+ instructions$/m },
    ],
    [
      'skip',
      { written: false, page: 'r--', then: /^end +the guest powered off after [\d,]+ instructions$/m },
    ],
  ])('%s', async (choice, { written, page, then }) => {
    const { status, stdout } = await runSealscope(['demo', '--scenario', scenario, '--choice', choice]);
    const [, oldValue, newValue] = change.exec(stdout)!;
    expect(value.exec(stdout)).toMatchObject({ 2: oldValue, 3: written ? newValue : oldValue });
    expect(stdout).toMatch(new RegExp(`^page +0x[0-9a-f]+ was r--, is ${page}`, 'm'));
    expect(stdout).toMatch(then);
    expect(status).toBe(0);
  });
});

it('shows the oops that the dead console keeps back', async () => {
  const { stdout } = await runSealscope(['demo', '--choice', 'oops']);
  expectInOrder(stdout, [
    /^unheard /m,
    '---[ end trace',
    'Kernel panic - not syncing',
    /^end +the guest gave up/m,
  ]);
});

describe('on a terminal', () => {
  const prompt = '[retry]: ';

  it.each<[string, string[], RegExp]>([
    ['Enter takes retry', ['\r'], /is .*rw-/],
    ['the first letter is enough', ['w\r'], /is .*r--/],
    ['a word that names no choice is asked again', ['pray\r', 'skip\r'], /was 0x00000015, is .*0x00000015/],
    ['answers may be typed ahead', ['pray\rskip\r'], /was 0x00000015, is .*0x00000015/],
    [
      'the end of the input is said, and takes retry',
      ['\u0004'],
      /retry: the input ended without[^]*is .*rw-/,
    ],
  ])('%s', async (_, answers, then) => {
    const typing = answers.map((keys) => ({ after: prompt, keys }));
    const { status, screen } = await onTerminal(['demo', '--scenario', 'resume-changed'], typing);
    expect(screen).toMatch(then);
    expect(screen).toContain('Go on:');
    expect(status).toBe(0);
  });

  it('colour is an addition, and NO_COLOR is honoured', async () => {
    const typing = [{ after: prompt, keys: '\r' }];
    // eslint-disable-next-line no-control-regex -- colour sequences
    const colours = /\u001b\[(1|2|3\d)m/;
    expect((await onTerminal(['demo'], typing)).screen).toMatch(colours);
    expect((await onTerminal(['demo'], typing, { NO_COLOR: '1' })).screen).not.toMatch(colours);
  });

  it('Ctrl-C at the question ends it', async () => {
    const { status, screen } = await onTerminal(['demo'], [{ after: prompt, keys: '\u0003' }]);
    expect(status).toBe(130);
    expect(screen).not.toContain('Go on:');
  });
});
