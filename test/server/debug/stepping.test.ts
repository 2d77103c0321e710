/** Steps of every kind and size. */
import { describe, expect, it } from 'vitest';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { errorIds } from '../../../server/debug/errors.ts';
import type { Client } from './dap/client.ts';
import { lineOf, scenario, sourceFile } from './dap/guests.ts';
import { atEntry, launched } from './dap/start.ts';

const threadId = 1;

async function top(client: Client): Promise<DebugProtocol.StackFrame> {
  const { stackFrames } = await client.request('stackTrace', { threadId, levels: 1 });
  return stackFrames[0]!;
}

async function step(
  client: Client,
  command: 'next' | 'stepIn' | 'stepOut',
  granularity?: DebugProtocol.SteppingGranularity,
): Promise<DebugProtocol.StackFrame> {
  await client.request(command, { threadId, ...(granularity === undefined ? {} : { granularity }) });
  await client.expectStopped('step');
  return top(client);
}

async function stoppedAt(file: string, text: string): Promise<Client> {
  const client = await launched(scenario('none'));
  await client.request('setBreakpoints', {
    source: { path: sourceFile(file) },
    breakpoints: [{ line: lineOf(file, text) }],
  });
  await client.request('configurationDone', {});
  await client.expectStopped('breakpoint');
  return client;
}

describe('stepping', () => {
  it('next stays in the function, stepIn enters the callee, stepOut returns', async () => {
    const client = await stoppedAt('main.c', '\tcpu_caps_init();');
    const here = await top(client);
    expect(here.name).toBe('start_kernel');
    const inside = await step(client, 'stepIn');
    expect(inside.name).toBe('cpu_caps_init');
    const back = await step(client, 'stepOut');
    expect(back.name).toBe('start_kernel');
    let frame = back;
    while (frame.line === here.line) frame = await step(client, 'next');
    expect(frame).toMatchObject({ name: 'start_kernel', line: lineOf('main.c', '\twake_table_init();') });
    await client.disconnect();
  });

  it('an instruction is the smallest step', async () => {
    const client = await stoppedAt('main.c', '\tcpu_caps_init();');
    const before = await top(client);
    const memoryReference = before.instructionPointerReference!;
    const { instructions } = await client.request('disassemble', { memoryReference, instructionCount: 2 });
    const after = await step(client, 'next', 'instruction');
    const size = BigInt(after.instructionPointerReference!) - BigInt(memoryReference);
    expect(instructions[0]!.instructionBytes!.split(' ')).toHaveLength(
      2 + 2 * Number(size !== 2n && size === 4n),
    );
    await client.disconnect();
  });

  it('a breakpoint inside a step ends it', async () => {
    const client = await stoppedAt('main.c', '\tcpu_caps_init();');
    await client.request('setFunctionBreakpoints', {
      breakpoints: [{ name: 'isa_letters' }, { name: 'cpu_detect_features' }],
    });
    await client.request('next', { threadId });
    const { reason } = await client.expect('stopped');
    expect(reason).toBe('function breakpoint');
    await client.disconnect();
  });

  it('from the entry one can step in assembly', async () => {
    const client = await atEntry(scenario('none'));
    const first = await top(client);
    const second = await step(client, 'stepIn', 'instruction');
    expect(second.instructionPointerReference).not.toBe(first.instructionPointerReference);
    await client.disconnect();
  });

  it('frames and variables of the stop before are out of date', async () => {
    const client = await stoppedAt('main.c', '\tcpu_caps_init();');
    const old = await top(client);
    await step(client, 'next');
    expect((await client.expectError('scopes', { frameId: old.id })).id).toBe(errorIds.staleReference);
    await client.disconnect();
  });

  it('a hart that does not exist does not step', async () => {
    const client = await atEntry(scenario('none'));
    expect((await client.expectError('next', { threadId: 3 })).id).toBe(errorIds.unknownThread);
    await client.disconnect();
  });
});
