/** What the views of an editor ask: the permission map, phases, sealed writes, jumps and watches, over the wire. */
import { describe, expect, it } from 'vitest';
import { errorIds } from '../../../server/debug/errors.ts';
import type { CustomCommand } from '../../../server/debug/protocol.ts';
import type { Client } from './dap/client.ts';
import { assemble, restless, scenario } from './dap/guests.ts';
import { atEntry, running } from './dap/start.ts';

const events = (client: Client, name: string) =>
  client.custom.filter(({ event }) => event === name).map(({ body }) => body as Record<string, unknown>);

async function atFault(name = 'resume'): Promise<Client> {
  const client = await running(scenario(name, { commandLine: `scenario=${name} pages=4k` }));
  await client.expectStopped('exception');
  return client;
}

describe('the permission map', () => {
  it('shows the page that refuses, and after a choice what changed', async () => {
    const client = await atFault();
    const { address, page, mapped } = await client.request('sealscope/locate', { expression: 'cpu_caps' });
    expect(mapped).toBe(true);
    const rowAt = async () => {
      const { mappings, ...space } = await client.request('sealscope/permissions', {});
      const row = mappings.find(
        ({ start, end }) => BigInt(start) <= BigInt(address) && BigInt(address) < BigInt(end),
      );
      return { space, row: row! };
    };
    const before = await rowAt();
    expect(before.space).toMatchObject({ mode: 'sv39', complete: true });
    expect(before.row).toMatchObject({
      linked: 'rw-',
      fault: true,
      seal: { region: 'rodata', state: 'sealed' },
    });
    expect(before.row.flags).toMatch(/^r--/);
    expect(before.row.seal!.sealedBy!.place.function).toBe('mark_rodata_ro');
    expect(before.row.aliases[0]).toMatchObject({ permissions: 'r--', name: 'linear map' });

    const { pages, total } = await client.request('sealscope/pages', {
      start: page,
      end: before.row.end,
      count: 1,
    });
    expect(total).toBeGreaterThan(0);
    expect(pages[0]!.fault).toMatch(/^store refused: cpu_caps/);
    expect(pages[0]!.symbols.map(({ name }) => name)).toContain('__cpu_possible_mask');

    await client.request('sealscope/resolveFault', { action: 'retry', resume: false });
    await client.request('stepIn', { threadId: 2, granularity: 'instruction' });
    await client.expectStopped('step');
    const after = await rowAt();
    expect(after.row).toMatchObject({ change: { isDegraded: true }, seal: { state: 'degraded' } });
    expect(after.space.stops.at(-1)!.ordinal).toBe(after.space.since);
    await client.disconnect();
  });

  it('finds places', async () => {
    const client = await atFault();
    const { hits } = await client.request('sealscope/find', { query: 'cpu_caps', limit: 3 });
    expect(hits[0]).toMatchObject({ label: 'cpu_caps', kind: 'symbol', mapped: true, size: 64 });
    expect(hits.length).toBeLessThanOrEqual(3);
    const described = await client.request('sealscope/describe', { name: 'cpu_caps' });
    expect(described).toMatchObject({ found: true, region: 'rodata', policy: 'preset: Linux' });
    expect(described.lastWriter!.place.function).toBe('cpu_detect_features');
    expect(await client.request('sealscope/describe', { name: 'nothing' })).toEqual({ found: false });
    expect((await client.expectError('sealscope/locate', {})).id).toBe(errorIds.badArguments);
    await client.disconnect();
  });
});

it('hostile page tables are cut, and the adapter answers in between', async () => {
  // Sv39 with a root that names itself 256 times, and leads to a table full of one frame.
  const program = assemble(
    'hostile-tables',
    [
      'la t0, root',
      'srli t1, t0, 2',
      'ori t1, t1, 1',
      'li t2, 256',
      '1: sd t1, 0(t0)',
      'addi t0, t0, 8',
      'addi t2, t2, -1',
      'bnez t2, 1b',
      'li t1, 0x200000cf',
      'li t2, 256',
      '2: sd t1, 0(t0)',
      'addi t0, t0, 8',
      'addi t2, t2, -1',
      'bnez t2, 2b',
      'la t0, root',
      'srli t0, t0, 12',
      'li t1, 8',
      'slli t1, t1, 60',
      'or t0, t0, t1',
      'csrw satp, t0',
      'done: j done',
      '.balign 4096',
      'root: .space 4096',
    ].join('\n'),
  );
  const client = await atEntry({ program });
  await client.request('setFunctionBreakpoints', { breakpoints: [{ name: 'done' }] });
  await client.request('continue', { threadId: 1 });
  await client.expectStopped('function breakpoint');
  const { response } = client.send('sealscope/permissions', {});
  const asked = performance.now();
  await client.request('pause', { threadId: 1 });
  expect(performance.now() - asked).toBeLessThan(1_000);
  expect(await response).toMatchObject({ success: true, body: { complete: false } });
  await client.disconnect();
});

describe('phases', () => {
  it('are told as they begin, and runToSeal stops at the seal', async () => {
    const client = await atEntry(scenario('resume'));
    expect((await client.request('sealscope/phases', {})).current).toBe('booting');
    await client.request('sealscope/runToSeal', {});
    await client.expect('continued');
    expect(await client.expectStopped('pause')).toMatchObject({
      description: 'Paused where memory was sealed',
    });
    const { current, phases } = await client.request('sealscope/phases', {});
    expect(current).toBe('sealed');
    expect(phases.at(-1)).toMatchObject({ kind: 'sealed', text: 'sealed by mark_rodata_ro (hart 0)' });
    expect(events(client, 'sealscope/phase').at(-1)).toEqual({ current, text: phases.at(-1)!.text });
    await client.disconnect();
  });

  it('stopAtSeal holds for the next run too', async () => {
    const client = await atEntry(scenario('resume'));
    expect(await client.request('sealscope/stopAtSeal', { enabled: true })).toEqual({ enabled: true });
    await client.request('restart', {});
    await client.expectStopped('entry');
    await client.request('continue', { threadId: 1 });
    await client.expectStopped('pause');
    await client.disconnect();
  });
});

describe('sealed writes', () => {
  it('are listed once a symbol and instruction, told as they come, and exported', async () => {
    const client = await atFault();
    const { writes } = await client.request('sealscope/sealedWrites', {});
    const write = writes.at(-1)!;
    expect(write).toMatchObject({
      symbol: 'cpu_caps.features[2].bits',
      count: 1,
      redundant: 'always',
      actions: [{ action: 'ask', count: 1 }],
    });
    const { id, symbol } = write;
    expect(events(client, 'sealscope/sealedWrite').at(-1)).toEqual({ id, symbol, count: 1, action: 'ask' });
    await client.request('evaluate', { expression: 'fault retry go', context: 'repl' });
    expect(await client.expect('continued')).toMatchObject({ allThreadsContinued: true });
    await client.expectExited();
    expect(events(client, 'sealscope/sealedWrite').at(-1)).toMatchObject({ id, action: 'retry' });
    const after = await client.request('sealscope/sealedWrites', {});
    expect(after.writes.find((each) => each.id === id)!.actions).toEqual([{ action: 'retry', count: 1 }]);
    const { text } = await client.request('sealscope/exportSealedWrites', { format: 'markdown' });
    expect(text).toContain('- Command line: `scenario=resume pages=4k`');
    expect(text).toMatch(/\| `cpu_caps\.features\[2\]\.bits` \| `cpu_detect_features\S+` \(\S+\.c:\d+\) \|/);
    const exported = await client.request('sealscope/exportSealedWrites', { format: 'json' });
    const json = JSON.parse(exported.text) as { machine: object; sealedWrites: { report: object }[] };
    expect(json.machine).toMatchObject({ harts: 2 });
    expect(json.sealedWrites).toHaveLength(after.writes.length);
    await client.disconnect();
  });
});

it('watches stop before writes, live beside data breakpoints, and through a restart', async () => {
  const client = await atEntry(scenario('resume'));
  const { address, size } = await client.request('sealscope/locate', { expression: 'cpu_caps' });
  const { id, text } = await client.request('sealscope/watchWrites', {
    address,
    size: size!,
    name: 'cpu_caps',
  });
  expect(text).toMatch(/^Writes to cpu_caps \(64 bytes at 0x/);
  await client.request('setDataBreakpoints', { breakpoints: [] });
  for (const run of ['first', 'second']) {
    await client.request('continue', { threadId: 1 });
    expect((await client.expectStopped('data breakpoint')).hitBreakpointIds).toEqual([id]);
    expect((await client.request('sealscope/watches', {})).watches).toMatchObject([{ id, hits: 1 }]);
    if (run === 'second') break;
    await client.request('restart', {});
    await client.expect('breakpoint');
    await client.expectStopped('entry');
  }
  await client.request('sealscope/unwatchWrites', { id });
  expect(await client.request('sealscope/watches', {})).toEqual({ watches: [] });
  expect((await client.expectError('sealscope/unwatchWrites', { id })).id).toBe(errorIds.notPossible);
  await client.disconnect();
});

it('a running guest refuses what needs a standstill, and answers the rest', async () => {
  const client = await running({ program: assemble('counts', restless.counts.join('\n')) });
  const refused: [CustomCommand, object][] = [
    ['sealscope/permissions', {}],
    ['sealscope/pages', { start: '0x0', end: '0x1000' }],
    ['sealscope/find', { query: 'x' }],
    ['sealscope/locate', { address: '0x0' }],
    ['sealscope/describe', { name: 'x' }],
    ['sealscope/runToSeal', {}],
  ];
  for (const [command, args] of refused)
    expect((await client.expectError(command, args as never)).id).toBe(errorIds.notStopped);
  expect(await client.request('sealscope/phases', {})).toMatchObject({ current: 'unsealed' });
  expect(await client.request('sealscope/sealedWrites', {})).toEqual({ writes: [] });
  expect(await client.request('sealscope/watches', {})).toEqual({ watches: [] });
  expect(await client.request('sealscope/stopAtSeal', { enabled: false })).toEqual({ enabled: false });
  await client.disconnect();
});
