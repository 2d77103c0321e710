/** Stores that nothing refuses although what they hit is sealed: they stop like refused ones, before they happen. */
import { describe, expect, it } from 'vitest';
import type { RefusedStore, RunResult, SealChoice } from '../../../server/session/index.ts';
import { eventsOf, readNumber } from '../session/guest.ts';
import { openScenario, type Scenario } from './windowsGuest.ts';

/** Its own mapping is sealed, the alias was forgotten. */
const SEAL_OWN = 'seal_kernel(); fence_everywhere();';

function refusedOf(result: RunResult): RefusedStore {
  if (result.kind !== 'stop' || result.refused === undefined)
    throw new Error(`no store: ${result.kind === 'stop' ? result.text : result.reason}`);
  return result.refused;
}

describe('a way past a seal', () => {
  interface Fixture {
    readonly name: string;
    readonly scenario: Scenario;
    readonly expected: object;
    readonly story: RegExp;
  }
  const fixtures: Fixture[] = [
    {
      name: 'a store through a writable alias',
      scenario: { code: `${SEAL_OWN} poke(through_alias(&limits[1]), 66)` },
      expected: {
        kind: 'store',
        classification: 'alias',
        bypass: { kind: 'alias' },
        region: { name: '.sealed' },
        object: { path: 'limits[1]' },
        oldValue: 6n,
        newValue: 66n,
        throughAlias: true,
        place: { function: 'poke' },
      },
      story:
        /^Seal bypassed: store by poke\(\) at kernel\.c|guest.* to limits\[1\]: 6 → 66; \.sealed was sealed by seal_kernel at step [\d,]+; 0xc02\w+ is a writable alias of the sealed page 0x802\w+$/,
    },
    {
      name: 'an AMO through a writable alias',
      scenario: {
        code: `${SEAL_OWN} asm volatile("amoadd.d zero, %0, (%1)" :: "r"(10L), "r"(through_alias(&limits[1])) : "memory")`,
      },
      expected: { kind: 'amo', classification: 'alias', oldValue: 6n, newValue: 16n },
      story: /^Seal bypassed: atomic update by scenario\(\)/,
    },
    {
      name: 'a store-conditional that succeeds',
      scenario: {
        code: `${SEAL_OWN} asm volatile("lr.d t0, (%0); sc.d t0, %1, (%0)" :: "r"(through_alias(&limits[1])), "r"(7L) : "t0", "memory")`,
      },
      expected: { kind: 'sc', classification: 'alias', newValue: 7n },
      story: /^Seal bypassed: store-conditional/,
    },
    {
      name: 'a store that runs over the end of a page into a sealed one',
      scenario: {
        code: `set_page_flags(leaves, far, RO); fence_everywhere(); set_page_flags(leaves_alias, &caps, RW);
          asm volatile("sd %0, -4(%1)" :: "r"(-1L), "r"(through_alias(far)) : "memory")`,
      },
      expected: { classification: 'alias', parts: [{ refused: false }, { refused: true }], size: 8 },
      story: /^Seal bypassed: store/,
    },
    {
      name: 'a store of a hart that has switched paging off',
      scenario: { code: `${SEAL_OWN} seal_alias(); asm volatile("csrw satp, zero"); poke(&limits[1], 66)` },
      expected: { classification: 'alias', bypass: { kind: 'no-paging' }, object: { path: 'limits[1]' } },
      story: /; hart 0 runs without paging, and no PMP entry refuses the store$/,
    },
    {
      name: 'a store through a stale TLB entry',
      scenario: {
        second:
          'poke(&caps.features[2], 3); go = 1; wait_for(&finished); poke(&caps.features[2], 33); finished = 2',
        code: `wait_for(&go); seal_kernel(); seal_alias(); fence_here(); finished = 1; while (finished != 2)`,
      },
      expected: {
        hart: 1,
        classification: 'stale-tlb',
        bypass: { kind: 'stale-tlb' },
        object: { path: 'caps.features[2]' },
        oldValue: 3n,
        newValue: 33n,
      },
      story:
        /; hart 1 still has a writable TLB entry for 0x[0-9a-f]+, since before step [\d,]+, when seal_kernel\(\) had W taken away; no sfence\.vma has reached it since$/,
    },
  ];

  it.each(fixtures)('$name', async ({ scenario, expected, story }) => {
    const { session } = await openScenario(
      scenario,
      scenario.code.startsWith('set_page') ? { sealed: ['far'] } : {},
    );
    const refused = refusedOf(await session.run.continue());
    expect(refused).toMatchObject(expected);
    expect(refused.story).toMatch(story);
    const now = readNumber(session, refused.address, refused.size);
    expect(now, 'the store has not happened').toBe(refused.oldValue);
  });

  it.each([
    [
      'a store-conditional that fails',
      `${SEAL_OWN} asm volatile("sc.d t0, %1, (%0)" :: "r"(through_alias(&limits[1])), "r"(7L) : "t0", "memory")`,
    ],
    ['a store to a frame that was never sealed', `${SEAL_OWN} poke(through_alias(&go), 1)`],
    ['a store before the seal', `poke(through_alias(&limits[1]), 66); ${SEAL_OWN}`],
  ])('%s is none', async (_name, code) => {
    const { session } = await openScenario({ code });
    expect(await session.run.continue()).toMatchObject({ kind: 'exit', status: 0 });
  });
});

describe('what can be chosen about it', () => {
  const scenario: Scenario = {
    definitions: `asm(".balign 4; handler: li t6, 1; la t0, finished; sw t6, 0(t0); csrr t0, sepc; addi t0, t0, 4; csrw sepc, t0; sret");`,
    code: `asm volatile("la t0, handler; csrw stvec, t0" ::: "t0"); ${SEAL_OWN}
      asm volatile(".option push; .option norvc; sd %0, 0(%1); .option pop" :: "r"(66L), "r"(through_alias(&limits[1])) : "t0", "t6", "memory"); go = 7; spin(50)`,
  };
  interface Choice {
    readonly choice: SealChoice | undefined;
    readonly value: bigint;
    /** The guest's handler ran. */
    readonly handled: bigint;
    readonly settled: SealChoice;
  }
  const choices: Choice[] = [
    { choice: undefined, value: 66n, handled: 0n, settled: 'write-once' },
    { choice: 'write-once', value: 66n, handled: 0n, settled: 'write-once' },
    { choice: 'skip', value: 6n, handled: 0n, settled: 'skip' },
    { choice: 'oops', value: 6n, handled: 1n, settled: 'oops' },
  ];

  it.each(choices)('$choice', async ({ choice, value, handled, settled }) => {
    const guest = await openScenario(scenario);
    const { session } = guest;
    const refused = refusedOf(await session.run.continue());
    if (choice !== undefined) session.seals.choose(choice);
    session.breakpoints.setFunctions([{ name: 'spin' }]);
    const end = await session.run.continue();
    expect(end.kind === 'exit' ? end.reason : end.reason).toMatch(/function breakpoint|poweroff/);
    expect(eventsOf(guest, 'settled').map(({ action }) => action)).toEqual([settled]);
    expect(readNumber(session, refused.address, 8)).toBe(value);
    const { symbols } = session;
    expect(readNumber(session, symbols!.symbols.addressOf('finished')!, 4)).toBe(handled);
    expect(session.seals.degraded).toBe(false);
  });

  it.each(['oops', 'retry', 'log', 'write-once'] as const)(
    'policy %s lets it happen',
    async (onSealedWrite) => {
      const guest = await openScenario(scenario, { onSealedWrite });
      expect(await guest.session.run.continue()).toMatchObject({ kind: 'exit' });
      expect(eventsOf(guest, 'refusedStore')).toMatchObject([{ refused: { newValue: 66n } }]);
      expect(guest.session.seals.degraded).toBe(false);
    },
  );
});

describe('DMA into a sealed frame', () => {
  it('is an event of its own, and stops nothing', async () => {
    const guest = await openScenario({
      definitions: `table char queue[4096];
        static void set(long offset, u64 value) { *(volatile unsigned *)(0x10003000 + offset) = value; }
        noinline void fill(void *to, int length) {
          set(0x70, 0); set(0x70, 3); set(0x24, 1); set(0x20, 1); set(0x70, 11); set(0x30, 0); set(0x38, 8);
          set(0x80, (u64)queue); set(0x84, 0); set(0x90, (u64)queue + 0x400); set(0x94, 0);
          set(0xa0, (u64)queue + 0x800); set(0xa4, 0); set(0x44, 1); set(0x70, 15);
          *(u64 *)queue = (u64)to; *(int *)(queue + 8) = length; *(short *)(queue + 12) = 2; *(short *)(queue + 14) = 0;
          *(volatile short *)(queue + 0x402) = 1; asm volatile("fence"); set(0x50, 0);
          while (*(volatile short *)(queue + 0x802) != 1); }`,
      code: `${SEAL_OWN} seal_alias(); fence_everywhere(); fill(&limits[1], 16)`,
    });
    expect(await guest.session.run.continue()).toMatchObject({ kind: 'exit', status: 0 });
    expect(eventsOf(guest, 'refusedStore')).toEqual([]);
    expect(eventsOf(guest, 'dma')).toMatchObject([
      {
        dma: { device: 'virtio-rng', length: 16, region: { name: '.sealed' }, symbols: [{ name: 'limits' }] },
      },
    ]);
    expect(guest.session.windows.dma).toHaveLength(1);
  });
});
