/** Whatever the guest does, the adapter answers: pause, requests in mid-run, disconnect, going away. */
import { describe, expect, it } from 'vitest';
import { errorIds } from '../../../server/debug/errors.ts';
import { assemble, restless, scenario } from './dap/guests.ts';
import { connected, launched, running } from './dap/start.ts';
import { overStdio } from './dap/wire.ts';

const stdio = () => Promise.resolve(overStdio());
const guests = Object.entries(restless).map(
  ([what, source]) => [what, assemble(what.replaceAll(' ', '-'), source.join('\n'))] as const,
);

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

describe.each(guests)('a guest that %s', (_what, program) => {
  it('pauses within 100 ms of host time', async () => {
    const client = await running({ program }, undefined, stdio);
    const times: number[] = [];
    for (let round = 0; round < 7; round++) {
      const asked = performance.now();
      await client.request('pause', { threadId: 1 });
      await client.expectStopped('pause');
      times.push(performance.now() - asked);
      await client.request('continue', { threadId: 1 });
    }
    expect(median(times)).toBeLessThanOrEqual(100);
    await client.disconnect();
  });

  it('answers what needs no standstill, and refuses the rest', async () => {
    const client = await running({ program });
    const { threads } = await client.request('threads', {});
    expect(threads).toHaveLength(1);
    await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'nowhere' }] });
    const refused = await client.expectError('stackTrace', { threadId: 1 });
    expect(refused).toMatchObject({ id: errorIds.notStopped, short: 'notStopped' });
    await client.disconnect();
  });

  it('disconnects in mid-run', async () => {
    const client = await running({ program }, undefined, stdio);
    await client.disconnect();
    expect(await client.wire.closed).toBe(0);
  });

  it('ends in mid-run by terminate', async () => {
    const client = await running({ program });
    await client.request('terminate', {});
    await client.expectTerminated();
    await client.disconnect();
  });

  it('leaves no process behind when the client is gone', async () => {
    const client = await running({ program }, undefined, stdio);
    client.wire.drop();
    expect(await client.wire.closed).toBe(0);
  });
});

it('a second run command is refused while the first runs', async () => {
  const client = await running({ program: guests[1]![1] });
  const refused = await client.expectError('continue', { threadId: 1 });
  expect(refused.id).toBe(errorIds.notStopped);
  await client.disconnect();
});

it('a launch can be cancelled before it begins', async () => {
  const client = await connected();
  const launch = client.send('launch', scenario('resume'));
  await client.request('cancel', { requestId: launch.seq });
  expect(await launch.response).toMatchObject({ success: false, message: 'cancelled' });
  await client.request('launch', scenario('resume'));
  await client.expectInitialized();
  await client.disconnect();
});

it('loading tells its progress, and ends it', async () => {
  const client = await launched(scenario('resume'));
  const [first] = client.progress;
  expect(first).toMatchObject({ event: 'progressStart', body: { cancellable: true } });
  expect(client.progress.at(-1)).toMatchObject({ event: 'progressEnd' });
  await client.disconnect();
});

it('two clients on one port do not share anything', async () => {
  const [first, second] = await Promise.all([running(scenario('resume')), running(scenario('hotplug'))]);
  expect((await first.expectStopped('exception')).text).toMatch(/cpu_caps/);
  expect((await second.expectStopped('exception')).text).toMatch(/__cpu_possible_mask/);
  await Promise.all([first.disconnect(), second.disconnect()]);
});
