/** The bundled sample's scenarios, as its kernel command line names them, and what each is about. */
export const scenarios = {
  resume: 'a resume path writes what is there already (redundant)',
  'resume-changed': 'a resume path writes a really different value',
  hotplug: 'bringing a CPU up sets a bit that is set already',
  'late-list': 'a late registration links into a sealed list',
  neighbour: 'a variable nobody sealed lies on a sealed page',
  boundary: 'a misaligned store runs over the end of the seal',
  amo: 'an atomic counter lives in sealed memory',
} as const;

export type Scenario = keyof typeof scenarios;

export const scenarioNames = Object.keys(scenarios) as Scenario[];

/** Places in the sample where its story turns, told by log points rather than by its console, which may be dead. */
export interface Chapter {
  readonly function: string;
  readonly label: string;
  readonly text: string;
  readonly condition?: string;
}

export const chapters: readonly Chapter[] = [
  { function: 'start_kernel', label: 'boot', text: 'hart 0 enters the kernel' },
  {
    function: 'cpu_caps_init',
    label: 'init',
    text: 'cpu_caps is written for the first time, as it may be: nothing is sealed yet',
  },
  { function: 'smp_init', label: 'init', text: 'the second hart is brought up' },
  {
    function: 'free_initmem',
    label: 'seal',
    text: 'init is over: its memory is freed, then its data is sealed',
  },
  {
    function: 'pm_suspend',
    label: 'suspend',
    text: 'the console goes first: what fails from here on fails silently',
  },
  { function: 'cpu_hotplug_cycle', label: 'hotplug', text: 'a CPU leaves and comes back, long after init' },
  { function: 'syscore_resume', label: 'resume', text: 'hart 0 is awake again' },
  {
    function: 'secondary_start_kernel',
    label: 'resume',
    text: 'hart 1 comes back through the code that started it at boot',
    condition: 'system_state == SYSTEM_SUSPEND',
  },
];
