/** What keeps a region from being sealed, by name; PMP as the layer that seals; DMA past all page tables. */
import { describe, expect, it } from 'vitest';
import type { SealStatus } from '../../../server/session/index.ts';
import { eventsOf, openGuest } from '../session/guest.ts';
import { compile, openScenario, type Scenario } from './windowsGuest.ts';

const SEAL = 'seal_kernel(); seal_alias(); fence_everywhere();';

interface Fixture {
  readonly name: string;
  readonly scenario: Scenario;
  readonly expected: object;
  /** The first hole. */
  readonly hole?: object;
  readonly text?: RegExp;
}

const fixtures: Fixture[] = [
  {
    name: 'the linear map was forgotten',
    scenario: { code: 'seal_kernel(); fence_everywhere(); halt()' },
    expected: { state: 'partial', layer: undefined },
    hole: { why: 'page-table', harts: [0], mapping: { kind: 'alias' } },
    text: /^the alias 0xc02\w+ is rw- in the page tables at 0x802\w+, used by hart 0$/,
  },
  {
    name: 'a hart was not told',
    scenario: {
      second: 'poke(&caps.features[2], 3); go = 1; wait_for(&finished)',
      code: 'wait_for(&go); seal_kernel(); seal_alias(); fence_here(); halt()',
    },
    expected: { state: 'partial' },
    hole: { why: 'tlb', harts: [1] },
    text: /^hart 1 still has a writable TLB entry for 0x802\w+, since before step [\d,]+, when seal_alias\(\) had W taken away; no sfence\.vma has reached it since$/,
  },
  {
    name: 'user mode may write, in an address space that no hart is in',
    scenario: {
      code: `switch_page_table(private_root); switch_page_table(root); ${SEAL}
        set_page_flags(leaves_private, &caps, RW | U | X); switch_page_table(private_root); switch_page_table(root); halt()`,
    },
    expected: { state: 'partial' },
    hole: { why: 'page-table', harts: [], mapping: { permissions: { user: true, write: true } } },
    text: /^user mode may write: 0x802\w+ is rwxu in the page tables at 0x802\w+$/,
  },
  {
    name: 'all is as it should be',
    scenario: { code: `${SEAL} halt()`, second: ';' },
    expected: { state: 'sealed', layer: 'page-table', holes: [] },
  },
];

const HALT = `noinline void halt(void) { asm volatile("halted: nop"); }`;

describe('a hole', () => {
  it.each(fixtures)('$name', async ({ scenario, expected, hole, text }) => {
    const { session } = await openScenario({ ...scenario, definitions: HALT });
    session.breakpoints.setFunctions([{ name: 'halt' }]);
    expect(await session.run.continue()).toMatchObject({ kind: 'stop', reason: 'function breakpoint' });
    const [status] = session.seals.status();
    expect(status).toMatchObject(expected);
    if (hole !== undefined) expect(status?.holes[0]).toMatchObject(hole);
    if (text !== undefined) expect(status?.holes[0]?.text).toMatch(text);
  });
});

describe('a machine without paging', () => {
  /** M-mode from the start, on its own: nothing but PMP can seal. */
  const lock = (flags: string): Scenario => ({
    definitions: `${HALT} noinline void lock_kernel(void) {
      asm volatile("csrw pmpaddr0, %0; csrw pmpcfg0, %1" :: "r"((u64)&caps >> 2 | 0x1ff), "r"(${flags})); }`,
    code: 'lock_kernel(); halt()',
  });
  const statusOf = async (flags: string): Promise<{ status: SealStatus | undefined; seals: string[] }> => {
    const program = compile({ ...lock(flags), bare: true });
    const guest = await openGuest({ program, harts: 1, memory: '16M', firmware: 'none', sealed: ['caps'] });
    guest.session.breakpoints.setFunctions([{ name: 'halt' }]);
    await guest.session.run.continue();
    const seals = eventsOf(guest, 'seal').map(({ change }) => change.moment.place.function);
    return { status: guest.session.seals.status()[0], seals };
  };

  it('is open, and says why', async () => {
    const { status } = await statusOf('0x1f');
    expect(status).toMatchObject({ state: 'open', holes: [{ why: 'no-paging', harts: [0] }] });
    expect(status?.holes[0]?.text).toBe(
      'hart 0 runs without paging: only PMP could refuse stores, and it permits them',
    );
  });

  it('is sealed by a locked PMP entry', async () => {
    const { status, seals } = await statusOf('0x99');
    expect(status).toMatchObject({ state: 'sealed', layer: 'pmp', holes: [] });
    expect(seals).toEqual(['lock_kernel']);
  });

  it('is not sealed by one that M-mode can change', async () => {
    const { status } = await statusOf('0x19');
    expect(status).toMatchObject({ state: 'open', holes: [{ why: 'pmp', harts: [0] }] });
    expect(status?.holes[0]?.text).toBe(
      'PMP entry 0 of hart 0 refuses stores, but is not locked: M-mode may store, and change it',
    );
  });
});
