/** The write-once slab under QEMU and OpenSBI: what its scenarios do to a machine that checks nothing. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { boot } from './qemu.ts';

const FOLDER = fileURLToPath(new URL('../../samples/write-once-slab/', import.meta.url));
const IMAGE = `${FOLDER}write-once-slab.elf`;
const VARIANTS = ['shared', 'private', 'make-writable'];

/** What is printed because of the bug; a scenario that prints nothing of its own only has to end. */
const SCENARIOS: Readonly<Record<string, (variant: string) => RegExp | undefined>> = {
  none: () => undefined,
  'second-init': () => undefined,
  'late-write': () => /kernel paging request at virtual address ffffffd6[^]*Kernel panic/,
  stamp: () => undefined,
  overrun: () => /cred: user has uid 0\n/,
  patch: () => undefined,
  reuse: () => /cred: clone has uid (?!1001)\d+/,
  'use-after-free': () => /cred: bye, uid (?!1000)\d+/,
  'early-return': () => /is no name/,
  interrupted: () => undefined,
  'no-fence': (variant) =>
    variant === 'private' ? /CPU0: a store to ffffffe0\w+ landed/ : /CPU1: a store to ffffffd6\w+ landed/,
  // With two threads of QEMU's it may go either way, but not with a private window.
  race: (variant) =>
    variant === 'private'
      ? /race: lost, capabilities 0x0/
      : /race: (lost, capabilities 0x0|won, capabilities 0xffffffffffffffff)/,
};

function sourceScenarios(): string[] {
  return [...readFileSync(`${FOLDER}scenario.c`, 'utf8').matchAll(/^\t\{ "([a-z-]+)",/gm)].map(
    ([, name]) => name ?? '',
  );
}

describe.each(VARIANTS)('write-once-slab under QEMU and OpenSBI, variant=%s', (variant) => {
  it.each(Object.keys(SCENARIOS))('scenario=%s', (scenario) => {
    const text = boot({ image: IMAGE, commandLine: `variant=${variant} scenario=${scenario}` });
    expect(text).toContain(`scenario: ${scenario}`);
    const expected = SCENARIOS[scenario]?.(variant);
    if (expected !== undefined) expect(text).toMatch(expected);
    if (scenario !== 'late-write') expect(text).toContain('reboot: Power down');
  });
});

describe('write-once-slab', () => {
  it('runs on one hart', () => {
    const text = boot({ image: IMAGE, commandLine: 'variant=private scenario=race', harts: 1 });
    expect(text).toContain('reboot: Power down');
  });

  it.each([
    ['variant=none', 'variant=none does not exist; there are: shared private make-writable'],
    ['scenario=both', 'scenario=both does not exist; there are: none second-init'],
  ])('names what there is when asked for %s', (commandLine, answer) => {
    const text = boot({ image: IMAGE, commandLine });
    expect(text).toContain(answer);
    expect(text).toContain('Kernel panic');
  });

  it('has a launch configuration for each scenario, and one for each variant', () => {
    const { configurations } = JSON.parse(readFileSync(`${FOLDER}.vscode/launch.json`, 'utf8')) as {
      configurations: { program: string; commandLine: string; harts: number }[];
    };
    const lines = configurations.map(({ commandLine }) => commandLine);
    expect(sourceScenarios()).toEqual(Object.keys(SCENARIOS));
    for (const scenario of sourceScenarios()) expect(lines).toContain(`variant=shared scenario=${scenario}`);
    for (const variant of VARIANTS) expect(lines).toContain(`variant=${variant} scenario=none`);
    for (const line of lines)
      expect(line).toMatch(/^variant=(shared|private|make-writable) scenario=[a-z-]+$/);
  });

  it('is described scenario by scenario', () => {
    const readme = readFileSync(`${FOLDER}README.md`, 'utf8');
    for (const scenario of sourceScenarios()) expect(readme).toContain(`| \`${scenario}\``);
  });
});
