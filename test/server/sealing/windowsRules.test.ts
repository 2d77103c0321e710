/** Windows: who opened them, what could be written by whom, how they ended, and the rules that they may break. */
import { describe, expect, it } from 'vitest';
import type { RunResult, SessionConfiguration, Window } from '../../../server/session/index.ts';
import { eventsOf, type TestGuest } from '../session/guest.ts';
import { openScenario, type Scenario } from './windowsGuest.ts';

const SEAL = 'seal_kernel(); seal_alias(); fence_everywhere();';
const OPEN = 'set_page_flags(leaves, &caps, RW); fence_here();';
const CLOSE = 'set_page_flags(leaves, &caps, RO); fence_everywhere();';
const PATCH = {
  definitions: `noinline void patch(long value) { ${OPEN} poke(&caps.features[1], value); ${CLOSE} }`,
};

/** Everything up to the end of the run; what stops is let go on. */
async function runToEnd({ session }: TestGuest): Promise<RunResult[]> {
  const stops: RunResult[] = [];
  for (;;) {
    const result = await session.run.continue();
    stops.push(result);
    if (result.kind === 'exit') return stops;
  }
}

async function windowsOf(
  scenario: Scenario,
  configuration: Partial<SessionConfiguration> = {},
): Promise<{ guest: TestGuest; windows: readonly Window[]; stops: RunResult[] }> {
  const guest = await openScenario(scenario, configuration);
  const stops = await runToEnd(guest);
  return { guest, windows: guest.session.windows.list, stops };
}

const crossed = (window: Window | undefined): string[] => (window?.crossings ?? []).map(({ kind }) => kind);

describe('a window', () => {
  it('has an opener, a page with its neighbours, its stores and its end', async () => {
    const { guest, windows, stops } = await windowsOf({ ...PATCH, code: `${SEAL} patch(22)` });
    expect(stops).toMatchObject([{ kind: 'exit', status: 0 }]);
    expect(windows).toMatchObject([
      {
        number: 1,
        opener: { function: 'patch' },
        pages: [{ kind: 'home' }],
        storeCount: 1,
        stores: [{ hart: 0, oldValue: 2n, newValue: 22n }],
        reach: [{ hart: 0, by: 'page-table' }],
        crossings: [],
        closed: { hart: 0, byOpener: true, place: { function: 'patch' } },
        lingering: [],
        violations: [],
      },
    ]);
    const { windows: view } = guest.session;
    expect(view.exposed(windows[0]!).map(({ name }) => name)).toEqual(['caps', 'limits', 'rest']);
    expect(view.storesIn(windows[0]!)).toMatchObject([{ place: { function: 'poke' } }]);
    const length = view.lengthOf(windows[0]!);
    expect(length).toBeGreaterThan(3n);
    expect(view.histogram[length.toString(2).length - 1]).toBe(1);
    expect(eventsOf(guest, 'window').map(({ reason }) => reason)).toEqual(['opened', 'closed']);
  });

  it('of several pages that one function opens is one', async () => {
    const { windows } = await windowsOf({
      definitions: `noinline void patch(void) { ${OPEN} set_page_flags(leaves, far, RW); poke(far, 1); set_page_flags(leaves, far, RO); ${CLOSE} }`,
      code: `${SEAL} patch(); patch()`,
    });
    expect(windows.map(({ pageCount, storeCount }) => [pageCount, storeCount])).toEqual([
      [2, 1],
      [2, 1],
    ]);
  });

  it('is known to the harts whose page tables permit it', async () => {
    const { windows } = await windowsOf({ ...PATCH, second: ';', code: `${SEAL} patch(22)` });
    expect(windows[0]?.reach.map(({ hart }) => hart)).toEqual([0, 1]);
  });

  it('may be closed in the page tables, and open in a TLB', async () => {
    const { windows } = await windowsOf({
      second: `wait_for(&go); poke(&caps.features[3], 4); go = 2; wait_for(&finished)`,
      definitions: `noinline void patch(void) { ${OPEN} go = 1; while (go != 2); set_page_flags(leaves, &caps, RO); fence_here(); }`,
      code: `${SEAL} patch()`,
    });
    expect(windows).toMatchObject([{ closed: { byOpener: true }, lingering: [1] }]);
  });
});

describe('how a window ends', () => {
  const opener = `noinline void open_it(void) { ${OPEN} asm volatile(""); }`;
  const closer = `noinline void close_it(void) { ${CLOSE} asm volatile(""); }`;
  interface Ending {
    readonly name: string;
    readonly scenario: Scenario;
    readonly closed: object | undefined;
    readonly crossings: readonly string[];
  }
  const endings: Ending[] = [
    {
      name: 'left open for good, over a return',
      scenario: { definitions: opener, code: `${SEAL} open_it(); spin(100)` },
      closed: undefined,
      crossings: ['return'],
    },
    {
      name: 'closed by another function, after the opener has returned',
      scenario: { definitions: opener + closer, code: `${SEAL} open_it(); close_it()` },
      closed: { hart: 0, byOpener: false, place: { function: 'close_it' } },
      crossings: ['return'],
    },
    {
      name: 'open over a trap',
      scenario: {
        definitions: `asm(".balign 4; handler: csrr t0, sepc; addi t0, t0, 4; csrw sepc, t0; sret");
          noinline void patch(void) { ${OPEN} asm volatile("la t0, handler; csrw stvec, t0; .word 0" ::: "t0"); ${CLOSE} }`,
        code: `${SEAL} patch()`,
      },
      closed: { hart: 0, byOpener: true },
      crossings: ['trap'],
    },
    {
      name: 'open over a switch of address spaces',
      scenario: {
        definitions: `noinline void patch(void) { ${OPEN} switch_page_table(private_root); switch_page_table(root); ${CLOSE} }`,
        code: `${SEAL} patch()`,
      },
      closed: { hart: 0, byOpener: true },
      crossings: ['switch'],
    },
    {
      name: 'closed by another hart',
      scenario: {
        second: `wait_for(&go); ${CLOSE}`,
        definitions: `noinline void patch(void) { ${OPEN} go = 1; wait_for(&finished); }`,
        code: `${SEAL} patch()`,
      },
      closed: { hart: 1, byOpener: false },
      crossings: [],
    },
  ];

  it.each(endings)('$name', async ({ scenario, closed, crossings }) => {
    const { windows } = await windowsOf(scenario);
    expect(windows).toHaveLength(1);
    if (closed === undefined) expect(windows[0]?.closed).toBeUndefined();
    else expect(windows[0]?.closed).toMatchObject(closed);
    expect(crossed(windows[0])).toEqual(crossings);
  });
});

describe('a window in page tables of its own', () => {
  const PRIVATE = {
    definitions: `noinline void patch(void) { switch_page_table(private_root); poke(&caps.features[1], 22); switch_page_table(root); }`,
    code: `set_page_flags(leaves_private, &caps, RW); ${SEAL} patch()`,
  };

  it('opens when a hart switches to them, and closes when it leaves', async () => {
    const { windows, stops } = await windowsOf(
      { ...PRIVATE, second: ';' },
      { writeWindows: { privateOnly: true } },
    );
    expect(stops).toMatchObject([{ kind: 'exit' }]);
    expect(windows).toMatchObject([
      { opener: { function: 'patch' }, storeCount: 1, reach: [{ hart: 0 }], closed: { byOpener: true } },
    ]);
  });
});

describe('a rule', () => {
  interface Rule {
    readonly name: string;
    readonly scenario: Scenario;
    readonly rules: SessionConfiguration['writeWindows'];
    readonly text: RegExp | undefined;
  }
  const patched: Scenario = { ...PATCH, code: `${SEAL} patch(22)` };
  const slow: Scenario = {
    definitions: `noinline void patch(void) { ${OPEN} spin(4000); ${CLOSE} }`,
    code: `${SEAL} patch()`,
  };
  const rules: Rule[] = [
    {
      name: 'who may open: nobody else',
      scenario: patched,
      rules: { allowWriters: ['ftrace'] },
      text: /^Window 1 on 0x[0-9a-f]+ was opened by patch\(\); only ftrace may$/,
    },
    {
      name: 'who may open: this one',
      scenario: patched,
      rules: { allowWriters: ['patch'] },
      text: undefined,
    },
    {
      name: 'how long: too long',
      scenario: slow,
      rules: { maxSteps: 1000 },
      text: /^Window 1 on 0x[0-9a-f]+ has been open for 1,001 steps; 1,000 are allowed$/,
    },
    { name: 'how long: short enough', scenario: patched, rules: { maxSteps: 1000 }, text: undefined },
    {
      name: 'private: another hart has the page table',
      scenario: { ...patched, second: ';' },
      rules: { privateOnly: true },
      text: /^Window 1 on 0x[0-9a-f]+ is not private: the page tables of hart 1 permit stores, too$/,
    },
    {
      name: 'private: there is no other hart',
      scenario: patched,
      rules: { privateOnly: true },
      text: undefined,
    },
  ];

  it.each(rules)('$name', async ({ scenario, rules: writeWindows, text }) => {
    const { guest, stops } = await windowsOf(scenario, { writeWindows });
    const [first] = stops;
    if (text === undefined) {
      expect(stops).toMatchObject([{ kind: 'exit' }]);
      expect(guest.session.windows.violations).toEqual([]);
      return;
    }
    expect(first).toMatchObject({ kind: 'stop', reason: 'exception', violation: { number: 1 } });
    expect(first?.kind === 'stop' ? first.text : '').toMatch(text);
    expect(guest.session.windows.violationCount).toBe(1);
  });

  it('stops nothing when the filter is off', async () => {
    const guest = await openScenario(patched, { writeWindows: { allowWriters: [] } });
    guest.session.breakpoints.setExceptions([{ filter: 'sealedWrite' }]);
    expect(await runToEnd(guest)).toMatchObject([{ kind: 'exit' }]);
    expect(eventsOf(guest, 'violation')).toHaveLength(1);
  });
});

describe('a new writable alias', () => {
  const definitions = `noinline void patch(void) { set_fixmap_page(&caps, RW); fence_here();
    poke(through_fixmap(&caps.features[1]), 22); set_fixmap_page(&caps, 0); fence_everywhere(); }`;
  const scenario: Scenario = { definitions, code: `${SEAL} patch()` };

  it('of an allowed writer is a window', async () => {
    const { windows, stops } = await windowsOf(scenario, { writeWindows: { allowWriters: ['patch'] } });
    expect(stops).toMatchObject([{ kind: 'exit' }]);
    expect(windows).toMatchObject([{ allowedBy: 'patch', storeCount: 1, closed: { byOpener: true } }]);
  });

  it('of anybody else is a way past the seal', async () => {
    const { stops } = await windowsOf(scenario);
    expect(stops[0]).toMatchObject({ kind: 'stop', refused: { classification: 'alias' } });
  });
});
