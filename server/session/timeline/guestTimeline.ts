/** Names and stacks for the machine's permission timeline, and the stops on it. */
import {
  type EventCounts,
  type EventQuery,
  PERMISSION,
  type PermissionEvent,
  type PermissionTimeline,
} from '../../../emulator/index.ts';
import type { CodePlace } from '../../sealing/codePlace.ts';
import { grouped } from '../../sealing/grouped.ts';
import { permissionText } from '../../sealing/region.ts';
import { sealerOf } from '../../sealing/story.ts';
import type { SealedFrames } from '../../sealing/windows/sealedFrames.ts';
import type { ExceptionFilters } from '../breakpoints/exceptionFilters.ts';
import { hex, type Guest } from '../guest.ts';
import type { GuestInspector } from '../inspect/guestInspector.ts';
import { permissionsOfFlags } from '../mappings/flags.ts';
import { StackMemo } from '../windows/stackMemo.ts';
import type {
  DifferenceEntry,
  PermissionHistory,
  PermissionStopKind,
  Timeline,
  TimelineEntry,
  TimelinePage,
} from './timeline.ts';

export interface GuestTimelineParts {
  readonly guest: Guest;
  readonly inspector: GuestInspector;
  readonly permissions: PermissionTimeline;
  readonly sealed: SealedFrames;
  readonly filters: ExceptionFilters;
}

/** A change at which the machine has to stop. */
export interface PermissionStop {
  readonly kind: PermissionStopKind;
  readonly entry: TimelineEntry;
  readonly text: string;
}

interface Names {
  readonly code: (pc: bigint) => CodePlace;
  readonly data: (address: bigint) => string | undefined;
}

const PAGE = 4096n;
/**
 * Stacks of one instruction that maps or unmaps, and of all: a kernel that patches itself maps a page tens of thousands
 * of times.
 */
const STACKS_OF_MAPPER = 64;
const MAX_STACKS = 65_536;

const WORDS: Readonly<Record<PermissionStopKind, string>> = {
  permissionGain: 'Sealed memory can be written',
  permissionWx: 'Memory is writable and executable',
  permissionAlias: 'Sealed memory is mapped anew',
};

export class GuestTimeline implements Timeline {
  readonly #parts: GuestTimelineParts;
  readonly #stacks = new Map<number, readonly CodePlace[]>();
  readonly #stacksOfMappers = new Map<bigint, number>();
  readonly #unwound: StackMemo;
  readonly #stopListening: () => void;
  #stop: PermissionStop | undefined;

  constructor(parts: GuestTimelineParts) {
    this.#parts = parts;
    this.#unwound = new StackMemo(parts.guest.machine, parts.inspector);
    this.#stopListening = parts.permissions.listen((event) => this.#heard(event));
  }

  get completeFrom(): bigint {
    return this.#parts.permissions.completeFrom;
  }

  get supervisorCompleteFrom(): bigint {
    return this.#parts.permissions.supervisorCompleteFrom;
  }

  get exhaustive(): boolean {
    return this.#parts.permissions.exhaustive;
  }

  page(query: EventQuery, count: number): TimelinePage {
    const entries: TimelineEntry[] = [];
    const names = this.#names();
    for (const event of this.#parts.permissions.events(query)) {
      if (entries.length === count) return { entries, more: true };
      entries.push(this.#entry(event, names));
    }
    return { entries, more: false };
  }

  counts(parts: number): EventCounts {
    return this.#parts.permissions.counts(parts);
  }

  difference(from: bigint, to: bigint): DifferenceEntry[] {
    const names = this.#names();
    return this.#parts.permissions.difference(from, to).map((difference) => ({
      ...this.#entry(difference.event, names),
      symbol: names.data(difference.start),
      difference,
    }));
  }

  history(address: bigint, count: number): PermissionHistory {
    const start = address - (address % PAGE);
    const range = { start, end: start + PAGE };
    const last = (write: 'gained' | 'lost'): TimelineEntry | undefined =>
      this.page({ range, write, newestFirst: true }, 1).entries[0];
    return {
      gained: last('gained'),
      lost: last('lost'),
      ...this.page({ range, newestFirst: true }, count),
    };
  }

  /** The change at which the machine has to stop, once. */
  takeStop(): PermissionStop | undefined {
    const stop = this.#stop;
    this.#stop = undefined;
    return stop;
  }

  dispose(): void {
    this.#stopListening();
  }

  #heard(event: PermissionEvent): void {
    this.#recordStack(event);
    const { filters, guest } = this.#parts;
    const kind = this.#kindsOf(event).find((each) => filters.stopsAtPermission(each));
    if (kind === undefined || this.#stop !== undefined) return;
    const entry = this.#entry(event, this.#names());
    this.#stop = { kind, entry, text: textOf(kind, entry) };
    guest.machine.requestStop();
  }

  #kindsOf({
    from,
    to,
    kind,
    cause,
    physical,
    physicalBefore,
    start,
    end,
  }: PermissionEvent): PermissionStopKind[] {
    if (cause === 'pmp' || cause === 'debugger' || kind === 'split' || kind === 'merge') return [];
    const kinds: PermissionStopKind[] = [];
    const anew = physical !== physicalBefore;
    const isSealed = (): boolean => {
      if (physical === undefined) return false;
      for (const frame of this.#parts.sealed.within(physical, physical + (end - start)))
        if (frame.physical >= physical) return true;
      return false;
    };
    const gainsWrite = (to & PERMISSION.write) !== 0 && (anew || (from & PERMISSION.write) === 0);
    const both = PERMISSION.write | PERMISSION.execute;
    if (gainsWrite && isSealed()) kinds.push('permissionGain');
    if ((to & both) === both && (to & PERMISSION.user) === 0 && (anew || (from & both) !== both))
      kinds.push('permissionWx');
    if (anew && isSealed()) kinds.push('permissionAlias');
    return kinds;
  }

  #recordStack({ serial, pc, hart, step, cause, kind, from, to }: PermissionEvent): void {
    const { guest } = this.#parts;
    // What was held back is told when the hart has gone on.
    const isUsers = ((to === 0 ? from : to) & PERMISSION.user) !== 0;
    if (isUsers || cause === 'debugger' || step !== guest.machine.step) return;
    if (this.#stacks.size >= MAX_STACKS) return;
    if (kind === 'map' || kind === 'unmap') {
      const recorded = this.#stacksOfMappers.get(pc) ?? 0;
      if (recorded >= STACKS_OF_MAPPER) return;
      this.#stacksOfMappers.set(pc, recorded + 1);
    }
    this.#stacks.set(serial, this.#unwound.stackOf(hart).places);
  }

  /** Looked up once for each address: what kernels do to pages, they do to the same pages from the same places. */
  #names(): Names {
    const { inspector } = this.#parts;
    return {
      code: remembered((pc) => inspector.placeOf(pc)),
      data: remembered((address) => inspector.nameOf(address)),
    };
  }

  #entry(event: PermissionEvent, names: Names): TimelineEntry {
    const stack = this.#stacks.get(event.serial) ?? [];
    const place = stack[0] ?? names.code(event.pc);
    const by = sealerOf({ step: event.step, hart: event.hart, place, stack });
    const symbol = event.cause === 'pmp' ? undefined : names.data(event.start);
    return { event, place, stack, by, symbol };
  }
}

/** `Sealed memory can be written: 0x…-0x… (page_pool) is rw-, r-- before; by open_window() on hart 0, step 1,000`. */
function textOf(kind: PermissionStopKind, { event, symbol, by }: TimelineEntry): string {
  const { start, end, from, to, hart, step, physical, physicalBefore } = event;
  const range = `${hex(start)}-${hex(end)}`;
  const was = physical === physicalBefore ? `${letters(from)} before` : 'where another page was';
  const before = from === 0 ? 'not mapped before' : was;
  const what = symbol === undefined ? range : `${range} (${symbol})`;
  const who = by.function === '' ? `pc ${hex(by.pc)}` : `${by.function}()`;
  return `${WORDS[kind]}: ${what} is ${letters(to)}, ${before}; by ${who} on hart ${hart}, step ${grouped(step)}`;
}

function remembered<T>(find: (address: bigint) => T): (address: bigint) => T {
  const known = new Map<bigint, T>();
  return (address) => {
    const there = known.get(address);
    if (there !== undefined || known.has(address)) return there as T;
    const found = find(address);
    known.set(address, found);
    return found;
  };
}

function letters(flags: number): string {
  return permissionText(permissionsOfFlags(flags));
}
