/**
 * The extensions that this machine can have, in the order of an ISA string (unprivileged spec, "ISA Extension Naming
 * Conventions"), with what each of them brings along.
 */
const IMPLIED = {
  i: [],
  m: ['zmmul'],
  a: ['zaamo', 'zalrsc'],
  f: ['zicsr'],
  d: ['f'],
  c: ['zca'],
  b: ['zba', 'zbb', 'zbs'],
  zicbom: [],
  zicboz: [],
  zicntr: ['zicsr'],
  zicond: [],
  zicsr: [],
  zifencei: [],
  zihintpause: [],
  zihpm: ['zicsr'],
  zmmul: [],
  zaamo: [],
  zalrsc: [],
  zca: [],
  zcd: ['d', 'zca'],
  zba: [],
  zbb: [],
  zbs: [],
  smepmp: [],
  sstc: [],
  svade: [],
  svadu: [],
  svinval: [],
  svnapot: [],
  svpbmt: [],
} as const satisfies Record<string, readonly string[]>;

export type Extension = keyof typeof IMPLIED;

export const EXTENSIONS = Object.keys(IMPLIED) as readonly Extension[];

export const isExtension = (name: string): name is Extension => Object.hasOwn(IMPLIED, name);

/** These extensions and all that they bring along. */
export function withImplied(extensions: Iterable<Extension>): ReadonlySet<Extension> {
  const all = new Set(extensions);
  // A set's iterator comes to what is added behind it.
  for (const extension of all) for (const implied of IMPLIED[extension]) all.add(implied);
  return all;
}
