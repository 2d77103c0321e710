/** `sealscope run --windows` and `--races` on the write-once slab, whose three variants open their windows differently. */
import { describe, expect, it } from 'vitest';
import { type EventJson, type JsonRun, root, runJson, runSealscope } from './sealscope.ts';

const IMAGE = `${root}samples/write-once-slab/write-once-slab.elf`;

const run = (variant: string, ...more: string[]): Promise<JsonRun> =>
  runJson(['--harts', '2', '--append', `variant=${variant} scenario=none`, '--windows', ...more, IMAGE]);

const eventsOf = <Kind extends EventJson['event']>(
  { events }: JsonRun,
  kind: Kind,
): Extract<EventJson, { event: Kind }>[] =>
  events.filter((event): event is Extract<EventJson, { event: Kind }> => event.event === kind);

describe('sealscope run --windows', () => {
  it.each([
    ['shared', [1], []],
    ['private', [], []],
    ['make-writable', [1], ['opener']],
  ])('%s: which other harts could write, and which rules are broken', async (variant, harts, kinds) => {
    const result = await run(variant);
    const windows = eventsOf(result, 'window');
    expect(windows.length).toBeGreaterThan(50);
    for (const window of windows) expect(window.opener.function).toBe('window_open');
    const reached = windows
      .flatMap((window) => window.harts.map(({ hart }) => hart))
      .filter((hart) => hart !== 0);
    expect([...new Set(reached)]).toEqual(harts);
    expect([...new Set(eventsOf(result, 'violation').map(({ kind }) => kind))]).toEqual(kinds);
  });

  it('tells windows and their lengths as text', async () => {
    const args = ['run', '--harts', '2', '--append', 'variant=private scenario=none', '--windows', IMAGE];
    const { status, stderr } = await runSealscope(args);
    expect(status).toBe(0);
    expect(stderr).toMatch(/window 1 .*window_open/i);
  });

  it('explores what other harts could do in a window, by seeds that replay', async () => {
    const races = async (): Promise<unknown> =>
      eventsOf(await run('shared', '--races', '2', '--seed', '7'), 'races')[0];
    const first = await races();
    expect(first).toMatchObject({
      window: 1,
      reach: [{ hart: 1, by: 'page-table' }],
      runs: [{ seed: 7 }, { seed: 8 }],
    });
    expect(await races()).toEqual(first);
  });
});
