/**
 * One session as several clients have it. The client asserts for each message that nothing was sent which it did not
 * advertise; the golden transcripts show what each of them sees.
 */
import { expect, it } from 'vitest';
import type { Client } from './dap/client.ts';
import { expectGolden } from './dap/golden.ts';
import { lineOf, scenario, sourceFile } from './dap/guests.ts';
import { profiles } from './dap/profiles.ts';
import { launched } from './dap/start.ts';
import { transcriptText } from './dap/transcript.ts';

/** What a client asks for by itself at each stop. */
async function look(client: Client, threadId: number, asksExceptionInfo: boolean): Promise<void> {
  await client.request('threads', {});
  if (asksExceptionInfo) await client.request('exceptionInfo', { threadId });
  const { stackFrames } = await client.request('stackTrace', { threadId, startFrame: 0, levels: 20 });
  const { scopes } = await client.request('scopes', { frameId: stackFrames[0]!.id });
  for (const { expensive, variablesReference } of scopes)
    if (!expensive) await client.request('variables', { variablesReference });
}

it.each([
  ['vscode', true],
  ['nvim-dap', true],
  ['helix', false],
  ['minimal', false],
] as const)('%s', async (name, asksExceptionInfo) => {
  const client = await launched(scenario('resume'), profiles[name]);
  await client.request('setBreakpoints', {
    source: { path: sourceFile('cpufeature.c') },
    breakpoints: [
      { line: lineOf('cpufeature.c', 'pm |= PM_POWER_OFF'), condition: '$tp != 0', hitCondition: '2' },
    ],
  });
  await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'mark_rodata_ro' }] });
  // Helix turns on every filter there is; the others those that are on by default.
  await client.request('setExceptionBreakpoints', { filters: ['sealedWrite'] });
  await client.request('configurationDone', {});

  await client.expectStopped('breakpoint');
  await client.request('setBreakpoints', { source: { path: sourceFile('cpufeature.c') }, breakpoints: [] });
  await client.request('continue', { threadId: 1 });
  await client.expectStopped('function breakpoint');
  await look(client, 1, false);
  await client.request('next', { threadId: 1 });
  await client.expectStopped('step');
  await client.request('continue', { threadId: 1 });

  const { threadId } = await client.expectStopped('exception');
  await look(client, threadId!, asksExceptionInfo);
  const { stackFrames } = await client.request('stackTrace', { threadId: threadId!, levels: 1 });
  const frameId = stackFrames[0]!.id;
  const caps = await client.request('evaluate', { expression: 'cpu_caps', frameId, context: 'watch' });
  await client.request('variables', { variablesReference: caps.variablesReference });
  const { scopes } = await client.request('scopes', { frameId });
  await client.request('setVariable', {
    variablesReference: scopes[0]!.variablesReference,
    name: 'action',
    value: 'write-once',
  });
  await client.request('setExpression', { expression: 'suspend_stats.success', value: '7', frameId });
  // Only this one said that it knows them.
  if (name === 'vscode') {
    await client.expect('memory');
    await client.expect('invalidated');
  }
  await client.request('continue', { threadId: threadId! });
  expect(await client.expectExited()).toBe(0);
  await client.disconnect();
  expectGolden(new URL(`golden/${name}.txt`, import.meta.url), transcriptText(client.transcript));
});
