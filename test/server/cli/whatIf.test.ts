/** What-if seals on the command line: files, candidates, scenarios with their annotations, bisecting. */
import { describe, expect, it } from 'vitest';
import { file } from './guests.ts';
import { runJson, runSealscope, sampleImage } from './sealscope.ts';

const candidates = file(
  'candidates.txt',
  `# what the sample might seal
main.c:system_state
wakeup.c:clock_syscore_ops   # nobody writes it

cpus[1].state
smp.c:cpus[0].state
`,
);
const sample = ['--harts', '2', '--append', 'pages=4k'];

function lines(text: string): Record<string, unknown>[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('sealscope run --what-if', () => {
  it('reports every seal at the end; a store to one is a sealed write', async () => {
    const args = ['--what-if', candidates, '--on-sealed-write', 'log', '--fail-on-sealed-write'];
    const run = await runJson(['--harts', '2', '--append', 'scenario=none pages=4k', ...args, sampleImage]);
    expect(run.status).toBe(3);
    const [sealed, report, ...more] = run.whatIf;
    expect(more).toEqual([]);
    expect(sealed).toMatchObject({ change: 'sealed', seals: 4 });
    expect(report!.since).toMatch(/^the guest sealed rodata in mark_rodata_ro/);
    expect(report!.results!.map(({ spec, verdict }) => [spec, verdict])).toEqual([
      ['main.c:system_state', 'written'],
      ['wakeup.c:clock_syscore_ops', 'const'],
      ['cpus[1].state', 'written'],
      ['smp.c:cpus[0].state', 'ro_after_init'],
    ]);
    expect(run.sealedWrites.map(({ symbol, report: { story } }) => [symbol, story])).toContainEqual([
      'system_state',
      expect.stringContaining('no page is sealed here: main.c:system_state has a what-if seal'),
    ]);
    expect(run.exit).toMatchObject({ reason: 'poweroff', degraded: false });
  });

  it('says how it differs where a --seal was in vain', async () => {
    const args = ['run', '--seal', 'system_state', '--append', 'scenario=none', sampleImage];
    const { stderr } = await runSealscope(args);
    expect(stderr).toMatch(/region system_state was never sealed: .*--what-if seals bytes that it does not/);
  });

  it.each<[string, string, RegExp]>([
    [
      'a name that is not there',
      'cpu_caps\ncpu_cap\n',
      /names\.txt:2: what-if "cpu_cap": no symbol .*cpu_caps/,
    ],
    ['a member that is not there', '\n\ncpu_caps.nothing\n', /names\.txt:3: what-if "cpu_caps.nothing": /],
    ['a file that is not there', 'nowhere.c:x', /names\.txt:1: .*nowhere\.c defines no variable x/],
    ['nothing', '# all comments\n', /names\.txt: is empty/],
  ])('a file with %s', async (_, text, message) => {
    const { status, stdout, stderr } = await runSealscope([
      'run',
      '--what-if',
      file('names.txt', text),
      sampleImage,
    ]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });

  it.each([
    [['run', '--what-if', '/no/such/file', sampleImage], /--what-if \/no\/such\/file: cannot be read/],
    [['run', '--what-if-after', 'noon', sampleImage], /Give "seal", "function NAME"/],
    [['what-if', 'run', sampleImage], /give candidates with --what-if FILE/],
    [
      ['what-if', 'run', '--what-if', candidates, '--scenario', 'x', sampleImage],
      /--scenario x: give NAME=TEXT/,
    ],
    [
      ['what-if', 'bisect', '--what-if', candidates, '--on-sealed-write', 'log', sampleImage],
      /is oops .* or skip/,
    ],
    [['symbols', '--candidates', '--under', 'nowhere', sampleImage], /no candidates under nowhere/],
  ])('%s', async (args, message) => {
    const { status, stderr } = await runSealscope(args);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });
});

describe('sealscope symbols --candidates', () => {
  it('is a what-if file, and all of it can be sealed', async () => {
    const { stdout, status } = await runSealscope(['symbols', '--candidates', '--all', sampleImage]);
    expect(status).toBe(0);
    const specs = stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(specs.map((line) => line.split(' ')[0])).toContain('power.c:wakeups');
    // Sealed already, given back after init, or constant.
    expect(stdout).not.toMatch(/cpu_caps|memblock|init_stack/);
    const run = await runJson([
      ...sample,
      '--what-if',
      file('all.txt', stdout),
      '--what-if-after',
      'step 1',
      '--on-sealed-write',
      'log',
      sampleImage,
    ]);
    expect(run.whatIf.at(-1)!.results).toHaveLength(specs.length);
  });

  it('has scalars and pointers by default, as JSON too', async () => {
    const { stdout } = await runSealscope(['symbols', '--candidates', '--json', sampleImage]);
    const found = lines(stdout);
    expect(found).toContainEqual(
      expect.objectContaining({
        kind: 'candidate',
        spec: 'main.c:system_state',
        file: 'main.c',
        line: 14,
        size: 4,
      }),
    );
    expect(found.map(({ name }) => name)).not.toContain('cpus');
  });
});

describe('sealscope what-if', () => {
  const scenarios = ['--scenario', 'resume=scenario=resume', '--scenario', 'hotplug=scenario=hotplug'];

  it('run: annotations over all scenarios, never "safe"', async () => {
    const args = ['what-if', 'run', '--what-if', candidates, ...sample, ...scenarios, sampleImage];
    const { status, stdout, stderr } = await runSealscope(args);
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(/scenario resume: 4 candidates sealed since .*poweroff/);
    expect(stdout).toContain('in these 2 scenarios (resume and hotplug) (1)');
    expect(stdout).toMatch(/wakeup\.c:47 {2}clock_syscore_ops {2}struct syscore_ops/);
    expect(stdout).toMatch(
      /main\.c:14 {2}system_state .* stores? in resume and hotplug, first by kernel_init/,
    );
    expect(stdout).not.toMatch(/safe/i);
    const json = lines((await runSealscope([...args.slice(0, 2), '--json', ...args.slice(2)])).stdout);
    expect(json.filter(({ kind }) => kind === 'scenario')).toMatchObject([
      { name: 'resume' },
      { name: 'hotplug' },
    ]);
    expect(json.find(({ spec }) => spec === 'wakeup.c:clock_syscore_ops')).toMatchObject({
      kind: 'annotation',
      verdict: 'const',
      annotation: 'const',
      line: 47,
    });
  });

  it('bisect: what the guest survives to have dropped, and what it does not', async () => {
    const names = file(
      'bisect.txt',
      'main.c:system_state\nwakeup.c:clock_syscore_ops\ncpus[1].state\nline_is_open\n',
    );
    const args = ['what-if', 'bisect', '--what-if', names, '--on-sealed-write', 'skip', ...sample];
    const { status, stdout, stderr } = await runSealscope([
      ...args,
      ...scenarios.slice(0, 2),
      '--json',
      sampleImage,
    ]);
    expect(status, stderr).toBe(0);
    const [result] = lines(stdout);
    expect(result).toMatchObject({ kind: 'bisection', unwritten: ['wakeup.c:clock_syscore_ops'] });
    const { held, broken } = result as { held: string[]; broken: string[] };
    expect([...held, ...broken].sort()).toEqual(['cpus[1].state', 'line_is_open', 'main.c:system_state']);
    // The kernel waits for the hart to say that it is down.
    expect(broken).toContain('cpus[1].state');
    expect(held).toContain('line_is_open');
    const again = await runSealscope([...args, ...scenarios.slice(0, 2), '--json', sampleImage]);
    expect(again.stdout).toBe(stdout);
  }, 240_000);
});
