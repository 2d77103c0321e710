/** The ISA string of the device tree and of the command line (unprivileged spec, "ISA Extension Naming Conventions"). */
import { ConfigurationError } from './errors.ts';

export interface Isa {
  /** Canonical, as in `rv64imac_zicsr_zifencei_zicntr`. */
  readonly text: string;
  /** Single letters and multi-letter names, in order. */
  readonly extensions: readonly string[];
  /** misa.Extensions: bit n for letter n, with S and U. */
  readonly misa: bigint;
}

const SUPPORTED_LETTERS = 'imac';
const SUPPORTED_NAMES: readonly string[] = ['zicsr', 'zifencei', 'zicntr', 'zmmul', 'zaamo', 'zalrsc', 'zca'];
const MXL_64 = 2n << 62n;

/** Parse and check. Throws ConfigurationError that names the first thing this machine does not have. */
export function parseIsa(text: string): Isa {
  const match = /^rv64([a-z]+?)((?:_?[zsx][a-z0-9]+)(?:_[zsx][a-z0-9]+)*)?$/.exec(text.toLowerCase());
  if (match === null) {
    throw new ConfigurationError('isa', `isa is '${text}'; it must look like rv64imac_zicsr_zifencei`);
  }
  const letters = new Set<string>(match[1]);
  const names = new Set((match[2] ?? '').split('_').filter((name) => name !== ''));
  for (const letter of letters) {
    if (!SUPPORTED_LETTERS.includes(letter)) unsupported(text, `letter '${letter}'`);
  }
  for (const name of names) {
    if (!SUPPORTED_NAMES.includes(name)) unsupported(text, `extension '${name}'`);
  }
  if (!letters.has('i')) throw new ConfigurationError('isa', `isa is '${text}'; the base 'i' is missing`);
  // The machine always has these, so the guest is told of them.
  for (const name of ['zicsr', 'zifencei', 'zicntr']) names.add(name);
  const ordered = [...SUPPORTED_LETTERS].filter((letter) => letters.has(letter));
  const named = SUPPORTED_NAMES.filter((name) => names.has(name));
  return {
    text: `rv64${ordered.join('')}_${named.join('_')}`,
    extensions: [...ordered, ...named],
    misa: [...ordered, 's', 'u'].reduce((bits, letter) => bits | bit(letter), MXL_64),
  };
}

function bit(letter: string): bigint {
  return 1n << BigInt(letter.charCodeAt(0) - 'a'.charCodeAt(0));
}

function unsupported(text: string, what: string): never {
  throw new ConfigurationError(
    'isa',
    `isa '${text}' asks for ${what}, which this machine does not have; it has ` +
      `${[...SUPPORTED_LETTERS].join(', ')}, ${SUPPORTED_NAMES.join(', ')}`,
  );
}
