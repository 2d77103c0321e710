/** The permission timeline over the wire: portions, a page's past, differences, and a stop. */
import { expect, it } from 'vitest';
import { scenario } from './dap/guests.ts';
import { launched } from './dap/start.ts';

it('tells events in portions, who changed a page, and what differs between steps', async () => {
  const client = await launched(
    scenario('none', { commandLine: 'scenario=none pages=4k', stopAtSeal: true }),
  );
  await client.request('setExceptionBreakpoints', { filters: [] });
  await client.request('configurationDone', {});
  await client.expectStopped('pause');
  const first = await client.request('sealscope/timeline', { count: 3, parts: 4, supervisor: true });
  expect(first).toMatchObject({ more: true, completeFrom: '0', exhaustive: true });
  expect(first.parts.counts).toHaveLength(4);
  expect(first.phases[0]).toMatchObject({ kind: 'boot' });
  const serials = first.events.map(({ serial }) => serial);
  const next = await client.request('sealscope/timeline', { count: 3, before: serials.at(-1)!, parts: 0 });
  expect(next.parts.counts).toEqual([]);
  expect([...serials, ...next.events.map(({ serial }) => serial)]).toEqual(
    [...serials, ...next.events.map(({ serial }) => serial)].sort((a, b) => b - a),
  );
  const { address } = await client.request('sealscope/locate', { expression: 'cpu_caps' });
  const past = await client.request('sealscope/permissionHistory', { address: address });
  expect(past.lost).toMatchObject({
    from: 'rw-',
    to: 'r--',
    cause: 'store',
    by: { function: 'mark_rodata_ro' },
  });
  expect(past.lost!.stack.map((place) => place.function)).toContain('mark_rodata_ro');
  expect(past.gained).toMatchObject({ kind: 'map' });
  const { differences, total } = await client.request('sealscope/permissionDifference', {
    from: past.gained!.step,
  });
  expect(total).toBeGreaterThan(0);
  const end = BigInt(address);
  expect(differences.some(({ start, to }) => BigInt(start) <= end && to === 'r--')).toBe(true);
  await client.request('continue', { threadId: 1 });
  expect(await client.expectExited()).toBe(0);
  await client.disconnect();
});

it('a filter stops behind the store that gives a sealed page away', async () => {
  const client = await launched(scenario('none', { commandLine: 'scenario=none pages=4k' }));
  await client.request('setExceptionBreakpoints', { filters: ['permissionWx'] });
  await client.request('configurationDone', {});
  const stop = await client.expectStopped('data breakpoint');
  expect(stop.text).toMatch(/^Memory is writable and executable: 0x/);
  await client.disconnect();
});
