/**
 * The product's story over the wire: the refused store is a stop with a diagnosis, and each choice leads where it
 * should, through each layer that offers it.
 */
import { describe, expect, it } from 'vitest';
import { errorIds } from '../../../server/debug/errors.ts';
import { actions, type Action } from '../../../server/debug/protocol.ts';
import type { Client } from './dap/client.ts';
import { lineOf, scenario } from './dap/guests.ts';
import { profiles } from './dap/profiles.ts';
import { running } from './dap/start.ts';

/** What each scenario's stop is about, and whether the store would change anything. */
const stories: readonly [string, RegExp, boolean][] = [
  ['resume', /cpu_caps\.features\[2\]\.bits/, true],
  ['resume-changed', /cpu_caps\.features\[2\]\.bits/, false],
  ['hotplug', /__cpu_possible_mask/, true],
  ['late-list', /syscore/, false],
  ['neighbour', /suspend_stats\.success/, false],
  ['boundary', /wake_table/, false],
  ['amo', /uart_driver\.users/, false],
];

async function topFrame(client: Client, threadId: number): Promise<number> {
  const { stackFrames } = await client.request('stackTrace', { threadId, levels: 1 });
  return stackFrames[0]!.id;
}

/** The facts of the *Sealed write* scope by name. */
async function fault(
  client: Client,
  threadId: number,
): Promise<{ reference: number; facts: Record<string, string> }> {
  const frameId = await topFrame(client, threadId);
  const { scopes } = await client.request('scopes', { frameId });
  expect(scopes[0]!.name).toBe('Sealed write');
  const reference = scopes[0]!.variablesReference;
  const { variables } = await client.request('variables', { variablesReference: reference });
  return { reference, facts: Object.fromEntries(variables.map(({ name, value }) => [name, value])) };
}

describe.each(stories)('scenario %s', (name, about, redundant) => {
  it('stops before the store, with its diagnosis in every layer', async () => {
    const client = await running(scenario(name));
    const stopped = await client.expectStopped('exception');
    expect(stopped.text).toMatch(about);
    expect(stopped.description).toBe('Sealed write');
    const threadId = stopped.threadId!;

    const info = await client.request('exceptionInfo', { threadId });
    expect(info).toMatchObject({
      exceptionId: 'sealed-write',
      breakMode: 'always',
      details: { message: stopped.text },
    });
    expect(info.description!.split('\n')[0]).toBe(stopped.text);
    // Who sealed it, on a line of its own that clients turn into a link.
    expect(info.description).toMatch(/\nSealed by \w+\+\S+ at step [\d,]+\n {4}\/\S+\.[ch]:\d+\n/);
    expect(info.details?.stackTrace).toMatch(/\(\S+:\d+\)\nSealed by .*:\n {4}at \w+\S* \(\S+\.[ch]:\d+\)/);
    expect(info.details?.innerException?.[0]).toMatchObject({ typeName: 'Seal' });

    const { facts } = await fault(client, threadId);
    expect(facts['variable']).toMatch(about);
    expect(facts['redundant']).toMatch(redundant ? /^yes/ : /^no/);
    expect(facts['action']).toBe('oops');
    expect(facts['sealed by']).toMatch(/step [\d,]+/);

    const pending = await client.request('sealscope/fault', {});
    expect(pending).toMatchObject({ pending: true, threadId, chosen: 'oops' });
    expect(pending.choices?.map(({ action }) => action)).toEqual(actions);
    expect(pending.report).toMatch(about);
    expect(client.takeOutput('console')).toContain(pending.report);
    await client.disconnect();
  });
});

const bits = 'cpu_caps.features[2].bits';
const page = '&cpu_caps';

/** Runs on after the choice and says what became of the guest. */
async function outcome(client: Client): Promise<{ done: boolean; status: number }> {
  const status = await client.expectExited();
  return { done: client.takeOutput('stdout').includes('resume: done'), status };
}

/** The layers in which a choice can be made; each ends with the guest running. */
const layers: Readonly<Record<string, (client: Client, threadId: number, action: Action) => Promise<void>>> =
  {
    'sealscope/resolveFault': async (client, threadId, action) => {
      await client.request('sealscope/resolveFault', { action });
      expect(await client.expect('continued')).toMatchObject({ threadId, allThreadsContinued: true });
    },
    'the scope': async (client, threadId, action) => {
      const { reference } = await fault(client, threadId);
      const set = await client.request('setVariable', {
        variablesReference: reference,
        name: 'action',
        value: action,
      });
      expect(set.value).toBe(action);
      await client.request('continue', { threadId });
    },
    'a verb': async (client, threadId, action) => {
      const frameId = await topFrame(client, threadId);
      await client.request('evaluate', { expression: `fault ${action}`, frameId, context: 'repl' });
      await client.request('continue', { threadId });
    },
  };

describe.each(Object.entries(layers))('chosen by %s', (_layer, choose) => {
  it.each(actions)('%s does what it says', async (action) => {
    const client = await running(scenario('resume-changed'));
    const { threadId } = await client.expectStopped('exception');
    const before = await client.request('evaluate', { expression: bits });
    expect(before.result).toMatch(/^21\b/);
    await choose(client, threadId!, action);
    if (action === 'oops') {
      // The guest's own handler prints to a console that is suspended, and ends the machine.
      expect(await outcome(client)).toMatchObject({ done: false });
    } else {
      const { done } = await outcome(client);
      expect(done).toBe(true);
    }
    await client.disconnect();
  });
});

it.each([
  ['write-once', 'r--', 23, false],
  ['retry', 'rw-', 23, true],
  ['skip', 'r--', 21, false],
] as const)('after %s the page is %s and the value %i', async (action, permissions, value, degraded) => {
  const client = await running(scenario('resume-changed'));
  const { threadId } = await client.expectStopped('exception');
  const address = (await client.request('evaluate', { expression: page })).result.match(/0x[0-9a-f]+/)![0];
  await client.request('sealscope/resolveFault', { action, resume: false });
  await client.request('next', { threadId: threadId!, granularity: 'instruction' });
  await client.expectStopped('step');
  const walk = await client.request('sealscope/pageTable', { address });
  expect(walk.permissions).toBe(permissions);
  expect((await client.request('evaluate', { expression: bits })).result).toMatch(new RegExp(`^${value}\\b`));
  expect((await client.request('sealscope/seals', {})).degraded).toBe(degraded);
  await client.disconnect();
});

it('a plain continue delivers the architectural trap', async () => {
  const client = await running(scenario('resume', { commandLine: 'scenario=resume no_console_suspend' }));
  const { threadId } = await client.expectStopped('exception');
  await client.request('continue', { threadId: threadId! });
  await client.expectExited();
  expect(client.takeOutput('stdout')).toMatch(/Oops|Unable to handle/);
  await client.disconnect();
});

it('a policy of the launch configuration needs no stop', async () => {
  const client = await running(scenario('resume', { onSealedWrite: 'write-once' }), profiles.helix);
  expect(await outcome(client)).toMatchObject({ done: true });
  expect(client.takeOutput('console')).toMatch(/cpu_caps\.features\[2\]\.bits.*→ write-once/);
  await client.disconnect();
});

it('without debugging nothing stops', async () => {
  const client = await running(scenario('resume', { noDebug: true }));
  expect(await outcome(client)).toMatchObject({ done: false });
  await client.disconnect();
});

it('stops where memory is sealed, when asked to', async () => {
  const client = await running(scenario('none', { stopAtSeal: true }));
  const stopped = await client.expectStopped('pause');
  expect(stopped.description).toBe('Paused where memory was sealed');
  const { regions } = await client.request('sealscope/seals', {});
  expect(regions.some(({ state, sealedBy }) => state === 'sealed' && sealedBy !== undefined)).toBe(true);
  await client.disconnect();
});

it('refuses a choice where no store waits, and one that does not exist', async () => {
  const client = await running(scenario('resume', { stopOnEntry: true }));
  await client.expectStopped('entry');
  expect((await client.expectError('sealscope/resolveFault', { action: 'retry' })).id).toBe(
    errorIds.noPendingFault,
  );
  expect(await client.request('sealscope/fault', {})).toEqual({ pending: false });
  await client.request('continue', { threadId: 1 });
  const { threadId } = await client.expectStopped('exception');
  const { reference } = await fault(client, threadId!);
  const wrong = { variablesReference: reference, name: 'action', value: 'explode' };
  expect(await client.expectError('setVariable', wrong)).toMatchObject({ id: errorIds.notPossible });
  const fixed = { variablesReference: reference, name: 'story', value: 'x' };
  expect(await client.expectError('setVariable', fixed)).toMatchObject({ id: errorIds.notSettable });
  await client.disconnect();
});

it('the stop names the line of the store', async () => {
  const client = await running(scenario('resume'));
  const { threadId } = await client.expectStopped('exception');
  const { stackFrames } = await client.request('stackTrace', { threadId: threadId! });
  expect(stackFrames[0]).toMatchObject({
    name: 'cpu_detect_features',
    line: lineOf('cpufeature.c', 'cpu_caps.features[FEATURE_PM].bits = pm'),
  });
  expect(stackFrames.map(({ name }) => name)).toContain('secondary_start_kernel');
  await client.disconnect();
});
