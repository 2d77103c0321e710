/** The ISA string of the device tree and of the command line (unprivileged spec, "ISA Extension Naming Conventions"). */
import { type Extension, EXTENSIONS, isExtension, withImplied } from '../isa/extensions.ts';
import {
  EXTENSION_A,
  EXTENSION_B,
  EXTENSION_D,
  EXTENSION_F,
  EXTENSION_M,
  EXTENSION_SMEPMP,
  EXTENSION_SSTC,
  EXTENSION_SVADE,
  EXTENSION_SVADU,
  EXTENSION_SVNAPOT,
  EXTENSION_SVPBMT,
  EXTENSION_ZICBOM,
  EXTENSION_ZICBOZ,
} from '../layout.ts';
import { ConfigurationError } from './errors.ts';

export interface Isa {
  /** Canonical, as in `rv64imac_zicntr_zicsr_zifencei`. */
  readonly text: string;
  /** Single letters and multi-letter names, in the order of the text. */
  readonly extensions: readonly Extension[];
  /** These, and what they bring along. */
  readonly all: ReadonlySet<Extension>;
  /** EXTENSION_* of layout.ts. */
  readonly mask: number;
}

/** All that the machine has; of Svade and Svadu neither, so that A and D are set as on machines before them. */
export const DEFAULT_ISA =
  'rv64imafdc_zicbom_zicboz_zicntr_zicond_zicsr_zifencei_zihintpause_zihpm_zba_zbb_zbs' +
  '_sstc_svinval_svnapot_svpbmt';

const GENERAL = ['i', 'm', 'a', 'f', 'd', 'zicsr', 'zifencei'] as const;
/** What no machine here goes without, and what it always has besides, so that the guest is told of it. */
const REQUIRED = ['i', 'c'] as const;
const ALWAYS = ['zicntr', 'zicsr', 'zifencei'] as const;

const MASKS: Partial<Record<Extension, number>> = {
  m: EXTENSION_M,
  a: EXTENSION_A,
  f: EXTENSION_F,
  d: EXTENSION_D,
  zicbom: EXTENSION_ZICBOM,
  zicboz: EXTENSION_ZICBOZ,
  sstc: EXTENSION_SSTC,
  svade: EXTENSION_SVADE,
  svadu: EXTENSION_SVADU,
  svnapot: EXTENSION_SVNAPOT,
  svpbmt: EXTENSION_SVPBMT,
  smepmp: EXTENSION_SMEPMP,
};

/**
 * Parse and check. Throws ConfigurationError that names the first thing this machine does not have, or
 * cannot do without.
 */
export function parseIsa(text: string): Isa {
  const match = /^rv64([a-z]+?)((?:_?[zsx][a-z0-9]+)(?:_[zsx][a-z0-9]+)*)?$/.exec(text.toLowerCase());
  if (match === null) {
    throw new ConfigurationError('isa', `isa is '${text}'; it must look like rv64gc_zba_zbb`);
  }
  const names = (match[2] ?? '').split('_').filter((name) => name !== '');
  const asked = new Set<Extension>();
  for (const letter of match[1]!) {
    if (letter === 'g') for (const extension of GENERAL) asked.add(extension);
    else if (isExtension(letter)) asked.add(letter);
    else unsupported(text, `letter '${letter}'`);
  }
  for (const name of names) {
    if (isExtension(name)) asked.add(name);
    else unsupported(text, `extension '${name}'`);
  }
  const missing = REQUIRED.find((extension) => !asked.has(extension));
  if (missing !== undefined) {
    throw new ConfigurationError(
      'isa',
      `isa '${text}' leaves out '${missing}', which this machine always has`,
    );
  }
  // Letters stand for what they imply, so that a guest which reads letters only finds F where D is.
  if (asked.has('d')) asked.add('f');
  for (const name of ALWAYS) asked.add(name);
  const extensions = EXTENSIONS.filter((extension) => asked.has(extension));
  const all = withImplied(extensions);
  const isLetter = (extension: Extension): boolean => extension.length === 1;
  return {
    text: `rv64${extensions.filter(isLetter).join('')}_${extensions.filter((e) => !isLetter(e)).join('_')}`,
    extensions,
    all,
    mask: maskOf(all),
  };
}

function maskOf(extensions: ReadonlySet<Extension>): number {
  let mask = (['zba', 'zbb', 'zbs'] as const).every((part) => extensions.has(part)) ? EXTENSION_B : 0;
  for (const extension of extensions) mask |= MASKS[extension] ?? 0;
  return mask;
}

function unsupported(text: string, what: string): never {
  throw new ConfigurationError(
    'isa',
    `isa '${text}' asks for ${what}, which this machine does not have; it has g, ${EXTENSIONS.join(', ')}`,
  );
}
