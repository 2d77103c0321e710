/**
 * Annotations that put data where a kernel seals it or gives it back, and what kernels mean by each (DOMAIN.md §1, §2).
 * Which objects carry one is read from the image: from the sections that it makes, or, where a linker script merges
 * those into others, from the pair of symbols around them.
 */

export interface Annotation {
  /** As written in C, C++, Rust and assembly. */
  readonly names: readonly string[];
  /** Input sections, and output sections where a linker script keeps them apart. */
  readonly sections: readonly string[];
  /** Symbols of linker scripts around what carries it. */
  readonly bounds: readonly (readonly [start: string, end: string])[];
  readonly marks: 'objects' | 'functions';
  /** Its objects are meant to be in sealed memory. */
  readonly isSealed: boolean;
  /** One line of Markdown. */
  readonly meaning: string;
}

const READ_MOSTLY =
  'Kept apart from data that is written often, for the sake of caches. It stays writable: no seal. ' +
  'On OpenRISC and Xtensa `__ro_after_init` means only this.';

export const ANNOTATIONS: readonly Annotation[] = [
  {
    names: ['__ro_after_init', 'SECURITY_READ_ONLY_LATE', 'READONLY_AFTER_INIT'],
    sections: ['.data..ro_after_init', '.data.ro_after_init', '.ro_after_init'],
    bounds: [
      ['__start_ro_after_init', '__end_ro_after_init'],
      ['__ro_after_init_start', '__ro_after_init_end'],
      ['start_of_ro_after_init', 'end_of_ro_after_init'],
      ['ro_after_init_start', 'ro_after_init_end'],
    ],
    marks: 'objects',
    isSealed: true,
    meaning: 'Written while the kernel boots, then sealed: a later store faults.',
  },
  {
    names: ['__read_only'],
    sections: ['.data..read_only', '.data.read_only'],
    bounds: [],
    marks: 'objects',
    isSealed: true,
    meaning: 'Sealed when init has ended: the name that `__ro_after_init` had first. A later store faults.',
  },
  {
    names: ['__read_mostly'],
    sections: ['.data..read_mostly', '.data.read_mostly'],
    bounds: [],
    marks: 'objects',
    isSealed: false,
    meaning: READ_MOSTLY,
  },
  {
    names: ['UNMAP_AFTER_INIT'],
    sections: ['.unmap_after_init'],
    bounds: [['start_of_unmap_after_init', 'end_of_unmap_after_init']],
    marks: 'functions',
    isSealed: true,
    meaning: 'Needed while booting only; unmapped when init has ended.',
  },
  {
    names: ['__init', '__INIT', '__meminit'],
    sections: ['.init.text'],
    bounds: [['_sinittext', '_einittext']],
    marks: 'functions',
    isSealed: false,
    meaning: 'Runs while the kernel boots only: its memory is given back after init, before data is sealed.',
  },
  {
    names: ['__initdata', '__INITDATA', '__meminitdata'],
    sections: ['.init.data'],
    bounds: [],
    marks: 'objects',
    isSealed: false,
    meaning: 'Used while the kernel boots only: its memory is given back after init. Not sealed.',
  },
  {
    names: ['__initconst', '__INITRODATA'],
    sections: ['.init.rodata'],
    bounds: [],
    marks: 'objects',
    isSealed: false,
    meaning: 'Constants used while the kernel boots only: their memory is given back after init.',
  },
  {
    names: ['__exit'],
    sections: ['.exit.text'],
    bounds: [],
    marks: 'functions',
    isSealed: false,
    meaning: 'Runs when a module is removed; dropped from what is built into the kernel.',
  },
];

/** What sections hold that no annotation makes. */
const SECTIONS: Readonly<Record<string, string>> = {
  '.text': 'Code.',
  '.rodata': 'Constants, and on RISC-V Linux the data that is sealed after init as well.',
  '.data.rel.ro': 'Constants that hold addresses.',
  '.data': 'Initialised data.',
  '.sdata': 'Small initialised data, near the global pointer.',
  '.bss': 'Data that begins as zeros.',
  '.sbss': 'Small data that begins as zeros, near the global pointer.',
  __ex_table: 'Exception table: instructions that may fault on purpose, such as probes of read-only memory.',
};

const byName = new Map(ANNOTATIONS.flatMap((each) => each.names.map((name) => [name, each] as const)));
const bySection = new Map(ANNOTATIONS.flatMap((each) => each.sections.map((name) => [name, each] as const)));

export function annotationNamed(word: string): Annotation | undefined {
  return byName.get(word);
}

/** The annotation that puts things into a section of this name. */
export function annotationOfSection(name: string): Annotation | undefined {
  return bySection.get(name);
}

/** One line on what a section of this name holds; undefined where only its kernel knows. */
export function meaningOfSection(name: string): string | undefined {
  return annotationOfSection(name)?.meaning ?? (Object.hasOwn(SECTIONS, name) ? SECTIONS[name] : undefined);
}
