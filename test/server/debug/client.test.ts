/** What depends on the client: how it counts, how it names files, in what bundles its messages come. */
import { expect, it } from 'vitest';
import { encodeMessage } from '../../../server/debug/framing.ts';
import { lineOf, scenario, sourceFile } from './dap/guests.ts';
import { connected, launched } from './dap/start.ts';

const file = 'cpufeature.c';
const line = lineOf(file, 'cpu_caps.features[FEATURE_PM].bits = pm');

it('counts lines and columns from zero and names files by URI, if the client does', async () => {
  const client = await launched(scenario('none'), {
    adapterID: 'sealscope',
    linesStartAt1: false,
    columnsStartAt1: false,
    pathFormat: 'uri',
  });
  const source = { path: `file://${sourceFile(file)}` };
  const { breakpoints } = await client.request('setBreakpoints', {
    source,
    breakpoints: [{ line: line - 1 }],
  });
  expect(breakpoints[0]).toMatchObject({ verified: true, line: line - 1, source });
  await client.request('configurationDone', {});
  await client.expectStopped('breakpoint');
  const { stackFrames } = await client.request('stackTrace', { threadId: 1, levels: 1 });
  expect(stackFrames[0]).toMatchObject({ line: line - 1, source });
  const text = 'fault re';
  const { targets } = await client.request('completions', { text, column: text.length, line: 0 });
  expect(targets).toMatchObject([
    { label: 'retry', start: 6, length: 2 },
    { label: 'retry go', start: 6, length: 2 },
  ]);
  await client.disconnect();
});

it('answers requests that come in one piece in their order', async () => {
  const client = await connected();
  const requests = [
    { command: 'launch', arguments: scenario('none', { stopOnEntry: true }) },
    { command: 'setFunctionBreakpoints', arguments: { breakpoints: [{ name: 'start_kernel' }] } },
    { command: 'configurationDone' },
    { command: 'threads' },
    { command: 'stackTrace', arguments: { threadId: 1 } },
  ].map((request, index) => ({ seq: 100 + index, type: 'request', ...request }));
  const order: number[] = [];
  const answers = requests.map(async ({ seq }) => {
    const response = await client.raw('', seq);
    order.push(seq);
    return response;
  });
  client.wire.write(Buffer.concat(requests.map(encodeMessage)));
  const responses = await Promise.all(answers);
  expect(responses.map(({ success }) => success)).toEqual([true, true, true, true, true]);
  expect(order).toEqual(requests.map(({ seq }) => seq));
  await client.expectInitialized();
  await client.expectStopped('entry');
  await client.disconnect();
});

it('cancels what waits in the queue', async () => {
  const client = await launched(scenario('none', { stopOnEntry: true }));
  await client.request('configurationDone', {});
  await client.expectStopped('entry');
  const requests = [
    { seq: 100, type: 'request', command: 'loadedSources' },
    { seq: 101, type: 'request', command: 'stackTrace', arguments: { threadId: 1 } },
    { seq: 102, type: 'request', command: 'cancel', arguments: { requestId: 101 } },
  ];
  const answers = requests.map(({ seq }) => client.raw('', seq));
  client.wire.write(Buffer.concat(requests.map(encodeMessage)));
  const [sources, stack, cancel] = await Promise.all(answers);
  expect(sources).toMatchObject({ success: true });
  expect(stack).toMatchObject({ success: false, message: 'cancelled' });
  expect(cancel).toMatchObject({ success: true });
  await client.disconnect();
});

it('breakpoints of a launch without debugging are never verified', async () => {
  const client = await launched(scenario('none', { noDebug: true }));
  const source = { path: sourceFile(file) };
  const { breakpoints } = await client.request('setBreakpoints', { source, breakpoints: [{ line }] });
  expect(breakpoints).toMatchObject([
    { verified: false, message: expect.stringMatching(/without debugging/) as string },
  ]);
  await client.request('configurationDone', {});
  await client.expectExited();
  await client.disconnect();
});
