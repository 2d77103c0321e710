/**
 * The address spaces of this stop, walked when they are first asked for, and those of earlier stops. A stop is
 * remembered when the guest leaves it: until then somebody may still change the tables by hand.
 */
import { walkMappings, type Machine, type MappingList } from '../../../emulator/index.ts';
import { SessionError } from '../errors.ts';
import type { Scheduler } from '../host.ts';
import type { SessionListener } from '../events.ts';
import type { Stop } from '../stop.ts';
import { UNTRANSLATED } from './flags.ts';
import type { StopMark } from './mappings.ts';

interface Remembered {
  readonly mark: StopMark;
  /** By root; lists that are equal are the same one. */
  readonly spaces: ReadonlyMap<bigint, MappingList>;
  /** Of each hart. */
  readonly roots: readonly bigint[];
}

const MAX_STOPS = 32;
/** Mappings of all remembered stops together. */
const MAX_REMEMBERED = 300_000;
/** Page tables that leaving a stop may read: a few milliseconds. Larger spaces are only remembered once somebody looked. */
const QUICK_TABLES = 2_048;
/** Milliseconds after which a long walk gives way. */
const PIECE = 4;
/** satp without its ASID, which only names the tables. */
const ROOT_MASK = 0xf000_0fff_ffff_ffffn;
const RAM_START = 0x8000_0000n;

/** Nothing translates: addresses stand for themselves. */
export function isBare(root: bigint): boolean {
  return root >> 60n === 0n;
}

export class MappingHistory {
  readonly #machine: Machine;
  readonly #scheduler: Scheduler;
  #mark: StopMark;
  #remembered: Remembered[] = [];
  readonly #current = new Map<bigint, MappingList>();
  /** Grows whenever the guest may have changed. */
  #generation = 0;

  constructor(machine: Machine, scheduler: Scheduler, entry: Stop) {
    this.#machine = machine;
    this.#scheduler = scheduler;
    this.#mark = markOf(1, entry);
  }

  /** To be told of everything that happens in the session. */
  readonly listener: SessionListener = (event) => {
    switch (event.type) {
      case 'continued':
        this.#remember();
        this.forget();
        break;
      case 'stopped':
        this.#mark = markOf(this.#mark.ordinal + 1, event.stop);
        this.forget();
        break;
      case 'changed':
        this.forget();
        break;
    }
  };

  /** The guest is another now: walks in progress fail. */
  forget(): void {
    this.#generation++;
    this.#current.clear();
  }

  get stop(): StopMark {
    return this.#mark;
  }

  /** Stops that can be compared with, newest last. */
  get stops(): readonly StopMark[] {
    return this.#remembered.map(({ mark }) => mark);
  }

  rootOf(hart: number): bigint {
    return this.#machine.virtual.satp(hart) & ROOT_MASK;
  }

  /** What a root maps now. @throws SessionError `state` when the guest goes on meanwhile. */
  async now(root: bigint): Promise<MappingList> {
    const known = this.#current.get(root);
    if (known !== undefined) return known;
    const walk = this.#walk(root);
    const pause = this.pauses();
    for (let step = walk.next(); ; step = walk.next()) {
      if (step.done === true) {
        this.#current.set(root, step.value);
        return step.value;
      }
      await pause();
    }
  }

  /** A function to call in long loops: it gives way when it is time, and throws when the guest went on meanwhile. */
  pauses(): () => Promise<void> | undefined {
    const generation = this.#generation;
    let due = this.#scheduler.now() + PIECE;
    return () => {
      if (this.#scheduler.now() < due) return undefined;
      return this.#scheduler.turn().then(() => {
        due = this.#scheduler.now() + PIECE;
        if (generation !== this.#generation)
          throw new SessionError('state', 'the guest has changed meanwhile; ask again');
      });
    };
  }

  /** The address space of a hart at an earlier stop, and its root; undefined where it is not remembered. */
  at(ordinal: number, hart: number): { readonly list: MappingList; readonly root: bigint } | undefined {
    const found = this.#remembered.find(({ mark }) => mark.ordinal === ordinal);
    const root = found?.roots[hart];
    const list = root === undefined ? undefined : found?.spaces.get(root);
    return list && { list, root: root! };
  }

  #remember(): void {
    const { harts } = this.#machine;
    const roots = harts.map(({ id }) => this.rootOf(id));
    const used = new Set(roots.filter((_, hart) => harts[hart]!.state !== 'stopped'));
    const spaces = new Map<bigint, MappingList>();
    for (const root of used) {
      const list = this.#current.get(root) ?? this.#quickly(root);
      if (list === undefined) continue;
      const before = this.#remembered.at(-1)?.spaces.get(root);
      spaces.set(root, before !== undefined && isEqual(before, list) ? before : list);
    }
    if (spaces.size === 0) return;
    this.#remembered.push({ mark: this.#mark, spaces, roots });
    while (this.#remembered.length > MAX_STOPS || this.#size() > MAX_REMEMBERED) this.#remembered.shift();
  }

  #quickly(root: bigint): MappingList | undefined {
    const walk = this.#walk(root);
    for (let tables = 0; tables <= QUICK_TABLES; tables++) {
      const step = walk.next();
      if (step.done === true) return step.value;
    }
    return undefined;
  }

  *#walk(root: bigint): Generator<undefined, MappingList> {
    if (!isBare(root)) return yield* walkMappings(this.#machine.memory, root);
    const end = RAM_START + BigInt(this.#machine.memory.size);
    const leaves = [{ start: RAM_START, size: 4096 }];
    const ram = { start: RAM_START, end, physical: RAM_START, flags: UNTRANSLATED, leaves };
    return { mappings: [ram], complete: true };
  }

  #size(): number {
    const lists = new Set(this.#remembered.flatMap(({ spaces }) => [...spaces.values()]));
    return [...lists].reduce((sum, { mappings }) => sum + mappings.length, 0);
  }
}

function markOf(ordinal: number, { step, text }: Stop): StopMark {
  return { ordinal, step, text };
}

function isEqual(a: MappingList, b: MappingList): boolean {
  if (a === b) return true;
  return (
    a.complete === b.complete &&
    a.mappings.length === b.mappings.length &&
    a.mappings.every((mapping, at) => {
      const other = b.mappings[at]!;
      return (
        mapping.start === other.start &&
        mapping.end === other.end &&
        mapping.physical === other.physical &&
        mapping.flags === other.flags
      );
    })
  );
}
