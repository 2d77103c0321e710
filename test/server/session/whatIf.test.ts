/** What-if seals on a guest that seals nothing: exact bounds, every kind of store, aliases, choices and moments. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { RefusedStore, SealChoice, SessionConfiguration } from '../../../server/session/index.ts';
import { eventsOf, openGuest, readNumber, type TestGuest } from './guest.ts';

const source = fileURLToPath(new URL('fixtures/whatIf.c', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'sealscope-what-if-'));
const open: TestGuest[] = [];
afterAll(() => {
  for (const { session } of open) session.close();
  rmSync(directory, { recursive: true });
});

const programs = new Map<string, string>();

/** @param traps How many the guest expects to see. */
function build(store: string, traps: number): string {
  const key = `${traps}${store}`;
  let program = programs.get(key);
  if (program === undefined) {
    program = join(directory, `guest${programs.size}.elf`);
    execFileSync('riscv64-linux-gnu-gcc', [
      ...['-march=rv64ima_zicsr_zifencei', '-mabi=lp64', '-mcmodel=medany', '-O1', '-g', '-ffreestanding'],
      ...['-nostdlib', '-static', '-no-pie', '-fno-pic', `-DSTORE=${store}`, `-DEXPECTED=${traps}`],
      ...['-Wl,--build-id=none,--no-relax,--no-warn-rwx-segments,-N,-Ttext=0x80200000,-e,_start'],
      ...['-o', program, source],
    ]);
    programs.set(key, program);
  }
  return program;
}

/** One store of a number to an lvalue, as one instruction. */
const to = (instruction: string, address: string): string =>
  `address = (u64)(${address}); __asm__ volatile("${instruction} %1, 0(%0)" : : "r"(address), "r"(value) : "memory");`;

async function start(
  store: string,
  whatIf: readonly string[],
  { traps = 0, ...configuration }: Partial<SessionConfiguration> & { traps?: number } = {},
): Promise<TestGuest> {
  const guest = await openGuest({
    program: build(store, traps),
    harts: 1,
    whatIf,
    whatIfAfter: 'function seal',
    ...configuration,
  });
  open.push(guest);
  return guest;
}

async function refusedBy(guest: TestGuest): Promise<RefusedStore | undefined> {
  const stop = await guest.session.run.continue();
  return stop.kind === 'stop' ? stop.refused : undefined;
}

describe('the bounds are the object, to the byte', () => {
  const seal = ['cpu_caps.features'];
  it.each<[string, string, readonly string[], boolean, RefusedStore['kind']?]>([
    ['the member itself', to('sw', '&cpu_caps.features'), seal, true],
    ['its last byte', to('sb', '(u8 *)&cpu_caps.features + 3'), seal, true],
    ['the byte before it', to('sb', '(u8 *)&cpu_caps.features - 1'), seal, false],
    ['the byte behind it', to('sb', 'cpu_caps.tail'), seal, false],
    ['the member beside it', to('sw', '&cpu_caps.vendor'), seal, false],
    ['a store over both its ends', to('sd', '(u8 *)&cpu_caps.features - 2'), seal, true],
    ['a store that ends where it begins', to('sd', '(u8 *)&cpu_caps.features - 8'), seal, false],
    ['an AMO', to('amoadd.w zero,', '&cpu_caps.features').replace('0(%0)', '(%0)'), seal, true, 'amo'],
    ['an AMO beside it', to('amoadd.w zero,', '&cpu_caps.vendor').replace('0(%0)', '(%0)'), seal, false],
    [
      'an SC with its reservation',
      'address = (u64)&cpu_caps.features; __asm__ volatile("lr.w t0, (%0); sc.w t0, %1, (%0)" : : "r"(address), "r"(value) : "t0", "memory");',
      seal,
      true,
      'sc',
    ],
    [
      'an SC that fails',
      'address = (u64)&cpu_caps.features; __asm__ volatile("lr.w t0, (sp); sc.w t0, %1, (%0)" : : "r"(address), "r"(value) : "t0", "memory");',
      seal,
      false,
    ],
    ['another address of the frame', to('sw', 'ALIAS(&cpu_caps.features)'), seal, true],
    ['another address of the byte behind', to('sb', 'ALIAS(cpu_caps.tail)'), seal, false],
    ['over a page border, its end sealed', to('sd', 'wide.low'), ['wide.high[3]'], true],
    ['over a page border, its beginning sealed', to('sd', 'wide.low'), ['wide.low[0]'], true],
    [
      'over a page border, between two seals',
      to('sw', 'wide.low + 2'),
      ['wide.low[1]', 'wide.high[2]'],
      false,
    ],
  ])('%s', async (_, store, whatIf, refuses, kind = 'store') => {
    const guest = await start(store, whatIf);
    const refused = await refusedBy(guest);
    expect(refused !== undefined).toBe(refuses);
    const [result] = guest.session.whatIf.report().results;
    if (refused === undefined) {
      expect(result).toMatchObject({ state: 'sealed', storesAfter: 0 });
      return;
    }
    expect(refused).toMatchObject({ kind, region: { origin: 'whatIf' }, place: { function: 'scenario' } });
    expect(refused.story).toContain('no page is sealed here');
    expect(readNumber(guest.session, refused.address, refused.size)).toBe(refused.oldValue);
    expect(await guest.session.run.continue()).toMatchObject({ kind: 'exit', reason: 'fail', status: 1 });
    expect(guest.session.whatIf.report().results.some(({ storesAfter }) => storesAfter === 1)).toBe(true);
  });

  it('tells the parts of a store over the end', async () => {
    const refused = (await refusedBy(await start(to('sd', '(u8 *)&cpu_caps.features - 2'), seal)))!;
    expect(refused.parts.map(({ size, refused: is }) => [size, is])).toEqual([
      [2, false],
      [4, true],
      [2, false],
    ]);
    expect(refused.classification).toBe('boundary');
    expect(refused.writers).toMatchObject({
      first: { place: { function: 'detect' }, newValue: 7n },
      count: 1,
    });
  });
});

describe('each choice', () => {
  const store = to('sw', 'ALIAS(&cpu_caps.features)') + to('sw', '&cpu_caps.features');
  const scenarios: Record<SealChoice, { traps: number; stops: number; value: bigint; state: string }> = {
    oops: { traps: 2, stops: 2, value: 7n, state: 'sealed' },
    retry: { traps: 0, stops: 1, value: 9n, state: 'dropped' },
    'write-once': { traps: 0, stops: 2, value: 9n, state: 'sealed' },
    skip: { traps: 0, stops: 2, value: 7n, state: 'sealed' },
    log: { traps: 0, stops: 2, value: 9n, state: 'sealed' },
  };
  it.each(Object.entries(scenarios))('%s', async (choice, { traps, stops, value, state }) => {
    for (const asks of [true, false]) {
      const policy = choice as SealChoice;
      const guest = await start(store, ['cpu_caps.features'], {
        traps,
        onSealedWrite: asks ? 'ask' : policy,
      });
      const { session } = guest;
      let result = await session.run.continue();
      let stopped = 0;
      while (result.kind === 'stop') {
        stopped++;
        session.seals.choose(policy);
        result = await session.run.continue();
      }
      expect(result).toMatchObject({ kind: 'exit', reason: 'pass' });
      expect(stopped).toBe(asks ? stops : 0);
      const at = (name: string): bigint => session.symbols!.symbols.addressOf(name)!;
      expect(readNumber(session, at('cpu_caps') + 4n, 4)).toBe(value);
      if (traps > 0) {
        expect(readNumber(session, at('cause'), 8)).toBe(15n);
        expect(readNumber(session, at('tval'), 8)).toBe(at('cpu_caps') + 4n);
      }
      expect(session.whatIf.report().results).toMatchObject([
        { state, storesBefore: 1, changesBefore: 1, storesAfter: 2 },
      ]);
      expect(session.seals.findings).toHaveLength(stops);
      expect(session.seals.degraded).toBe(false);
    }
  });

  it('log counts what it need not tell again, and knows what is redundant', async () => {
    const loop = `for (int i = 0; i < 50; i++) { ${to('sw', '&cpu_caps.features')} }`;
    const guest = await start(loop, ['cpu_caps.features'], { onSealedWrite: 'log' });
    expect(await guest.session.run.continue()).toMatchObject({ reason: 'pass' });
    expect(guest.session.whatIf.report().results).toMatchObject([
      {
        storesAfter: 50,
        changesAfter: 1,
        writers: [{ count: 50, redundant: 'sometimes', place: { function: 'scenario' } }],
      },
    ]);
    expect(eventsOf(guest, 'refusedStore')).toHaveLength(1);
  });

  it('where the filter is off, the guest gets its fault', async () => {
    const guest = await start(store, ['cpu_caps.features'], { traps: 2 });
    guest.session.breakpoints.setExceptions([{ filter: 'sealedWrite' }]);
    expect(await guest.session.run.continue()).toMatchObject({ kind: 'exit', reason: 'pass' });
  });
});

describe('the moment', () => {
  const late = to('sw', '&cpu_caps.features');
  it.each([
    ['start', 'detect'],
    ['step 1', 'detect'],
    ['function detect', 'detect'],
    ['return detect', 'scenario'],
    ['function seal', 'scenario'],
    ['return seal', 'scenario'],
  ])('%s', async (whatIfAfter, writer) => {
    const guest = await start(late, ['cpu_caps.features'], { whatIfAfter });
    expect((await refusedBy(guest))?.place.function).toBe(writer);
  });

  it('that never comes leaves everything as it is', async () => {
    const guest = await start(late, ['cpu_caps.features'], { whatIfAfter: 'step 99999999999' });
    expect(await guest.session.run.continue()).toMatchObject({ reason: 'pass' });
    const never = await start(late, ['cpu_caps.features'], { whatIfAfter: 'function handler' });
    expect(await never.session.run.continue()).toMatchObject({ reason: 'pass' });
    expect(never.session.whatIf.report()).toMatchObject({
      since: undefined,
      results: [{ state: 'waiting' }],
    });
  });

  it("is the guest's own seal by default", async () => {
    const guest = await openGuest({ commandLine: 'scenario=none pages=4k', whatIf: ['system_state'] });
    open.push(guest);
    const refused = (await refusedBy(guest))!;
    expect(refused).toMatchObject({
      place: { function: 'kernel_init' },
      whatIf: { since: expect.stringMatching(/^the guest sealed rodata in mark_rodata_ro, step/) as string },
    });
    expect(eventsOf(guest, 'whatIf')).toMatchObject([{ seals: 1 }]);
    expect(guest.session.seals.status().every(({ state }) => state === 'sealed')).toBe(true);
  });
});

describe('while the guest stands still', () => {
  it('seals can be added, and taken away again', async () => {
    const guest = await start(to('sb', 'cpu_caps.tail') + to('sw', '&cpu_caps.vendor'), []);
    const { session } = guest;
    session.breakpoints.setFunctions([{ name: 'seal' }]);
    await session.run.continue();
    const [whole] = session.whatIf.add('cpu_caps');
    session.whatIf.add({ address: session.symbols!.symbols.addressOf('cpu_caps')!, length: 4 });
    session.whatIf.remove(whole!);
    expect((await refusedBy(guest))?.object?.path).toBe('cpu_caps.vendor');
    expect(() => session.whatIf.remove(whole!)).toThrow(/no what-if seal/);
    expect(() => session.whatIf.add({ address: 0x10n, length: 8 })).toThrow(/not in memory/);
    expect(() => session.whatIf.add('nothing')).toThrow(/what-if "nothing": no symbol or section nothing/);
  });
});

it.each([
  [['cpu_cap'], /what-if "cpu_cap": no symbol or section cpu_cap; did you mean cpu_caps/],
  [['cpu_caps.feature'], /what-if "cpu_caps.feature": .*feature/],
  [['whatIf.c:nothing'], /whatIf.c defines no variable nothing/],
  [['*(int *)cpu_caps.vendor'], /what-if/],
])('%s names nothing', async (whatIf, message) => {
  await expect(openGuest({ program: build('', 0), whatIf, whatIfAfter: 'start' })).rejects.toThrow(message);
});

it('without anything that the guest seals, the moment has to be named', async () => {
  await expect(openGuest({ program: build('', 0), whatIf: ['cpu_caps'], sealed: undefined })).rejects.toThrow(
    /"whatIfAfter" is "seal", but nothing is known/,
  );
});
