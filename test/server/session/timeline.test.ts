/** The permission timeline of a session: by whom, on what, and the stops on it. */
import { describe, expect, it } from 'vitest';
import type { Stop } from '../../../server/session/index.ts';
import { openScenario } from '../sealing/windowsGuest.ts';
import type { TestGuest } from './guest.ts';

const SEAL = 'seal_kernel(); seal_alias(); fence_everywhere();';
const DEFINITIONS = `
  noinline void open_window(void) { set_page_flags(leaves, &caps, RW); fence_here(); }
  noinline void close_window(void) { set_page_flags(leaves, &caps, RO); fence_everywhere(); }`;
const CODE = `${SEAL} open_window(); close_window();`;

async function ended(code = CODE): Promise<TestGuest> {
  const guest = await openScenario({ definitions: DEFINITIONS, code }, { writeWindows: {} });
  while ((await guest.session.run.continue()).kind !== 'exit');
  return guest;
}

function addressOf({ session }: TestGuest, name: string): bigint {
  return session.symbols!.symbols.addressOf(name)!;
}

describe('the past of a page', () => {
  it('says who gave it the permission to store, and who took it', async () => {
    const guest = await ended();
    const { timeline } = guest.session;
    const { gained, lost, entries } = timeline.history(addressOf(guest, 'caps'), 3);
    expect(gained).toMatchObject({
      event: { kind: 'change', cause: 'store' },
      by: { function: 'open_window' },
    });
    expect(lost).toMatchObject({ by: { function: 'close_window' } });
    expect(lost!.stack.map((place) => place.function)).toContain('close_window');
    expect(entries.slice(0, 3).map(({ by }) => by.function)).toEqual([
      'close_window',
      'open_window',
      'seal_kernel',
    ]);
    expect(lost!.event.step).toBeGreaterThan(gained!.event.step);
    expect(entries[0]!.symbol).toMatch(/^caps/);
    expect(timeline.completeFrom).toBe(0n);
  });

  it('differs between two steps by what is different, not by what was in between', async () => {
    const guest = await ended();
    const { timeline } = guest.session;
    const { gained, lost, entries } = timeline.history(addressOf(guest, 'caps'), 10);
    const sealed = entries.find(({ by }) => by.function === 'seal_kernel')!;
    expect(timeline.difference(sealed.event.step, gained!.event.step)).not.toEqual([]);
    const closed = timeline.difference(gained!.event.step, lost!.event.step);
    expect(closed).toMatchObject([
      { by: { function: 'close_window' }, difference: { start: lost!.event.start } },
    ]);
    expect(timeline.difference(gained!.event.step - 1n, lost!.event.step)).toEqual([]);
  });

  it('is counted in parts of the run', async () => {
    const { timeline, run } = (await ended()).session;
    const { parts, width, from } = timeline.counts(10);
    const { entries } = timeline.page({}, 100_000);
    expect(parts.reduce((sum, { events }) => sum + events, 0)).toBe(entries.length);
    expect(parts.reduce((sum, { gained }) => sum + gained, 0)).toBeGreaterThan(0);
    expect(from + width * 10n).toBeGreaterThan(run.step);
  });
});

describe('a stop on a change', () => {
  it.each([
    [
      'permissionGain',
      CODE,
      /^Sealed memory can be written: .*caps.* is rw-, r-- before; by open_window\(\) on hart 0/,
    ],
    [
      'permissionAlias',
      `${SEAL} map_again();`,
      /^Sealed memory is mapped anew: .* is r--, where another page was; by map_again/,
    ],
    ['permissionWx', `${SEAL} open_wx();`, /^Memory is writable and executable: .* is rwx/],
  ] as const)('%s', async (filter, code, text) => {
    const definitions = `${DEFINITIONS}
      noinline void open_wx(void) { set_page_flags(leaves, &caps, RW | 8); fence_here(); }
      noinline void map_again(void) { set_fixmap_page(&caps, RO); fence_here(); }`;
    const { session } = await openScenario({ definitions, code }, { writeWindows: {} });
    session.breakpoints.setExceptions([{ filter }]);
    const stop = (await session.run.continue()) as Stop;
    expect(stop).toMatchObject({ kind: 'stop', reason: 'data breakpoint' });
    expect(stop.text).toMatch(text);
    expect(stop.permission!.event.hart).toBe(0);
    session.breakpoints.setExceptions([]);
    expect(await session.run.continue()).toMatchObject({ kind: 'exit', status: 0 });
  });
});
