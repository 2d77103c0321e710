/** A rule of write-once memory that was broken: who, where, what, and the line that tells it. */
import type { CodePlace } from '../codePlace.ts';
import { grouped } from '../grouped.ts';
import type { Moment } from '../sealEvent.ts';
import { WRITE_ONCE_CHECKS, type WriteOnceCheck } from './check.ts';
import type { WriteOnceObject } from './object.ts';

/** A store or load of a violation. */
export interface ViolatingAccess {
  readonly kind: 'load' | 'store' | 'amo' | 'sc';
  /** As the instruction has it: an alias, maybe. */
  readonly address: bigint;
  readonly size: number;
  readonly oldValue: bigint;
  /** Equals `oldValue` for a load. */
  readonly newValue: bigint;
  /** False for a store that a page table refused. */
  readonly landed: boolean;
}

export interface ViolationFacts {
  readonly check: WriteOnceCheck;
  /** Name of the specification. */
  readonly memory: string;
  readonly moment: Moment;
  /** Where violations of one cause happen: they are told once, and counted. */
  readonly cause: CodePlace;
  readonly object: WriteOnceObject | undefined;
  /** Virtual address of the page. */
  readonly page: bigint;
  readonly access?: ViolatingAccess | undefined;
  /** Harts that can write, or whose TLB was not told. */
  readonly harts?: readonly number[] | undefined;
  /** What else there is to say. */
  readonly note?: string | undefined;
}

export interface WriteOnceViolation extends Omit<ViolationFacts, 'object'> {
  /** From 1, in the order in which they were seen first. */
  readonly id: number;
  readonly object:
    | {
        readonly address: bigint;
        readonly size: number;
        readonly life: number;
        readonly cache: string | undefined;
      }
    | undefined;
  /** One line for people. */
  readonly story: string;
  count: number;
  lastStep: bigint;
}

const MAX_VIOLATIONS = 10_000;

/** Deduplicated by check and cause. */
export class Violations {
  readonly #byKey = new Map<string, WriteOnceViolation>();

  /** In the order in which they were seen first; bounded. */
  get list(): WriteOnceViolation[] {
    return [...this.#byKey.values()];
  }

  /** Returns the violation, and whether it is the first of its kind. */
  add(facts: ViolationFacts): { readonly violation: WriteOnceViolation; readonly isNew: boolean } {
    const { check, memory, cause, moment, object } = facts;
    const key = `${check} ${memory} ${cause.pc}`;
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      known.count++;
      known.lastStep = moment.step;
      return { violation: known, isNew: false };
    }
    const violation: WriteOnceViolation = {
      ...facts,
      id: this.#byKey.size + 1,
      object: object && {
        address: object.address,
        size: object.size,
        life: object.lives,
        cache: object.cache,
      },
      story: tell(facts),
      count: 1,
      lastStep: moment.step,
    };
    if (this.#byKey.size < MAX_VIOLATIONS) this.#byKey.set(key, violation);
    return { violation, isNew: true };
  }
}

const CALLERS = 3;

/** `overrun: …`: what, who and where; then what makes it wrong. */
function tell({ check, moment, cause, object, page, access, harts, note }: ViolationFacts): string {
  const from = Math.max(0, moment.stack.indexOf(cause));
  const callers = moment.stack
    .slice(from + 1)
    .map((place) => place.function)
    .filter((name, index, names) => name !== '' && name !== names[index - 1])
    .slice(0, CALLERS - 1);
  const what = object === undefined ? `the page ${hex(page)}` : objectText(object);
  return [
    `${check}: ${WRITE_ONCE_CHECKS[check]}: ${what}`,
    ...(access === undefined ? [] : [accessText(access, object)]),
    `by ${[placeText(cause), ...callers].join(' ← ')} on hart ${moment.hart}, step ${grouped(moment.step)}`,
    ...(harts === undefined || harts.length === 0 ? [] : [`${hartsText(harts)} can write`]),
    ...(note === undefined ? [] : [note]),
  ].join('; ');
}

/** `cred 0xffffffd600a54050 (80 bytes)`. */
function objectText({ cache, memory, address, size }: WriteOnceObject): string {
  return `${cache ?? memory} ${hex(address)} (${size} bytes)`;
}

function accessText(access: ViolatingAccess, object: WriteOnceObject | undefined): string {
  const { kind, address, size, oldValue, newValue, landed } = access;
  const at = object?.holds(address, 1) === true ? `its offset ${address - object.address}` : hex(address);
  if (kind === 'load') return `load of ${size} bytes at ${at}: ${hex(oldValue)}`;
  return `${landed ? 'store' : 'refused store'} of ${size} bytes at ${at}: ${hex(oldValue)} → ${hex(newValue)}`;
}

function hartsText(harts: readonly number[]): string {
  return `${harts.length === 1 ? 'hart' : 'harts'} ${harts.join(', ')}`;
}

function placeText({ pc, function: name, file, line }: CodePlace): string {
  const where = name === '' ? `pc ${hex(pc)}` : `${name}()`;
  return file === undefined ? where : `${where} at ${file.slice(file.lastIndexOf('/') + 1)}:${line ?? 0}`;
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
