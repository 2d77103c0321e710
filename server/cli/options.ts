/** The options of `sealscope run`, and what a session makes of them. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { parseWhatIfMoment, WHAT_IF_MOMENTS } from '../sealing/whatIf/moment.ts';
import { readWindowRules } from './windows.ts';
import { readWriteOnce } from './writeOnce.ts';
import { parseSize, SEAL_CHOICES, type SealChoice, type SessionConfiguration } from '../session/index.ts';

/** What to do at a refused store: a choice, or end the run there. */
export type StorePolicy = SealChoice | 'stop';

export interface RunOptions {
  readonly symbols?: string;
  readonly module: readonly string[];
  readonly initrd?: string;
  readonly append?: string;
  readonly firmware: string;
  readonly disk?: string;
  readonly saveDisk?: boolean;
  readonly harts: number;
  readonly memory: number;
  readonly isa?: string;
  readonly mmu?: string;
  readonly dtb?: string;
  readonly dtbOverlay: readonly string[];
  readonly seal: readonly string[];
  readonly whatIf: readonly string[];
  readonly whatIfAfter?: string;
  readonly timeline?: true;
  readonly windows?: true;
  readonly windowRules?: string;
  readonly races?: number;
  readonly seed: number;
  readonly writeOnce?: string;
  readonly objects?: true;
  readonly onSealedWrite: StorePolicy;
  readonly failOnSealedWrite?: true;
  readonly maxInstructions?: bigint;
  readonly engine: 'auto' | 'interpreter' | 'translator';
  readonly console?: string;
  readonly input?: string;
  readonly json?: true;
  readonly stats?: true;
}

/** Declares the options on a command. */
export function declareRunOptions(command: Command): Command {
  return command
    .option('--symbols <elf>', 'ELF file with symbols and debug information (default: the image)')
    .addOption(
      new Option('--module <file>', "a kernel module's .ko file, or a folder of them (repeatable)")
        .argParser(collect)
        .default([], 'none'),
    )
    .option('--initrd <file>', 'initial RAM disk')
    .option('--append <text>', "the kernel's command line")
    .option('--firmware <which>', 'auto, builtin, none, or a file that runs in M-mode', 'auto')
    .option('--disk <file>', 'disk image; what the guest writes to it is kept in memory')
    .option('--save-disk', "write what the guest has changed into the disk's file at the end")
    .option('--harts <n>', 'number of harts, 1 to 8', hartCount, 1)
    .addOption(new Option('--memory <size>', 'RAM').argParser(memorySize).default(128 * 2 ** 20, '128M'))
    .option('--isa <isa>', 'instruction set, as rv64gc_zba_zbb; default: all that there is')
    .addOption(new Option('--mmu <mode>', 'largest translation mode').choices(['sv39', 'sv48', 'sv57']))
    .option('--dtb <file>', 'device tree to hand to the guest (default: generated)')
    .addOption(
      new Option('--dtb-overlay <file>', 'device tree overlay to lay over it (repeatable)')
        .argParser(collect)
        .default([], 'none'),
    )
    .addOption(sealOption())
    .addOption(
      new Option(
        '--what-if <file>',
        'what to seal byte by byte although no page is: a specification a line (repeatable)',
      )
        .argParser(collect)
        .default([], 'none'),
    )
    .option(
      '--what-if-after <moment>',
      'from when on: seal, start, "function NAME", "return NAME" or "step N" (default: seal)',
      whatIfMoment,
    )
    .option('--timeline', "report who changed the permissions of the kernel's pages, and when")
    .option('--windows', 'report every window in which sealed memory could be written')
    .option('--races <n>', 'try so many interleavings for each kind of window, after the run', raceCount)
    .option('--seed <n>', 'seed of the first interleaving', raceCount, 1)
    .option(
      '--window-rules <file>',
      'who may open windows, and how: JSON with allowWriters, maxSteps, privateOnly',
    )
    .option(
      '--write-once <file>',
      'functions of write-once memory: JSON with alloc, initOnce, free (default: what presets find)',
    )
    .option('--objects', 'report pages and lives of write-once objects at the end')
    .addOption(
      new Option('--on-sealed-write <action>', 'what to do at a store that a seal refuses')
        .choices([...SEAL_CHOICES, 'stop'])
        .default('oops'),
    )
    .option('--fail-on-sealed-write', 'exit with status 3 when a seal refused a store, or a rule was broken')
    .option('--max-instructions <n>', 'end the run after so many instructions', instructionCount)
    .addOption(
      new Option('--engine <engine>', 'how instructions are executed')
        .choices(['auto', 'interpreter', 'translator'])
        .default('auto'),
    )
    .option('--console <file>', "write the guest's output to a file (default: stdout)")
    .option('--input <file>', "type a file's bytes at the guest's console; - is stdin")
    .option('--json', 'write events to stdout, one JSON object a line')
    .option('--stats', 'tell at the end how long it took, and the digest of the final state');
}

/** @param whatIf The specifications in the files of `options`. */
export function sessionConfiguration(
  image: string,
  options: RunOptions,
  whatIf: readonly string[] = [],
): SessionConfiguration {
  return {
    program: image,
    symbols: options.symbols,
    modules: options.module.length === 0 ? undefined : options.module,
    initrd: options.initrd,
    commandLine: options.append,
    firmware: options.firmware,
    dtb: options.dtb,
    dtbOverlays: options.dtbOverlay.length === 0 ? undefined : options.dtbOverlay,
    disk: options.disk,
    saveDisk: options.saveDisk,
    harts: options.harts,
    memory: options.memory,
    isa: options.isa,
    mmu: options.mmu,
    sealed: options.seal.length === 0 ? undefined : options.seal,
    writeWindows: readWindowRules(image, options.windowRules),
    writeOnce: readWriteOnce(image, options.writeOnce),
    onSealedWrite: options.onSealedWrite === 'stop' ? 'ask' : options.onSealedWrite,
    whatIf: whatIf.length === 0 ? undefined : whatIf,
    whatIfAfter: options.whatIfAfter,
    maxSteps: options.maxInstructions,
  };
}

/** `--seal SPEC`, as often as needed. */
export function sealOption(): Option {
  return new Option(
    '--seal <spec>',
    'what is sealed: a section, symbol..symbol, 0xstart..0xend or an object (repeatable)',
  )
    .argParser(collect)
    .default([], 'what presets find');
}

function whatIfMoment(text: string): string {
  if (parseWhatIfMoment(text) === undefined) throw new InvalidArgumentError(`Give ${WHAT_IF_MOMENTS}.`);
  return text;
}

export function collect(value: string, values: readonly string[]): string[] {
  return [...values, value];
}

export function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535) throw new InvalidArgumentError('Give a TCP port, 0 to 65535.');
  return port;
}

function hartCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > 8)
    throw new InvalidArgumentError('The machine has 1 to 8 harts.');
  return count;
}

function memorySize(text: string): number {
  try {
    return parseSize('--memory', text);
  } catch {
    throw new InvalidArgumentError('Give a size such as 128M or 1G.');
  }
}

function raceCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > 10_000)
    throw new InvalidArgumentError('Give a number from 1 to 10000.');
  return count;
}

function instructionCount(text: string): bigint {
  if (!/^\d+$/.test(text) || BigInt(text) === 0n)
    throw new InvalidArgumentError('Give a number of instructions, 1 or more.');
  return BigInt(text);
}
