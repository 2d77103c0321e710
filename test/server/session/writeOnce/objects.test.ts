/** Lives, heat and fragmentation of the slab's objects; stops; and specifications that do not fit the image. */
import { describe, expect, it } from 'vitest';
import { fragmentationText, writeOnceText, type SessionError } from '../../../../server/session/index.ts';
import { readWriteOnceSpecs } from '../../../../server/sealing/writeOnce/specification.ts';
import { eventsOf, openGuest } from '../guest.ts';
import { openSlab, runToEnd, SLAB } from './slab.ts';

const CRED = 80;
const PER_PAGE = 51;

describe('the objects of a run without mistakes', () => {
  it('are where the guest put them, with what it did to them', async () => {
    const guest = await openSlab('private', 'none');
    await runToEnd(guest);
    const { objects, pages, fragmentation, complete, memories } = guest.session.writeOnce;
    expect([memories, complete]).toEqual([['kmem_cache'], true]);

    // scenario.c, burst(): root, user and 60 workers; 49 of these go, the last to go makes room for "late".
    expect(objects.length).toBe(62);
    expect(objects.map(({ size, cache }) => `${cache ?? ''} ${size}`)).toEqual(
      Array<string>(62).fill(`cred ${CRED}`),
    );
    expect(fragmentation).toEqual({
      pages: 2,
      heldByOne: 1,
      empty: 0,
      liveObjects: 14,
      liveBytes: BigInt(14 * CRED),
      allocatedBytes: 8192n,
      onePerPage: { pages: 14, bytes: BigInt(14 * 4096) },
    });
    expect(pages.map((page) => [page.objects.length, page.live])).toEqual([
      [PER_PAGE, 13],
      [62 - PER_PAGE, 1],
    ]);
    expect(pages[1]!.virtual - pages[0]!.virtual).toBe(4096n);

    // worker 10 was the last to go.
    const reused = objects.filter(({ lives }) => lives > 1);
    expect(reused.map(({ address }) => address)).toEqual([pages[0]!.virtual + BigInt(12 * CRED)]);
    expect(
      reused[0]?.events.map(({ kind, life, hart, place }) => [kind, life, hart, place.function]),
    ).toEqual([
      ['allocated', 1, 0, 'cred_create'],
      ['initialising', 1, 0, 'cred_setup'],
      ['sealed', 1, 0, 'cred_create'],
      ['freed', 1, 0, 'cred_destroy'],
      ['allocated', 2, 0, 'cred_create'],
      ['initialising', 2, 0, 'cred_setup'],
      ['sealed', 2, 0, 'cred_create'],
    ]);
    const steps = objects.flatMap(({ events }) => events.map(({ step }) => step));
    expect(steps.every((step) => step > 4_000_000n && step <= guest.session.run.step)).toBe(true);
    guest.session.close();
  });

  it('make a heat map: an object freed twice as often is written more', async () => {
    const guest = await openSlab('private', 'none');
    await runToEnd(guest);
    const { writeOnce } = guest.session;
    for (const page of writeOnce.pages) {
      expect(page.strayStores).toBe(0);
      expect(page.stores).toBe(page.objects.reduce((sum, { stores }) => sum + stores, 0));
    }
    const text = [fragmentationText(writeOnce.fragmentation), ...writeOnceText(writeOnce)].join('\n');
    expect(text).toContain('14 live objects (1,120 bytes) on 2 pages (8 KiB): 13.7 % used');
    expect(text).toContain('1 page held by one object; with one object a page: 14 pages (56 KiB)');
    const heat = /13 of 51 live.*\|(.*)\|/.exec(text)?.[1] ?? '';
    expect(heat).toMatch(/^[^o]{12}@o{38}$/);
    expect(text).toMatch(
      /life 2, sealed, \d+ stores: allocated \(cred_create, hart 0, [\d,]+\) → initialising/,
    );
    guest.session.close();
  });
});

describe('a broken rule', () => {
  it('stops before the store, with its story', async () => {
    const guest = await openSlab('private', 'overrun');
    guest.session.breakpoints.setExceptions([{ filter: 'writeOnce' }]);
    const stop = await guest.session.run.continue();
    if (stop.kind !== 'stop') throw new Error('the guest ended');
    expect(stop).toMatchObject({
      reason: 'exception',
      hart: 0,
      place: { function: 'memset' },
      writeOnce: { check: 'write-outside-object', memory: 'kmem_cache' },
    });
    const { access } = stop.writeOnce!;
    expect(guest.session.inspect.registers(0).map(({ value }) => value)).toContain(access!.address);
    const { bytes } = guest.session.inspect.readMemory(access!.address, access!.size);
    expect(new DataView(bytes.buffer).getBigUint64(0, true)).toBe(access!.oldValue);
    // The same once more: counted, not stopped at.
    await guest.session.run.continue();
    expect(guest.session.run.state).toBe('exited');
    expect(eventsOf(guest, 'writeOnce').length).toBe(1);
    expect(guest.session.writeOnce.violations[0]?.count).toBe(3);
    guest.session.close();
  });

  it('stops at a call, and behind a store to a page table', async () => {
    const places: string[] = [];
    for (const scenario of ['second-init', 'patch']) {
      const guest = await openSlab('private', scenario);
      guest.session.breakpoints.setExceptions([{ filter: 'writeOnce' }]);
      const stop = await guest.session.run.continue();
      places.push(
        stop.kind === 'stop' ? `${stop.writeOnce?.check ?? ''} ${stop.place.function}` : stop.reason,
      );
      guest.session.close();
    }
    expect(places).toEqual([
      'second-init kmem_cache_init_once',
      'writable-outside-init local_flush_tlb_page',
    ]);
  });

  it.each([
    ['$object == $page', 'write-outside-callback'],
    ['$address == 0', undefined],
  ])('stops if its condition holds: %s', async (condition, check) => {
    const guest = await openSlab('private', 'stamp');
    guest.session.breakpoints.setExceptions([{ filter: 'writeOnce', condition }]);
    const stop = await guest.session.run.continue();
    expect(stop.kind === 'stop' ? stop.writeOnce?.check : undefined).toBe(check);
    guest.session.close();
  });

  it('changes nothing in the guest', async () => {
    const hashes = new Set<string>();
    for (const writeOnce of [undefined, []]) {
      const guest = await openSlab('shared', 'race', { writeOnce });
      await runToEnd(guest);
      hashes.add(guest.session.stateHash());
      guest.session.close();
    }
    expect(hashes.size).toBe(1);
  });
});

describe('a specification', () => {
  const spec = (alloc: object, initOnce: object, rest: object = {}): ReturnType<typeof readWriteOnceSpecs> =>
    readWriteOnceSpecs('writeOnce', [
      {
        alloc: { function: 'kmem_cache_alloc', size: 'cache->size', ...alloc },
        initOnce: { function: 'kmem_cache_init_once', object: 'a1', ...initOnce },
        free: { function: 'kmem_cache_free', object: 'a1' },
        ...rest,
      },
    ]);

  it('finds the arguments in registers, too', async () => {
    const guest = await openSlab('private', 'stamp', {
      writeOnce: spec({ size: 80 }, { callback: 'a2' }, { name: 'creds' }),
    });
    await runToEnd(guest);
    const { violations, memories } = guest.session.writeOnce;
    expect(memories).toEqual(['creds']);
    expect(violations.map(({ check }) => check)).toEqual(['write-outside-callback']);
    guest.session.close();
  });

  it('without a callback lets all of init-once write', async () => {
    const guest = await openSlab('private', 'stamp', { writeOnce: spec({}, {}) });
    await runToEnd(guest);
    expect(guest.session.writeOnce.violations).toEqual([]);
    guest.session.close();
  });

  it.each<[string, object, object, object, RegExp]>([
    [
      'no such function',
      { function: 'kmem_cache_allc' },
      {},
      {},
      /"writeOnce\[0\]\.alloc\.function" is "kmem_cache_allc".*did you mean kmem_cache_alloc/,
    ],
    [
      'no expression',
      { size: 'cache->' },
      {},
      {},
      /"writeOnce\[0\]\.alloc\.size" is "cache->", which is neither/,
    ],
    [
      'no such maker',
      {},
      {},
      { makeWritable: ['make_rw'] },
      /"writeOnce\[0\]\.makeWritable\[0\]" is "make_rw"/,
    ],
  ])('is refused: %s', async (_, alloc, initOnce, rest, message) => {
    const opening = openGuest({ program: SLAB, writeOnce: spec(alloc, initOnce, rest) });
    await expect(opening).rejects.toThrow(message);
    await expect(opening).rejects.toMatchObject({ code: 'configuration' } satisfies Partial<SessionError>);
  });

  it('that the guest contradicts is told once, and its calls are not followed', async () => {
    const guest = await openSlab('private', 'none', { writeOnce: spec({ size: 'cache->colour' }, {}) });
    await runToEnd(guest);
    const logs = eventsOf(guest, 'log').map(({ text }) => text);
    expect(logs).toEqual([
      expect.stringMatching(
        /^"writeOnce\[0\]\.alloc\.function": calls of kmem_cache_alloc are not followed: .*colour/,
      ),
    ]);
    guest.session.close();
  });
});
