/** The ISA string of the device tree and of the command line (unprivileged spec, "ISA Extension Naming Conventions"). */
import { ConfigurationError } from './errors.ts';

export interface Isa {
  /** Canonical, as in `rv64imac_zicsr_zifencei_zicntr`. */
  readonly text: string;
  /** Single letters and multi-letter names, in order. */
  readonly extensions: readonly string[];
}

const LETTERS: readonly string[] = ['i', 'm', 'a', 'c'];
const SUPPORTED_NAMES: readonly string[] = ['zicsr', 'zifencei', 'zicntr', 'zmmul', 'zaamo', 'zalrsc', 'zca'];
const ALWAYS = ['zicsr', 'zifencei', 'zicntr'];

/**
 * Parse and check. Throws ConfigurationError that names the first thing this machine does not have, or
 * cannot do without.
 */
export function parseIsa(text: string): Isa {
  const match = /^rv64([a-z]+?)((?:_?[zsx][a-z0-9]+)(?:_[zsx][a-z0-9]+)*)?$/.exec(text.toLowerCase());
  if (match === null) {
    throw new ConfigurationError('isa', `isa is '${text}'; it must look like rv64imac_zicsr_zifencei`);
  }
  const letters = new Set(match[1]!.split(''));
  const names = new Set((match[2] ?? '').split('_').filter((name) => name !== ''));
  for (const letter of letters) {
    if (!LETTERS.includes(letter)) unsupported(text, `letter '${letter}'`);
  }
  for (const name of names) {
    if (!SUPPORTED_NAMES.includes(name)) unsupported(text, `extension '${name}'`);
  }
  const missing = LETTERS.find((letter) => !letters.has(letter));
  if (missing !== undefined) {
    throw new ConfigurationError(
      'isa',
      `isa '${text}' leaves out '${missing}', which this machine always has`,
    );
  }
  // These, too: the guest is told of them.
  for (const name of ALWAYS) names.add(name);
  const named = SUPPORTED_NAMES.filter((name) => names.has(name));
  return {
    text: `rv64${LETTERS.join('')}_${named.join('_')}`,
    extensions: [...LETTERS, ...named],
  };
}

function unsupported(text: string, what: string): never {
  throw new ConfigurationError(
    'isa',
    `isa '${text}' asks for ${what}, which this machine does not have; it has ` +
      `${LETTERS.join(', ')}, ${SUPPORTED_NAMES.join(', ')}`,
  );
}
