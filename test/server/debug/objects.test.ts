/** Write-once memory over the wire: a stop with its story, objects, pages, broken rules, in portions. */
import { describe, expect, it } from 'vitest';
import type { Client } from './dap/client.ts';
import { launched } from './dap/start.ts';

const SLAB = new URL('../../../samples/write-once-slab/write-once-slab.elf', import.meta.url).pathname;

async function slab(variant: string, scenario: string): Promise<Client> {
  const client = await launched({
    program: SLAB,
    commandLine: `variant=${variant} scenario=${scenario}`,
    harts: 2,
    sourceMap: {},
  });
  await client.request('setExceptionBreakpoints', { filters: ['writeOnce'] });
  await client.request('configurationDone', {});
  return client;
}

describe('write-once memory', () => {
  it('stops at a broken rule and explains it', async () => {
    const client = await slab('private', 'second-init');
    const stopped = await client.expectStopped('exception');
    expect(stopped).toMatchObject({
      threadId: 1,
      description: 'Rule of write-once memory broken',
      text: expect.stringMatching(/^second-init: an object is initialised again: cred 0xffffffd6/) as string,
    });
    const info = await client.request('exceptionInfo', { threadId: 1 });
    expect(info).toMatchObject({ exceptionId: 'write-once-second-init', breakMode: 'always' });
    expect(info.details?.stackTrace).toContain('cred_setup');

    const { violations } = await client.request('sealscope/objectViolations', {});
    expect(violations).toMatchObject([
      { id: 1, check: 'second-init', cause: { function: 'cred_setup' }, object: { size: 80, cache: 'cred' } },
    ]);
    expect(client.custom.filter(({ event }) => event === 'sealscope/objectViolation')).toMatchObject([
      { body: { id: 1, check: 'second-init' } },
    ]);
    await client.disconnect();
  });

  it('lists objects and pages in portions', async () => {
    const client = await slab('private', 'overrun');
    await client.expectStopped('exception');
    const all = await client.request('sealscope/objects', {});
    expect(all).toMatchObject({ memories: ['kmem_cache'], complete: true, total: 1 });
    const [root] = all.objects;
    expect(root).toMatchObject({
      size: 80,
      cache: 'cred',
      state: 'initialising',
      lives: 1,
      droppedEvents: 0,
    });
    expect(root?.events.map(({ kind, place }) => `${kind} ${place.function}`)).toEqual([
      'allocated cred_create',
      'initialising cred_setup',
    ]);
    expect((await client.request('sealscope/objects', { first: 1 })).objects).toEqual([]);
    expect((await client.request('sealscope/objects', { page: root!.address })).total).toBe(1);
    expect((await client.request('sealscope/objects', { page: '0x1000' })).total).toBe(0);

    const { pages, fragmentation } = await client.request('sealscope/objectPages', { count: 1 });
    expect(pages).toMatchObject([{ live: 1, open: true, objects: [{ state: 'initialising' }] }]);
    expect(fragmentation).toMatchObject({
      pages: 1,
      heldByOne: 1,
      liveBytes: '80',
      allocatedBytes: '4096',
      onePerPage: { pages: 1, bytes: '4096' },
    });
    await client.disconnect();
  });
});
