import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { boot, RESUME_BUG, sourceAt, symbolAt } from './qemu.ts';

interface Scenario {
  name: string;
  /** The refused store: nm's symbol and offset of badaddr, addr2line's function and source line. */
  refused?: { symbol: string; function: string; file: string; source: string; callers: string[] };
  /** The kernel's last word when nothing is refused. */
  done: string;
}

const RESUME_CALLERS = ['pm_suspend', 'scenario_run', 'start_kernel', '_start'];

const SCENARIOS: Scenario[] = [
  { name: 'none', done: 'resume: done, cpu_caps.features[2].bits=0x15' },
  {
    name: 'resume',
    refused: {
      symbol: 'cpu_caps+56',
      function: 'cpu_detect_features',
      file: 'cpufeature.c',
      source: 'cpu_caps.features[FEATURE_PM].bits = pm;',
      callers: ['secondary_start_kernel', 'secondary_start_sbi'],
    },
    done: 'resume: done, cpu_caps.features[2].bits=0x15',
  },
  {
    name: 'resume-changed',
    refused: {
      symbol: 'cpu_caps+56',
      function: 'cpu_detect_features',
      file: 'cpufeature.c',
      source: 'cpu_caps.features[FEATURE_PM].bits = pm;',
      callers: ['secondary_start_kernel', 'secondary_start_sbi'],
    },
    done: 'resume: done, cpu_caps.features[2].bits=0x17',
  },
  {
    name: 'hotplug',
    refused: {
      symbol: '__cpu_possible_mask+0',
      function: 'set_cpu_possible',
      file: 'smp.c',
      source: '__cpu_possible_mask.bits |= BIT(id);',
      callers: ['cpu_up', 'cpu_hotplug_cycle', 'scenario_run', 'start_kernel', '_start'],
    },
    done: 'hotplug: done, __cpu_possible_mask=0x3',
  },
  {
    name: 'late-list',
    refused: {
      symbol: 'syscore_ops_list+8',
      function: 'list_add_tail',
      file: 'include/list.h',
      source: 'head->prev = new;',
      callers: ['register_syscore_ops', 'wake_clock_probe', 'resume_devices', ...RESUME_CALLERS],
    },
    done: 'resume: done, syscore_ops: alarm wake-clock',
  },
  {
    name: 'neighbour',
    refused: {
      symbol: 'suspend_stats+0',
      function: 'resume_devices',
      file: 'power.c',
      source: 'suspend_stats.success++;',
      callers: RESUME_CALLERS,
    },
    done: 'resume: done, suspend_stats.success=1',
  },
  {
    name: 'boundary',
    refused: {
      symbol: 'wake_table+8',
      function: 'wake_table_arm',
      file: 'wakeup.c',
      source: 'WRITE_ONCE(*entry, ',
      callers: ['resume_devices', ...RESUME_CALLERS],
    },
    done: 'resume: done, wake_table.entry[0]=0x80000003',
  },
  {
    name: 'amo',
    refused: {
      symbol: 'uart_driver+24',
      function: 'refcount_inc',
      file: 'include/atomic.h',
      source: 'amoadd.w',
      callers: ['uart_resume', 'resume_devices', ...RESUME_CALLERS],
    },
    done: 'resume: done, uart_driver.users=2',
  },
];

const POWER_DOWN = 'reboot: Power down';
const PANIC = 'Kernel panic - not syncing: Fatal exception';

/** The number that stands behind a label of the oops. */
function field(oops: string, label: string): bigint {
  const [, digits] = new RegExp(`${label}: ([0-9a-f]+)`).exec(oops) ?? [];
  if (digits === undefined) throw new Error(`no ${label} in:\n${oops}`);
  return BigInt(`0x${digits}`);
}

/** The functions of the call trace, innermost first, with the inlined ones. */
function callTrace(oops: string): string[] {
  const addresses = [...oops.matchAll(/\[<([0-9a-f]{16})>\]/g)].map(([, digits]) =>
    BigInt(`0x${digits ?? ''}`),
  );
  // A return address is behind the call it belongs to.
  return addresses.flatMap((pc, i) => sourceAt(i === 0 ? pc : pc - 1n).map((frame) => frame.function));
}

function expectCompletion(text: string, done: string): void {
  expect(text).toContain(done);
  expect(text).toContain(POWER_DOWN);
  expect(text).not.toContain('Oops');
}

function expectOops(text: string, refused: NonNullable<Scenario['refused']>): void {
  const badaddr = field(text, 'badaddr');
  expect(text).toContain(`kernel paging request at virtual address ${badaddr.toString(16)}`);
  expect(symbolAt(badaddr), text).toBe(refused.symbol);
  expect(field(text, 'cause')).toBe(15n);

  const innermost = sourceAt(field(text, 'epc '))[0]!;
  expect(innermost).toMatchObject({ function: refused.function, file: refused.file });
  const source = readFileSync(RESUME_BUG + innermost.file, 'utf8').split('\n');
  expect(source[innermost.line - 1]).toContain(refused.source);
  expect(callTrace(text)).toEqual([refused.function, ...refused.callers]);

  expect(text).toContain(PANIC);
  expect(text).not.toContain(POWER_DOWN);
}

describe.each(['4k', '2m'])('resume-bug under QEMU and OpenSBI, pages=%s', (pages) => {
  it.each(SCENARIOS)('scenario=$name stores to sealed memory, or to none', ({ name, refused, done }) => {
    const text = boot({ commandLine: `scenario=${name} pages=${pages} no_console_suspend` });
    expect(text).toContain('rodata_test: all tests were successful');
    if (refused) expectOops(text, refused);
    else expectCompletion(text, done);
  });

  it.each(SCENARIOS)('scenario=$name completes with rodata=off', ({ name, done }) => {
    const text = boot({ commandLine: `scenario=${name} pages=${pages} rodata=off` });
    expect(text).toContain('Kernel memory protection disabled (rodata=off)');
    expectCompletion(text, done);
  });
});

describe('resume-bug under QEMU and OpenSBI', () => {
  it('keeps the oops to itself when the console is suspended', () => {
    const text = boot({ commandLine: 'scenario=resume' });
    expect(text.trimEnd()).toMatch(/printk: Suspending console\(s\) \(use no_console_suspend to debug\)$/);
  });

  it('replays what was logged while the console was suspended', () => {
    expect(boot({ commandLine: 'scenario=none' })).toMatch(
      /Suspending console[^]*CPU1: off[^]*woke up[^]*CPU1 is up[^]*PM: suspend exit/,
    );
  });

  it.each([1, 8])('runs on %d harts', (harts) => {
    const text = boot({ commandLine: 'scenario=none', harts });
    expect(text).toContain(`Brought up ${harts} CPU`);
    expectCompletion(text, 'resume: done, cpu_caps.features[2].bits=0x15');
  });

  it('names the scenarios when asked for another one', () => {
    const text = boot({ commandLine: 'scenario=reboot' });
    expect(text).toContain(
      'scenario=reboot does not exist; there are: resume resume-changed hotplug late-list',
    );
    expect(text).toContain('Kernel panic');
  });

  it('maps 4 KiB pages when asked for a size it does not know', () => {
    const text = boot({ commandLine: 'scenario=none pages=1g' });
    expect(text).toContain('pages=1g is neither 4k nor 2m, using 4k');
    expectCompletion(text, 'resume: done');
  });
});
