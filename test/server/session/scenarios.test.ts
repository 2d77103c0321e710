/** Every scenario of the sample, with every choice, on 4 KiB and 2 MiB leaves: what the product is for. */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { sealerOf, type RefusedStore, type SealChoice, type Stop } from '../../../server/session/index.ts';
import { eventsOf, openGuest, readNumber, type TestGuest } from './guest.ts';

interface Scenario {
  readonly name: string;
  /** The member that the store would set, and the line of the source that does it. */
  readonly path: string;
  readonly file: string;
  readonly source: string;
  readonly kind: RefusedStore['kind'];
  /** Undefined where they are addresses. */
  readonly values?: readonly [bigint, bigint];
  readonly redundant: boolean;
  readonly class: RefusedStore['classification'];
  readonly also: RefusedStore['also'];
  readonly stack: readonly string[];
  readonly root: RegExp;
  /** Function of the first writer before the seal; undefined for initialised data that nobody wrote. */
  readonly firstWriter?: string;
  /** What the kernel reports at the end when the store (and any like it) went through, and when it was skipped. */
  readonly done: readonly [written: string, skipped: string];
  /** Refused stores when each is stepped over or let through one by one. */
  readonly stores?: number;
}

const RESUMED = ['resume_devices', 'pm_suspend', 'scenario_run', 'start_kernel', '_start'];
const STARTED = /^hart 1 started by hart 0 at step [\d,]+ from cpu_up \(smp\.c:\d+\)$/;
const WOKEN = /^hart 0 resumed at step [\d,]+, suspended at step [\d,]+ from cpu_suspend \(power\.c:\d+\)$/;

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'resume',
    path: 'cpu_caps.features[2].bits',
    file: 'cpufeature.c',
    source: 'cpu_caps.features[FEATURE_PM].bits = pm;',
    kind: 'store',
    values: [0x15n, 0x15n],
    redundant: true,
    class: 'redundant-write',
    also: ['init-code-called-late'],
    stack: ['cpu_detect_features', 'secondary_start_kernel', 'secondary_start_sbi'],
    root: STARTED,
    firstWriter: 'cpu_detect_features',
    done: ['cpu_caps.features[2].bits=0x15', 'cpu_caps.features[2].bits=0x15'],
  },
  {
    name: 'resume-changed',
    path: 'cpu_caps.features[2].bits',
    file: 'cpufeature.c',
    source: 'cpu_caps.features[FEATURE_PM].bits = pm;',
    kind: 'store',
    values: [0x15n, 0x17n],
    redundant: false,
    class: 'init-code-called-late',
    also: [],
    stack: ['cpu_detect_features', 'secondary_start_kernel', 'secondary_start_sbi'],
    root: STARTED,
    firstWriter: 'cpu_detect_features',
    done: ['cpu_caps.features[2].bits=0x17', 'cpu_caps.features[2].bits=0x15'],
  },
  {
    name: 'hotplug',
    path: '__cpu_possible_mask.bits',
    file: 'smp.c',
    source: '__cpu_possible_mask.bits |= BIT(id);',
    kind: 'store',
    values: [3n, 3n],
    redundant: true,
    class: 'redundant-write',
    also: ['init-code-called-late'],
    stack: ['set_cpu_possible', 'cpu_up', 'cpu_hotplug_cycle', 'scenario_run', 'start_kernel', '_start'],
    root: /^hart 0, from scenario_run \(scenario\.c:\d+\): a CPU is brought up after boot \(cpu_hotplug_cycle\)$/,
    firstWriter: 'set_cpu_possible',
    done: ['__cpu_possible_mask=0x3', '__cpu_possible_mask=0x3'],
  },
  {
    name: 'late-list',
    path: 'syscore_ops_list.prev',
    file: 'list.h',
    source: 'head->prev = new;',
    kind: 'store',
    redundant: false,
    class: 'structural-write',
    also: ['init-code-called-late'],
    stack: ['list_add_tail', 'register_syscore_ops', 'wake_clock_probe', ...RESUMED],
    root: WOKEN,
    firstWriter: 'list_add_tail',
    done: ['syscore_ops: alarm wake-clock', 'syscore_ops: alarm'],
    stores: 2,
  },
  {
    name: 'neighbour',
    path: 'suspend_stats.success',
    file: 'power.c',
    source: 'suspend_stats.success++;',
    kind: 'store',
    values: [0n, 1n],
    redundant: false,
    class: 'neighbour',
    also: [],
    stack: RESUMED,
    root: WOKEN,
    done: ['suspend_stats.success=1', 'suspend_stats.success=0'],
  },
  {
    name: 'boundary',
    path: 'wake_table.entry[0]',
    file: 'wakeup.c',
    source: 'WRITE_ONCE(*entry, WAKE_ENTRY_VALID | (u64)generation << 32 | __pa(__cpu_resume_enter));',
    kind: 'store',
    redundant: false,
    class: 'boundary',
    also: ['neighbour', 'init-code-called-late'],
    stack: ['wake_table_arm', ...RESUMED],
    root: WOKEN,
    firstWriter: 'wake_table_arm',
    done: ['wake_table.entry[0]=0x800000038020008c', 'wake_table.entry[0]=0x800000018020008c'],
  },
  {
    name: 'amo',
    path: 'uart_driver.users.refs',
    file: 'atomic.h',
    source: '__asm__ __volatile__("amoadd.w %0, %2, %1" : "=r"(old), "+A"(r->refs) : "r"(1) : "memory");',
    kind: 'amo',
    values: [1n, 2n],
    redundant: false,
    class: 'late-write',
    also: [],
    stack: ['refcount_inc', 'uart_resume', ...RESUMED],
    root: WOKEN,
    firstWriter: 'refcount_inc',
    done: ['uart_driver.users=2', 'uart_driver.users=1'],
  },
];
const CHOICES: readonly SealChoice[] = ['oops', 'retry', 'write-once', 'skip'];

async function atRefusedStore(
  scenario: string,
  pages: string,
): Promise<TestGuest & { stop: Stop; refused: RefusedStore }> {
  const guest = await openGuest({ commandLine: `scenario=${scenario} pages=${pages}` });
  const stop = await guest.session.run.continue();
  if (stop.kind !== 'stop' || stop.refused === undefined)
    throw new Error(`no refused store, but ${JSON.stringify(stop.reason)}`);
  return { ...guest, stop, refused: stop.refused };
}

function sourceLine({ place }: { place: { file?: string | undefined; line?: number | undefined } }): string {
  return (readFileSync(place.file!, 'utf8').split('\n')[place.line! - 1] ?? '').trim();
}

describe('the store over the end of the seal', () => {
  it('is told in its two parts: the refused one would not even change', async () => {
    const { refused, session } = await atRefusedStore('boundary', '4k');
    const edge = session.symbols!.symbols.addressOf('_data')!;
    const [inside, outside, ...more] = refused.parts;
    expect(more).toEqual([]);
    expect(inside).toMatchObject({ address: edge - 4n, size: 4, refused: true, region: { name: 'rodata' } });
    expect(outside).toMatchObject({ address: edge, size: 4, refused: false, region: undefined });
    expect(inside!.newValue).toBe(inside!.oldValue);
    expect(outside!.newValue).not.toBe(outside!.oldValue);
    expect((outside!.newValue << 32n) | inside!.newValue).toBe(refused.newValue);
  });
});

for (const pages of ['4k', '2m']) {
  describe.each(SCENARIOS)(`$name on ${pages} pages`, (scenario) => {
    const open: TestGuest[] = [];
    const start = async (): ReturnType<typeof atRefusedStore> => {
      const guest = await atRefusedStore(scenario.name, pages);
      open.push(guest);
      return guest;
    };
    afterAll(() => open.forEach(({ session }) => session.close()));

    it('stops at the store with its diagnosis', async () => {
      const guest = await start();
      const { stop, refused, session } = guest;
      expect(stop.reason).toBe('exception');
      expect(stop.text).toBe(refused.story);
      expect(refused).toMatchObject({
        id: 1,
        kind: scenario.kind,
        redundant: scenario.redundant,
        throughAlias: false,
      });
      expect(refused.members.map((member) => member.path)).toEqual([scenario.path]);
      expect(refused.object?.path).toBe(scenario.path);
      if (scenario.values !== undefined)
        expect([refused.oldValue, refused.newValue]).toEqual(scenario.values);
      expect(refused.place.file).toMatch(new RegExp(`${scenario.file}$`));
      expect(sourceLine(refused)).toBe(scenario.source);
      expect(refused.stack.map((place) => place.function)).toEqual(scenario.stack);
      expect([refused.classification, refused.also]).toEqual([scenario.class, scenario.also]);
      expect(refused.suggestions.length).toBeGreaterThan(0);
      expect(refused.root.text).toMatch(scenario.root);
      expect(refused.writers.first?.place.function).toBe(scenario.firstWriter);
      expect(refused.writers.complete).toBe(true);

      expect(refused.region).toMatchObject({ name: 'rodata', origin: 'preset' });
      expect(sealerOf(refused.sealedBy!).function).toBe('mark_rodata_ro');
      expect(refused.page).toMatchObject({
        size: pages === '4k' ? 4096n : 1n << 21n,
        now: { read: true, write: false },
      });
      expect(refused.page.linked?.write).toBe(true);
      expect(refused.page.aliases.map((alias) => [alias.kind, alias.permissions.write])).toEqual([
        ['alias', false],
      ]);
      // In the boundary scenario the last sealed 4 KiB page holds nothing but the first bytes of the table.
      const isAlone = scenario.name === 'boundary' && pages === '4k';
      expect(
        refused.neighbours.some(
          (neighbour) => neighbour.name === 'uart_driver' || neighbour.name === 'cpu_caps',
        ),
      ).toBe(!isAlone);

      // The store has not happened: memory holds the old value, the instruction is still to come.
      expect(readNumber(session, refused.address, refused.size)).toBe(refused.oldValue);
      expect(session.inspect.harts()[refused.hart]?.pc).toBe(refused.place.pc);
      expect(session.seals.pending).toBe(refused);

      const [sealed, ...others] = eventsOf(guest, 'seal');
      expect(others).toEqual([]);
      expect(sealed?.change).toMatchObject({
        kind: 'sealed',
        regions: [{ name: 'rodata' }],
        moment: { hart: 0 },
      });
      expect(sealed!.change.moment.stack.map((place) => place.function)).toContain('mark_rodata_ro');
      expect(session.seals.status()).toMatchObject([{ state: 'sealed', holes: [] }]);
      expect(session.seals.degraded).toBe(false);
    });

    it.each(CHOICES)('%s', async (choice) => {
      const guest = await start();
      const { session, refused } = guest;
      const value = (): bigint => readNumber(session, refused.address, refused.size);
      const isOpen = (): boolean => session.inspect.walk(refused.address, refused.hart).permissions!.write;
      session.seals.choose(choice);
      expect(value()).toBe(refused.oldValue);
      const stepped = await session.run.stepIn(refused.hart, 'instruction');
      if (stepped.kind !== 'stop') throw new Error('the guest ended');

      if (choice === 'oops') {
        expect(stepped.place.function).toBe('handle_exception');
        expect([value(), isOpen()]).toEqual([refused.oldValue, false]);
        const end = await session.run.continue();
        expect(end).toMatchObject({ kind: 'exit', reason: 'fail' });
        expect(session.seals.findings.filter(({ first }) => first.id > 0)).toMatchObject([
          { count: 1, actions: [{ action: 'oops', count: 1 }] },
        ]);
        return;
      }
      expect(stepped.place.pc).toBe(session.inspect.disassemble(refused.place.pc, 2)[1]?.address);
      expect(value()).toBe(choice === 'skip' ? refused.oldValue : refused.newValue);
      expect(isOpen()).toBe(choice === 'retry');
      expect(session.seals.degraded).toBe(choice === 'retry');
      expect(session.seals.status()[0]?.state).toBe(choice === 'retry' ? 'degraded' : 'sealed');

      let stores = 1;
      let end = await session.run.continue();
      for (; end.kind === 'stop'; stores++) {
        session.seals.choose(choice);
        end = await session.run.continue();
      }
      expect(end).toMatchObject({ kind: 'exit', reason: 'poweroff', status: 0 });
      expect(stores).toBe(choice === 'retry' ? 1 : (scenario.stores ?? 1));
      expect(guest.output()).toContain(`done, ${scenario.done[choice === 'skip' ? 1 : 0]}\r\n`);
    });
  });
}
