/** What-if seals over the wire: launch attributes, the stop, the list, and changes while the guest stands still. */
import { expect, it } from 'vitest';
import { scenario } from './dap/guests.ts';
import { atEntry, launched } from './dap/start.ts';

const sample = (more: Readonly<Record<string, unknown>> = {}) =>
  scenario('none', { commandLine: 'scenario=none pages=4k', ...more });

it('a store to one stops, is told as what it is, and is found in the list', async () => {
  const client = await launched(sample({ whatIf: ['system_state', 'wakeup.c:clock_syscore_ops'] }));
  await client.request('setExceptionBreakpoints', { filters: ['sealedWrite', 'whatIf'] });
  await client.request('configurationDone', {});
  const stop = await client.expectStopped('exception');
  expect(stop.text).toMatch(/no page is sealed here: system_state has a what-if seal since the guest sealed/);
  const info = await client.request('exceptionInfo', { threadId: 1 });
  expect(info.exceptionId).toBe('what-if-seal');
  const { choices } = await client.request('sealscope/fault', {});
  expect(choices!.find(({ action }) => action === 'retry')!.consequence).toMatch(/^drop the what-if seal of/);
  const first = await client.request('sealscope/whatIf', { count: 1 });
  expect(first).toMatchObject({ after: 'seal', total: 2, seals: [{ id: 1, spec: 'system_state', size: 4 }] });
  expect(first.since).toMatch(/mark_rodata_ro/);
  expect(first.seals[0]).toMatchObject({
    state: 'sealed',
    verdict: 'written',
    after: { stores: 1, changes: 1, first: { function: 'kernel_init' } },
    writers: [{ count: 1, redundant: 'never' }],
  });
  await client.request('sealscope/resolveFault', { action: 'retry', resume: false });
  await client.request('continue', { threadId: 1 });
  expect(await client.expectExited()).toBe(0);
  await client.disconnect();
});

it('they come and go while the guest stands still', async () => {
  const client = await atEntry(sample());
  expect(await client.request('sealscope/whatIf', {})).toMatchObject({ total: 0, seals: [] });
  expect(await client.request('sealscope/whatIfSeal', {})).toEqual({ sealed: false });
  const { ids } = await client.request('sealscope/whatIfAdd', { expression: 'cpu_caps.features[2].bits' });
  const { address } = await client.request('sealscope/locate', { expression: 'system_state' });
  const { ids: more } = await client.request('sealscope/whatIfAdd', { address, length: 2 });
  const { seals } = await client.request('sealscope/whatIf', {});
  expect(seals).toMatchObject([
    { id: ids[0], spec: 'cpu_caps.features[2].bits', symbol: 'cpu_caps', state: 'sealed' },
    { id: more[0], symbol: 'system_state', size: 2 },
  ]);
  await client.request('sealscope/whatIfRemove', { ids: [...ids] });
  expect((await client.request('sealscope/whatIf', {})).total).toBe(1);
  await expect(client.request('sealscope/whatIfAdd', { expression: 'cpu_cap' })).rejects.toThrow(/cpu_caps/);
  await expect(client.request('sealscope/whatIfAdd', { address })).rejects.toThrow(/'length'/);
  await expect(client.request('sealscope/whatIfRemove', { ids: [99] })).rejects.toThrow(/no what-if seal 99/);
  await client.disconnect();
});
