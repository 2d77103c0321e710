/** What each scenario of samples/resume-bug has to show, read off its sources. */

export interface RefusedExpectation {
  readonly symbol: string;
  readonly member: string;
  /** Text of the source line of the store. */
  readonly source: string;
  readonly file: string;
  /** Functions on the stack, in this order, others between them allowed; inlined ones count. */
  readonly stack: readonly string[];
  readonly size: number;
  readonly redundant: boolean;
  readonly kind: 'store' | 'amo';
  readonly hart: number;
  /** The class, or one of the further ones. */
  readonly class: string;
  /** Text of the line that declares the object. */
  readonly declaration: string;
  /** Somebody meant the object to be sealed: its section is for that. */
  readonly intended: boolean;
}

export interface ScenarioExpectation {
  readonly scenario: string;
  /** In order; all but the first happen only where a choice goes on with the seal in place. */
  readonly refused: readonly RefusedExpectation[];
  /** What the sample says at its end when the stores went through, and when they were dropped. */
  readonly written: RegExp;
  readonly dropped: RegExp;
}

const detect: RefusedExpectation = {
  symbol: 'cpu_caps',
  member: 'cpu_caps.features[2].bits',
  source: 'cpu_caps.features[FEATURE_PM].bits = pm;',
  file: 'cpufeature.c',
  stack: ['cpu_detect_features', 'secondary_start_kernel'],
  size: 4,
  redundant: true,
  kind: 'store',
  hart: 1,
  class: 'redundant-write',
  intended: true,
  declaration: 'struct cpu_caps cpu_caps __ro_after_init = {',
};

const listed: RefusedExpectation = {
  symbol: 'syscore_ops_list',
  member: 'syscore_ops_list.prev',
  source: 'head->prev = new;',
  file: 'list.h',
  stack: ['list_add_tail', 'register_syscore_ops', 'pm_suspend', 'scenario_run'],
  size: 8,
  redundant: false,
  kind: 'store',
  hart: 0,
  class: 'structural-write',
  intended: true,
  declaration: 'static struct list_head syscore_ops_list __ro_after_init',
};

export const scenarios: readonly ScenarioExpectation[] = [
  {
    scenario: 'resume',
    refused: [detect],
    written: /resume: done, cpu_caps\.features\[2\]\.bits=0x15/,
    dropped: /resume: done, cpu_caps\.features\[2\]\.bits=0x15/,
  },
  {
    scenario: 'resume-changed',
    refused: [{ ...detect, redundant: false, class: 'init-code-called-late' }],
    written: /resume: done, cpu_caps\.features\[2\]\.bits=0x17/,
    dropped: /resume: done, cpu_caps\.features\[2\]\.bits=0x15/,
  },
  {
    scenario: 'hotplug',
    refused: [
      {
        symbol: '__cpu_possible_mask',
        member: '__cpu_possible_mask.bits',
        source: '__cpu_possible_mask.bits |= BIT(id);',
        file: 'smp.c',
        stack: ['set_cpu_possible', 'cpu_up', 'cpu_hotplug_cycle', 'scenario_run'],
        size: 8,
        redundant: true,
        kind: 'store',
        hart: 0,
        class: 'redundant-write',
        intended: true,
        declaration: 'struct cpumask __cpu_possible_mask __ro_after_init;',
      },
    ],
    written: /hotplug: done, __cpu_possible_mask=0x3/,
    dropped: /hotplug: done, __cpu_possible_mask=0x3/,
  },
  {
    scenario: 'late-list',
    refused: [
      listed,
      {
        ...listed,
        symbol: 'alarm_syscore_ops',
        member: 'alarm_syscore_ops.node.next',
        source: 'WRITE_ONCE(prev->next, new);',
        declaration: 'static struct syscore_ops alarm_syscore_ops __ro_after_init = {',
      },
    ],
    written: /resume: done, syscore_ops: alarm wake-clock\b/,
    dropped: /resume: done, syscore_ops: alarm\r?\n/,
  },
  {
    scenario: 'neighbour',
    refused: [
      {
        symbol: 'suspend_stats',
        member: 'suspend_stats.success',
        source: 'suspend_stats.success++;',
        file: 'power.c',
        stack: ['resume_devices', 'pm_suspend', 'scenario_run'],
        size: 4,
        redundant: false,
        kind: 'store',
        hart: 0,
        class: 'neighbour',
        intended: false,
        declaration: '} suspend_stats __section(".data..suspend_stats") = { 0 };',
      },
    ],
    written: /resume: done, suspend_stats\.success=1/,
    dropped: /resume: done, suspend_stats\.success=0/,
  },
  {
    scenario: 'boundary',
    refused: [
      {
        symbol: 'wake_table',
        member: 'wake_table.entry[0]',
        source: 'WRITE_ONCE(*entry, WAKE_ENTRY_VALID | (u64)generation << 32 | __pa(__cpu_resume_enter));',
        file: 'wakeup.c',
        stack: ['wake_table_arm', 'resume_devices', 'pm_suspend', 'scenario_run'],
        size: 8,
        redundant: false,
        kind: 'store',
        hart: 0,
        class: 'boundary',
        intended: false,
        declaration: 'struct wake_table wake_table __section(".data..wake_table") __aligned(4) = {',
      },
    ],
    written: /resume: done, wake_table\.entry\[0\]=0x80000003/,
    dropped: /resume: done, wake_table\.entry\[0\]=0x80000001/,
  },
  {
    scenario: 'amo',
    refused: [
      {
        symbol: 'uart_driver',
        member: 'uart_driver.users.refs',
        source: '__asm__ __volatile__("amoadd.w %0, %2, %1" : "=r"(old), "+A"(r->refs) : "r"(1) : "memory");',
        file: 'atomic.h',
        stack: ['refcount_inc', 'uart_resume', 'pm_suspend', 'scenario_run'],
        size: 4,
        redundant: false,
        kind: 'amo',
        hart: 0,
        class: 'late-write',
        intended: true,
        declaration: 'struct driver uart_driver __ro_after_init = {',
      },
    ],
    written: /resume: done, uart_driver\.users=2/,
    dropped: /resume: done, uart_driver\.users=1/,
  },
];
