/** What to run and how: the launch attributes of DESIGN.md §6, which are also the command line's options. */
import { SEAL_POLICIES, type SealPolicy } from '../sealing/choice.ts';
import { SessionError } from './errors.ts';
import { nearest } from '../sealing/nearest.ts';
import { parseWhatIfMoment, WHAT_IF_MOMENTS } from '../sealing/whatIf/moment.ts';
import {
  readWriteOnceSpecs,
  WriteOnceSpecError,
  type WriteOnceSpec,
} from '../sealing/writeOnce/specification.ts';
import type { WindowSettings } from '../sealing/windows/windowRules.ts';

export interface SessionConfiguration {
  /** The kernel: a RISC-V ELF64 file, or a flat Linux Image. Its symbols are used unless `symbols` names others. */
  readonly program: string;
  /** A file to boot in place of `program`, which then only gives symbols: a flat Image beside its vmlinux. */
  readonly image?: string | undefined;
  /** ELF file with symbols and debug information. */
  readonly symbols?: string | undefined;
  /** Kernel modules with symbols: `.ko` files, or folders with such. */
  readonly modules?: readonly string[] | undefined;
  readonly initrd?: string | undefined;
  /** The kernel's command line (`--append`). */
  readonly commandLine?: string | undefined;
  /** `auto`, `builtin`, `none`, or a file. Default `auto`. */
  readonly firmware?: string | undefined;
  readonly dtb?: string | undefined;
  readonly dtbOverlays?: readonly string[] | undefined;
  readonly disk?: string | undefined;
  /** What the guest writes to its disk is in the file once the session ends. Default: the file stays as it is. */
  readonly saveDisk?: boolean | undefined;
  /** 1 to 8, default 1. */
  readonly harts?: number | undefined;
  /** Bytes, or text such as `128M`. Default 128M. */
  readonly memory?: string | number | undefined;
  /** As in `rv64gc_zba_zbb`; default: all that the machine has. */
  readonly isa?: string | undefined;
  /** Default `sv39`. */
  readonly mmu?: string | undefined;
  /** Seal specifications; without any, presets and the page tables decide. */
  readonly sealed?: readonly string[] | undefined;
  /** Default `ask`. */
  readonly onSealedWrite?: SealPolicy | undefined;
  /** `off` disables the stop and undoes nothing in the guest. Default `on`. */
  readonly rodata?: 'on' | 'off' | undefined;
  /** Report probes that have an exception-table entry too. Default false: they are ignored. */
  readonly reportProbes?: boolean | undefined;
  /** Functions that may write to sealed memory. */
  readonly allowWriters?: readonly string[] | undefined;
  /** Rules for windows, in which sealed memory can be written; default: those of the preset. */
  readonly writeWindows?: WindowSettings | undefined;
  /** What-if seals: bytes that are refused to every store although no page is sealed. As `sealed`, and members. */
  readonly whatIf?: readonly string[] | undefined;
  /** From when on they hold: `seal` (default), `function NAME`, `return NAME`, `step N` or `start`. */
  readonly whatIfAfter?: string | undefined;
  /** Write-once memory: the functions that allocate, initialise and free its objects. Default: what presets find. */
  readonly writeOnce?: readonly WriteOnceSpec[] | undefined;
  readonly stopOnEntry?: boolean | undefined;
  /** Stop when a region is sealed. */
  readonly stopAtSeal?: boolean | undefined;
  /** Source paths in the debug information (or prefixes of them), and what stands for them on this host. */
  readonly sourceMap?: Readonly<Record<string, string>> | undefined;
  /** Ends the run at this step. */
  readonly maxSteps?: bigint | undefined;
}

type Check = (name: string, value: unknown) => unknown;

const text: Check = (name, value) => {
  if (typeof value !== 'string' || value === '') throw wrong(name, value, 'a non-empty text');
  return value;
};
const anyText: Check = (name, value) => {
  if (typeof value !== 'string') throw wrong(name, value, 'a text');
  return value;
};
const flag: Check = (name, value) => {
  if (typeof value !== 'boolean') throw wrong(name, value, 'true or false');
  return value;
};
const texts: Check = (name, value) => {
  if (!Array.isArray(value)) throw wrong(name, value, 'a list of texts');
  return value.map((entry) => text(name, entry));
};
const oneOf =
  (...choices: readonly string[]): Check =>
  (name, value) => {
    if (typeof value !== 'string' || !choices.includes(value))
      throw wrong(name, value, `one of ${choices.join(', ')}`);
    return value;
  };
const hartCount: Check = (name, value) => {
  if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > 8)
    throw wrong(name, value, 'a number of harts from 1 to 8');
  return value;
};
const memory: Check = (name, value) => {
  if (typeof value !== 'number' && typeof value !== 'string') throw wrong(name, value, 'a size such as 128M');
  return parseSize(name, value);
};
const steps: Check = (name, value) => {
  const parsed =
    typeof value === 'bigint' ? value : /^\d+$/.test(String(value)) ? BigInt(String(value)) : -1n;
  if (parsed < 0n) throw wrong(name, value, 'a number of steps');
  return parsed;
};
const whatIfMoment: Check = (name, value) => {
  if (typeof value !== 'string' || parseWhatIfMoment(value) === undefined)
    throw wrong(name, value, WHAT_IF_MOMENTS);
  return value;
};
const textMap: Check = (name, value) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(name, value, 'an object that maps paths to paths');
  for (const [from, to] of Object.entries(value)) anyText(`${name}["${from}"]`, to);
  return value;
};

const WINDOW_CHECKS: Readonly<Record<keyof WindowSettings, Check>> = {
  allowWriters: texts,
  maxSteps: (name, value) => {
    if (!Number.isSafeInteger(value) || (value as number) < 0) throw wrong(name, value, 'a number of steps');
    return value;
  },
  privateOnly: flag,
};
const windowSettings: Check = (name, value) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(name, value, `an object with ${Object.keys(WINDOW_CHECKS).join(', ')}`);
  for (const [rule, setting] of Object.entries(value)) {
    if (!Object.hasOwn(WINDOW_CHECKS, rule))
      throw new SessionError(
        'configuration',
        `"${name}" has no rule "${rule}"; there are ${Object.keys(WINDOW_CHECKS).join(', ')}`,
      );
    WINDOW_CHECKS[rule as keyof WindowSettings](`${name}.${rule}`, setting);
  }
  return value;
};

const writeOnce: Check = (name, value) => {
  try {
    return readWriteOnceSpecs(name, value);
  } catch (error) {
    if (!(error instanceof WriteOnceSpecError)) throw error;
    throw new SessionError('configuration', error.message, { cause: error });
  }
};

const CHECKS: Readonly<Record<keyof SessionConfiguration, Check>> = {
  program: text,
  image: text,
  symbols: text,
  modules: texts,
  initrd: text,
  commandLine: anyText,
  firmware: text,
  dtb: text,
  dtbOverlays: texts,
  disk: text,
  saveDisk: flag,
  harts: hartCount,
  memory,
  isa: text,
  mmu: oneOf('sv39', 'sv48', 'sv57'),
  sealed: texts,
  onSealedWrite: oneOf(...SEAL_POLICIES),
  rodata: oneOf('on', 'off'),
  reportProbes: flag,
  allowWriters: texts,
  writeWindows: windowSettings,
  whatIf: texts,
  whatIfAfter: whatIfMoment,
  writeOnce,
  stopOnEntry: flag,
  stopAtSeal: flag,
  sourceMap: textMap,
  maxSteps: steps,
};

/** Launch attributes that any debug adapter gets beside the target's own. */
const FOREIGN =
  /^(__|type$|name$|request$|preLaunchTask$|postDebugTask$|presentation$|internalConsoleOptions$|debugServer$|serverReadyAction$|suppressMultipleSessionWarning$|preRestartTask$|windows$|linux$|osx$|noDebug$|trace$|cwd$|console$|suppress\w+$)/;

/**
 * Checks untyped launch attributes (JSON, or options of a command line). Attributes that are undefined count as
 * absent; those that belong to the client are left out.
 * @throws SessionError `configuration` that names the attribute, its value and what it may be.
 */
export function readConfiguration(attributes: Readonly<Record<string, unknown>>): SessionConfiguration {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || FOREIGN.test(name)) continue;
    if (!Object.hasOwn(CHECKS, name)) {
      const near = nearest(name, Object.keys(CHECKS), 1)[0];
      throw new SessionError(
        'configuration',
        `unknown launch attribute "${name}"${near === undefined ? '' : `; did you mean "${near}"?`}`,
      );
    }
    result[name] = CHECKS[name as keyof SessionConfiguration](name, value);
  }
  if (result['program'] === undefined && result['image'] === undefined)
    throw new SessionError('configuration', '"program" is missing: give the path of the kernel image to run');
  result['program'] ??= result['image'];
  return result as unknown as SessionConfiguration;
}

/**
 * Bytes from `134217728`, `131072K`, `128M` or `1G` (also `128MiB`, `128MB`: all binary).
 * @throws SessionError `configuration`.
 */
export function parseSize(name: string, value: string | number): number {
  const match = /^\s*(\d+)\s*([kmg]?)(i?b)?\s*$/i.exec(String(value));
  const scale = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[match?.[2]?.toLowerCase() ?? ''];
  const bytes = match === null || scale === undefined ? NaN : Number(match[1]) * scale;
  if (!Number.isSafeInteger(bytes)) throw wrong(name, value, 'a size such as 128M');
  return bytes;
}

function wrong(name: string, value: unknown, wanted: string): SessionError {
  const shown =
    typeof value === 'bigint'
      ? String(value)
      : ((JSON.stringify(value) as string | undefined) ?? typeof value);
  return new SessionError('configuration', `"${name}" is ${shown}, but has to be ${wanted}`);
}
