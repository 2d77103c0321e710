/** `sealscope run --timeline`: who changed the kernel's pages, as text and as events. */
import { expect, it } from 'vitest';
import { runSealscope, sampleImage } from './sealscope.ts';

const ARGS = ['run', '--timeline', '--append', 'scenario=none pages=4k'];

it('groups the changes by who made them', async () => {
  const { status, stderr } = await runSealscope([...ARGS, sampleImage]);
  expect(status).toBe(0);
  expect(stderr).toMatch(/\d+ permission changes of the kernel's pages/);
  expect(stderr).toMatch(/mark_rodata_ro: store change rw- to r--, [\d,]+ times, [\d,]+ pages; first 0x/);
});

it('tells each as an event', async () => {
  const { stdout } = await runSealscope([...ARGS, '--json', sampleImage]);
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ event }) => event === 'permission');
  expect(events.length).toBeGreaterThan(10);
  const sealing = events.filter(({ cause, from, to }) => cause === 'store' && from === 'rw-' && to === 'r--');
  expect(sealing[0]).toMatchObject({
    kind: 'change',
    hart: 0,
    by: { function: 'mark_rodata_ro' },
  });
  expect(events.map(({ serial }) => serial)).toEqual(
    events.map(({ serial }) => serial).sort((a, b) => Number(a) - Number(b)),
  );
});
