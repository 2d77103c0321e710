/** Run control: determinism, pausing whatever the guest does, ends of runs, commands at the wrong time. */
import { describe, expect, it } from 'vitest';
import {
  openSession,
  type RunResult,
  type Session,
  type SessionEvent,
} from '../../../server/session/index.ts';
import { byteSourceOf } from '../../../server/symbols/index.ts';
import { code, makeElf } from './elf.ts';
import { eventsOf, openGuest, type TestGuest } from './guest.ts';

/** A guest that is a few instructions, in M-mode at 0x80000000; `onTurn` is called at every turn of the event loop. */
async function tiny(
  words: readonly number[],
  onTurn: (turn: number, session: Session) => void,
): Promise<Session> {
  const program = byteSourceOf(makeElf([{ address: 0x8000_0000n, bytes: code(...words) }]));
  let turns = 0;
  let clock = 0;
  const host = {
    openFile: () => Promise.resolve(program),
    scheduler: {
      turn: () => {
        onTurn(++turns, session);
        return Promise.resolve();
      },
      // Every look at the clock takes 10 ms: the slowest host there is.
      now: () => (clock += 10),
    },
  };
  const session: Session = await openSession({ program: 'tiny' }, host);
  return session;
}

/** A guest that stores to a read-only page in a loop. Its root table is at 0x80001000, with a leaf of 1 GiB. */
async function refusingForEver(policy: 'skip'): Promise<TestGuest> {
  const words = [
    0x00001297, // auipc t0, 1             the root table
    0x20000337, // lui   t1, 0x20000       PTE of 0x80000000: V R X A, no W
    0x04b30313, // addi  t1, t1, 0x4b
    0x0062b823, // sd    t1, 16(t0)        entry 2 maps 0x80000000
    0x00c2d293, // srli  t0, t0, 12
    0xfff00313, // li    t1, -1
    0x03f31313, // slli  t1, t1, 63        Sv39
    0x0062e2b3, // or    t0, t0, t1
    0x18029073, // csrw  satp, t0
    0xfff00313, // li    t1, -1
    0x00a35313, // srli  t1, t1, 10
    0x3b031073, // csrw  pmpaddr0, t1      S-mode may use all memory
    0x01f00313, // li    t1, 31
    0x3a031073, // csrw  pmpcfg0, t1
    0x00000297, // auipc t0, 0
    0x02028293, // addi  t0, t0, 32        the loop
    0x34129073, // csrw  mepc, t0
    0x00001337, // lui   t1, 1
    0x8003031b, // addiw t1, t1, -2048     MPP = S
    0x30032073, // csrs  mstatus, t1
    0x30200073, // mret
    0x00000013, // nop
    0x0002b023, // loop: sd zero, 0(t0)
    0xffdff06f, // j     loop
  ];
  const program = byteSourceOf(makeElf([{ address: 0x8000_0000n, bytes: code(...words) }]));
  const host = {
    openFile: () => Promise.resolve(program),
    scheduler: { turn: () => Promise.resolve(), now: () => 0 },
  };
  const session = await openSession({ program: 'loop', onSealedWrite: policy }, host);
  const events: SessionEvent[] = [];
  session.listen((event) => events.push(event));
  return { session, events, output: () => '' };
}

describe('a run', () => {
  it('is the same every time: steps, events and state', async () => {
    const run = async (): Promise<unknown> => {
      const guest = await openGuest({
        commandLine: 'scenario=late-list pages=2m',
        onSealedWrite: 'write-once',
      });
      const end = await guest.session.run.continue();
      const events = guest.events.map((event) => [event.type, event.step]);
      return { end, events, hash: guest.session.stateHash(), output: guest.output() };
    };
    expect(await run()).toEqual(await run());
  });

  it('does not depend on how it is cut into pieces', async () => {
    const whole = await openGuest({ commandLine: 'scenario=resume pages=2m' });
    const stop = await whole.session.run.continue();
    const pieces = await openGuest({ commandLine: 'scenario=resume pages=2m' });
    for (let step = 100_003n; step < stop.step; step += 100_003n)
      expect(await pieces.session.run.runUntil(step)).toMatchObject({ kind: 'stop', reason: 'step', step });
    for (let count = 0; count < 3; count++) await pieces.session.run.stepIn(0, 'instruction');
    expect(await pieces.session.run.continue()).toMatchObject({
      step: stop.step,
      text: stop.kind === 'stop' ? stop.text : '',
    });
    expect(pieces.session.stateHash()).toBe(whole.session.stateHash());
  });

  const endless: Record<string, number[]> = {
    'an endless loop': [0x0000006f],
    'a trap loop: an illegal instruction whose handler cannot be fetched': [0x00000000],
    'a loop of device reads': [0x100007b7, 0x0057c703, 0xffdff06f],
    'a loop of fences': [0x0000100f, 0x12000073, 0xff9ff06f],
  };
  for (const [name, words] of Object.entries(endless)) {
    it(`can be paused in ${name}`, async () => {
      const session = await tiny(words, (turn, guest) => {
        if (turn === 5) guest.run.pause();
      });
      const stop = await session.run.continue();
      expect(stop).toMatchObject({ kind: 'stop', reason: 'pause' });
      expect(stop.step).toBeGreaterThan(0n);
      // On a host this slow a piece shrinks to the shortest there is, so that a pause is never far away.
      const before = session.run.step;
      const again = session.run.continue();
      session.run.pause();
      expect((await again).step - before).toBeLessThanOrEqual(1_000n);
      session.close();
    });
  }

  it('that waits for an interrupt can be paused, and is idle when nothing can come any more', async () => {
    const wait = [0x10500073, 0xffdff06f];
    const session = await tiny(wait, () => undefined);
    const waiting = session.run.continue();
    await Promise.resolve();
    session.run.pause();
    expect(await waiting).toMatchObject({ kind: 'stop', reason: 'pause' });
    const ending = session.run.continue();
    session.console.end();
    expect(await ending).toMatchObject({ kind: 'exit', reason: 'idle' });
  });

  it('ends at the step limit', async () => {
    const guest = await openGuest({ commandLine: 'pages=2m', maxSteps: 500_000n });
    expect(await guest.session.run.continue()).toEqual({
      kind: 'exit',
      reason: 'limit',
      status: 0,
      step: 500_000n,
    });
    expect(guest.session.run.state).toBe('exited');
    await expect(guest.session.run.continue()).rejects.toMatchObject({ code: 'state' });
  });

  it('does one thing at a time', async () => {
    const { session } = await openGuest({ commandLine: 'scenario=none pages=2m' });
    const running = session.run.continue();
    await expect(session.run.next(0)).rejects.toMatchObject({
      code: 'state',
      message: /running; pause it first/,
    });
    session.run.pause();
    await running;
    session.close();
    await expect(session.run.continue()).rejects.toMatchObject({ code: 'state', message: /closed/ });
  });

  it('tells what happens in order', async () => {
    const guest = await openGuest({ commandLine: 'scenario=hotplug pages=2m' });
    await guest.session.run.continue();
    guest.session.seals.choose('write-once');
    await guest.session.run.continue();
    const others = ['console', 'refusedStore', 'phase'];
    const told = guest.events
      .map((event: SessionEvent) => event.type)
      .filter((type) => !others.includes(type));
    expect(told).toEqual(['continued', 'seal', 'stopped', 'continued', 'settled', 'exited']);
    const actions = eventsOf(guest, 'refusedStore').map((event) => event.action);
    expect(actions).toEqual(['ignored', 'ignored', 'ask']);
    const steps = guest.events.map((event) => event.step);
    expect(steps.at(-1)).toBe(steps.reduce((a, b) => (a > b ? a : b)));
  });
});

describe('policies', () => {
  const run = async (guest: TestGuest): Promise<RunResult> => guest.session.run.continue();
  const findings = ({ session }: TestGuest): unknown[] =>
    session.seals.findings.map(({ first, count, actions }) => [
      first.object?.symbol,
      count,
      actions.map(({ action }) => action),
    ]);
  const probes = ['rodata_test_data', 2, ['ignored']];

  it('oops: the guest gets its fault, the finding is kept', async () => {
    const guest = await openGuest({ commandLine: 'scenario=hotplug pages=2m', onSealedWrite: 'oops' });
    expect(await run(guest)).toMatchObject({ kind: 'exit', reason: 'fail' });
    expect(guest.output()).toContain('Kernel panic');
    expect(findings(guest)).toEqual([probes, ['__cpu_possible_mask', 1, ['oops']]]);
  });

  it('log: recorded, opened, and on it goes', async () => {
    const guest = await openGuest({ commandLine: 'scenario=hotplug pages=2m', onSealedWrite: 'log' });
    expect(await run(guest)).toMatchObject({ kind: 'exit', reason: 'poweroff' });
    expect(findings(guest)).toEqual([probes, ['__cpu_possible_mask', 1, ['log']]]);
    expect(guest.session.seals.degraded).toBe(true);
    expect(eventsOf(guest, 'seal').map((event) => event.change.kind)).toEqual(['sealed', 'degraded']);
  });

  it('probes are stops when they are asked for', async () => {
    const guest = await openGuest({ commandLine: 'scenario=none pages=2m', reportProbes: true });
    const stop = await run(guest);
    expect(stop).toMatchObject({
      kind: 'stop',
      refused: { object: { symbol: 'rodata_test_data' }, throughAlias: false },
    });
    const second = await run(guest);
    expect(second).toMatchObject({
      kind: 'stop',
      refused: { object: { symbol: 'rodata_test_data' }, throughAlias: true },
    });
    expect(await run(guest)).toMatchObject({ kind: 'exit', reason: 'poweroff' });
    expect(guest.output()).toContain('rodata_test: all tests were successful');
  });

  it('writers that are allowed are passed to the guest', async () => {
    const guest = await openGuest({
      commandLine: 'scenario=hotplug pages=2m',
      allowWriters: ['set_cpu_possible'],
    });
    expect(await run(guest)).toMatchObject({ kind: 'exit', reason: 'fail' });
    expect(findings(guest)).toEqual([probes, ['__cpu_possible_mask', 1, ['ignored']]]);
  });

  it('rodata=off reaches the guest and switches the stop off', async () => {
    const guest = await openGuest({ commandLine: 'scenario=resume pages=2m', rodata: 'off' });
    expect(await run(guest)).toMatchObject({ kind: 'exit', reason: 'poweroff' });
    expect(guest.output()).toContain('Kernel memory protection disabled (rodata=off)');
    expect(findings(guest)).toEqual([]);
    expect(guest.session.seals.status()[0]?.state).toBe('open');
  });

  it('stopAtSeal stops where the seal is complete', async () => {
    const guest = await openGuest({ commandLine: 'scenario=none pages=2m', stopAtSeal: true });
    const stop = await run(guest);
    expect(stop).toMatchObject({ kind: 'stop', reason: 'seal', hart: 0, seal: { kind: 'sealed' } });
    expect(guest.session.seals.status()[0]?.state).toBe('sealed');
    expect(await run(guest)).toMatchObject({ kind: 'exit', reason: 'poweroff' });
  });

  it('a store that is refused without end is counted, not told without end', async () => {
    // M-mode sets up a page table whose only leaf maps RAM read-only, and stores in S-mode for ever.
    const guest = await refusingForEver('skip');
    const stop = await guest.session.run.runUntil(20_000n);
    expect(stop).toMatchObject({ kind: 'stop', reason: 'step' });
    expect(eventsOf(guest, 'refusedStore')).toHaveLength(100);
    const [finding, ...others] = guest.session.seals.findings;
    expect(others).toEqual([]);
    expect(finding!.count).toBeGreaterThan(5_000);
    expect(finding!.first).toMatchObject({ region: { origin: 'observed' }, kind: 'store', size: 8 });
  });

  it('choices need a store that waits', async () => {
    const { session } = await openGuest();
    expect(() => session.seals.choose('retry')).toThrow(/no refused store waits/);
  });

  it('a condition on sealed writes decides which of them stop', async () => {
    const guest = await openGuest({ commandLine: 'scenario=hotplug pages=2m' });
    guest.session.breakpoints.setExceptions([{ filter: 'sealedWrite', condition: '$redundant == 0' }]);
    expect(await run(guest)).toMatchObject({ kind: 'exit', reason: 'fail' });
    expect(findings(guest)).toEqual([probes, ['__cpu_possible_mask', 1, ['oops']]]);
  });
});
