/** Races into a window: what other harts could write at each step, and whose stores land under other interleavings. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { RaceReport, Session } from '../../../server/session/index.ts';
import { openScenario, type Scenario } from '../sealing/windowsGuest.ts';

/** The second hart tries to store all the time, and goes on behind each store that faults. */
const STRAY: Scenario = {
  definitions: `
    asm(".balign 4; skip_fault: csrr t0, sepc; addi t0, t0, 4; csrw sepc, t0; sret");
    noinline void stray(void) {
      asm volatile("la t0, skip_fault; csrw stvec, t0; li t1, 99" ::: "t0", "t1");
      for (;;) asm volatile(".option push; .option norvc; sd t1, 0(%0); .option pop" :: "r"(&limits[2]) : "t0", "memory");
    }
    noinline void patch(long value) { set_page_flags(leaves, &caps, RW); fence_here(); poke(&caps.features[1], value);
      set_page_flags(leaves, &caps, RO); fence_everywhere(); }`,
  second: 'wait_for(&go); stray()',
  code: 'seal_kernel(); seal_alias(); fence_everywhere(); patch(21); go = 1; spin(400); patch(22)',
};

describe('another hart that stores all the time', () => {
  let session: Session;
  let report: RaceReport;

  beforeAll(async () => {
    ({ session } = await openScenario(STRAY, { onSealedWrite: 'oops' }));
    while ((await session.run.continue()).kind !== 'exit');
    report = await session.windows.races(2, { seed: 1, runs: 24 });
  });

  it('does not hit the window in the run as it went', () => {
    expect(session.windows.list.map(({ storeCount }) => storeCount)).toEqual([1, 1]);
  });

  it('could have, at every step: it uses the same page table', () => {
    const [reach, ...more] = report.reach;
    expect(more).toEqual([]);
    expect(reach).toMatchObject({ hart: 1, by: 'page-table', first: 0n });
    expect(reach?.landing).toBe(reach?.samples);
  });

  it('does, with turns of other lengths', () => {
    const hits = report.runs.filter(({ storeCount }) => storeCount > 0);
    expect(hits.length).toBeGreaterThan(0);
    expect(report.runs.every(({ closed }) => closed)).toBe(true);
    const [store] = hits[0]!.stores;
    expect(store).toMatchObject({ hart: 1, newValue: 99n });
    expect(session.windows.named(session.windows.window(2), store!)).toMatchObject({
      place: { function: 'stray' },
      object: 'limits[2]',
    });
  });

  it('does the same ten times with the same seed', async () => {
    const hit = report.runs.find(({ storeCount }) => storeCount > 0)!;
    for (let time = 0; time < 10; time++) {
      const again = await session.windows.races(2, { seed: hit.seed, runs: 1 });
      expect(again.runs).toEqual([hit]);
    }
  });
});

it('a window in page tables of its own cannot be hit', async () => {
  const { session } = await openScenario({
    definitions: `noinline void patch(void) { switch_page_table(private_root); poke(&caps.features[1], 22);
      switch_page_table(root); }`,
    second: 'wait_for(&finished)',
    code: 'set_page_flags(leaves_private, &caps, RW); seal_kernel(); seal_alias(); fence_everywhere(); patch()',
  });
  await session.run.continue();
  const report = await session.windows.races(1, { runs: 4 });
  expect(report.reach).toEqual([]);
  expect(report.runs.map(({ storeCount, closed }) => [storeCount, closed])).toEqual(Array(4).fill([0, true]));
});

it.each([
  [
    'one hart',
    { code: 'seal_kernel(); set_page_flags(leaves, &caps, RW)' },
    1,
    {},
    /one hart alone races with nobody/,
  ],
  ['no such window', STRAY, 9, {}, /there is no window 9 to look at/],
  ['no run', STRAY, 1, { runs: 0 }, /"runs" is 0; it must be a whole number from 1/],
] as const)('%s: says why there are no races', async (_name, scenario, window, request, message) => {
  const { session } = await openScenario(scenario, { onSealedWrite: 'oops' });
  while ((await session.run.continue()).kind !== 'exit');
  await expect(async () => session.windows.races(window, request)).rejects.toThrow(message);
});
