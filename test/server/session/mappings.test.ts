/** Address spaces of the sample: what is mapped, as linked and now, what changed between stops; phases and lookups. */
import { describe, expect, it } from 'vitest';
import { flagsText, type MappingView, type Session, type Stop } from '../../../server/session/index.ts';
import { openGuest } from './guest.ts';

const CAPS = '&cpu_caps';

async function stopped(scenario: string, more: object = {}): Promise<{ session: Session; stop: Stop }> {
  const { session } = await openGuest({ commandLine: `scenario=${scenario} pages=4k`, ...more });
  return { session, stop: (await session.run.continue()) as Stop };
}

const at = (mappings: readonly MappingView[], address: bigint): MappingView =>
  mappings.find(({ start, end }) => start <= address && address < end)!;

const addressOf = (session: Session, expression: string): bigint =>
  session.lookup.locate({ expression }).address;

describe('mappings', () => {
  it('are RAM itself before paging is on', async () => {
    const { session } = await openGuest({ stopOnEntry: true });
    const { mappings, ...space } = await session.mappings.list({ hart: 0 });
    expect(space).toMatchObject({ stop: 1, stops: [], since: 0, mode: 'bare', satp: undefined });
    expect(mappings[0]).toMatchObject({ start: 0x8000_0000n, physical: 0x8000_0000n, name: 'identity map' });
    expect(mappings.at(-1)!.end).toBe(0x8800_0000n);
    // Cut where the frames are that shall be sealed.
    expect(mappings.filter(({ seal }) => seal !== undefined)).toMatchObject([{ seal: { state: 'open' } }]);
  });

  it('agree with the page table, and are cut where the image or a seal says something else', async () => {
    const { session, stop } = await stopped('resume');
    const { mappings, complete } = await session.mappings.list({ hart: stop.hart });
    expect(complete).toBe(true);
    for (const { start, end, physical, flags } of mappings) {
      for (const address of [start, end - 4096n]) {
        const walk = session.inspect.walk(address, stop.hart);
        expect(walk.physical).toBe(physical + (address - start));
        expect(flagsText(flags).slice(1, 2) === 'w').toBe(walk.permissions?.write);
      }
    }
    const address = addressOf(session, CAPS);
    const row = at(mappings, address);
    expect(row).toMatchObject({
      linked: { read: true, write: true, execute: false },
      seal: { region: { name: 'rodata' }, state: 'sealed', sealedBy: { hart: 0 } },
      fault: true,
      aliasCount: 1,
      aliases: [{ name: 'linear map' }],
    });
    expect(flagsText(row.flags).slice(0, 3)).toBe('r--');
    expect(row.sections).toContain('.data..ro_after_init');
    const alias = session.inspect.walk(row.aliases[0]!.start, stop.hart);
    expect(alias.physical).toBe(row.physical);
    expect(at(mappings, row.aliases[0]!.start)).toMatchObject({
      name: 'linear map',
      seal: { state: 'sealed' },
    });
  });

  it('tell what changed since an earlier stop, and which seal was opened', async () => {
    const { session, stop } = await stopped('resume');
    const address = addressOf(session, CAPS);
    const before = await session.mappings.list({ hart: stop.hart });
    session.seals.choose('retry');
    await session.run.next(stop.hart);
    const now = await session.mappings.list({ hart: stop.hart });
    expect(now.since).toBe(before.stop);
    expect(now.stop).toBe(before.stop + 1);
    const row = at(now.mappings, address);
    expect(flagsText(row.change!.from!).slice(0, 3)).toBe('r--');
    expect(flagsText(row.flags).slice(0, 3)).toBe('rw-');
    expect(row).toMatchObject({ change: { isDegraded: true }, seal: { state: 'degraded' }, fault: false });
    expect(now.mappings.filter(({ change }) => change !== undefined)).toEqual([row]);
    expect(now.removed).toEqual([]);
    const same = await session.mappings.list({ hart: stop.hart, since: 0 });
    expect(same.mappings.some(({ change }) => change !== undefined)).toBe(false);
    expect(session.phases.current).toBe('degraded');
  });

  it('show a sealing row by row: what was writable at the stop before', async () => {
    const { session } = await openGuest({ commandLine: 'scenario=resume pages=4k' });
    session.breakpoints.setFunctions([{ name: 'mark_rodata_ro' }]);
    const stop = (await session.run.continue()) as Stop;
    const { stop: first } = await session.mappings.list({ hart: stop.hart });
    expect(session.phases.current).toBe('booting');
    expect(await session.run.runToSeal()).toMatchObject({ reason: 'seal' });
    expect(session.phases.current).toBe('sealed');
    const { mappings } = await session.mappings.list({ hart: stop.hart, since: first });
    const row = at(mappings, addressOf(session, CAPS));
    expect(flagsText(row.change!.from!).slice(0, 3)).toBe('rw-');
    expect(flagsText(row.flags).slice(0, 3)).toBe('r--');
    expect(row.change!.isDegraded).toBe(false);
  });

  it('remember a bounded number of stops', async () => {
    const { session, stop } = await stopped('resume');
    for (let count = 0; count < 40; count++) await session.run.stepIn(stop.hart, 'instruction');
    const { stops, stop: ordinal } = await session.mappings.list({ hart: stop.hart });
    expect(stops).toHaveLength(32);
    expect(stops.at(-1)!.ordinal).toBe(ordinal - 1);
  });

  it('refuse an answer that the guest has overtaken', async () => {
    const { session, stop } = await stopped('resume');
    await expect(session.mappings.list({ hart: 7 })).rejects.toThrow(/there is no hart 7/);
    expect(session.run.stopped).toBe(stop);
  });
});

describe('pages', () => {
  it('carry their symbols, and the refused store', async () => {
    const { session, stop } = await stopped('resume-changed');
    const page = stop.refused!.page.address;
    const query = { hart: stop.hart, start: page, end: page + 0x4000n, first: 0, count: 2 };
    const { total, pages } = await session.mappings.pages(query);
    expect([total, pages.length]).toEqual([4, 2]);
    expect(pages[0]!.address).toBe(page);
    expect(pages[0]!.fault).toMatch(/^store refused: cpu_caps\.features\[2\]\.bits 0x\w+ → 0x\w+$/);
    expect(pages[0]!.symbols.find(({ name }) => name === 'cpu_caps')).toMatchObject({ inRegion: true });
    expect(pages[0]!.symbols.find(({ name }) => name === 'suspend_stats')).toMatchObject({ inRegion: false });
    const rest = await session.mappings.pages({ ...query, first: 2, count: 512 });
    expect(rest.pages.map(({ address }) => address)).toEqual([page + 0x2000n, page + 0x3000n]);
    // The same frames through the linear map have the same symbols.
    const alias = stop.refused!.page.aliases[0]!.address;
    const seen = await session.mappings.pages({ ...query, start: alias, end: alias + 4096n });
    expect(seen.pages[0]!.symbols).toEqual(pages[0]!.symbols);
  });
});

describe('phases', () => {
  it('tell the story of a resume', async () => {
    const { session } = await stopped('resume');
    expect(session.phases.list.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['boot', 'sealed', 'hotplug', 'fault']),
    );
    expect(session.phases.list.find(({ kind }) => kind === 'sealed')!.text).toBe(
      'sealed by mark_rodata_ro (hart 0)',
    );
    session.seals.choose('retry');
    await session.run.continue();
    expect(session.phases.list.map(({ kind }) => kind).slice(-2)).toEqual(['degraded', 'exit']);
  });
});

describe('lookups', () => {
  it('find names, sections, regions and addresses, best first', async () => {
    const { session } = await stopped('resume');
    const labels = (query: string) =>
      session.lookup.find(query, 50).map(({ kind, label }) => `${kind} ${label}`);
    expect(labels('cpu_caps')[0]).toBe('symbol cpu_caps');
    expect(labels('CAPS')).toContain('symbol cpu_caps');
    expect(labels('rodata')[0]).toBe('region rodata');
    expect(labels('.data..ro')).toContain('section .data..ro_after_init');
    expect(labels('&cpu_caps.features[2]')[0]).toMatch(/^address 0xffffffff/);
    expect(labels('0x10')).toContain('address 0x10');
    expect(labels('no such thing')).toEqual([]);
    expect(labels('')).toEqual([]);
  });

  it('describe a symbol with its page, its seal and its writers', async () => {
    const { session } = await stopped('resume');
    const found = session.lookup.describe('cpu_caps')!;
    expect(found).toMatchObject({
      kind: 'object',
      section: '.data..ro_after_init',
      region: { name: 'rodata' },
    });
    expect(found.neighbours).toContain('__cpu_possible_mask');
    expect(found.writers?.latest?.place.function).toBe('cpu_detect_features');
    expect(flagsText(found.pageFlags!).slice(0, 3)).toBe('r--');
    expect(session.lookup.describe('suspend_stats')!.region).toBeUndefined();
    expect(session.lookup.describe('no_such_symbol')).toBeUndefined();
  });
});
