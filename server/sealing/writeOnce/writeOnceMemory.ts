/**
 * The policy of write-once memory: an object is allocated, initialised once by a callback in a window, sealed, freed by
 * the one function that may write to it again, and reused. It is told of calls, of accesses to pages with objects and of
 * permission changes, by whoever observes the guest; it decides what is wrong with them.
 *
 * Objects are known by the virtual address that alloc returned, pages by their frame: a private second mapping of a page
 * is the same page.
 */
import type { CodePlace } from '../codePlace.ts';
import { grouped } from '../grouped.ts';
import type { Moment } from '../sealEvent.ts';
import type { WriteOnceCheck } from './check.ts';
import { WriteOnceObject } from './object.ts';
import { ObjectPage, PAGE } from './page.ts';
import { Violations, type ViolatingAccess, type WriteOnceViolation } from './violation.ts';

/** A hart whose stores would land in a frame now, and why: a stale TLB entry is one that the page tables contradict. */
export interface FrameWriter {
  readonly hart: number;
  readonly by: 'page-table' | 'tlb';
}

export interface WriteOnceSurroundings {
  /** Where a hart stands, with its stack. */
  momentOf(hart: number): Moment;
  physicalOf(hart: number, virtual: bigint): bigint | undefined;
  writersOf(frame: bigint): readonly FrameWriter[];
  /** Whether a store of the hart to this address lands in the frame although its page tables refuse it. */
  isStale(hart: number, virtual: bigint, frame: bigint): boolean;
  /** Accesses to this frame are to be told from now on. */
  watch(frame: bigint): void;
  unwatch(frame: bigint): void;
  /** The first violation of its kind. */
  report(violation: WriteOnceViolation): void;
}

interface CallBase {
  readonly hart: number;
  /** Name of the specification. */
  readonly memory: string;
}

/** A call of one of the functions that a specification names, while it lasts. */
export type Call =
  | (CallBase & { readonly kind: 'alloc'; readonly size: number; readonly cache: string | undefined })
  | (CallBase & {
      readonly kind: 'initOnce';
      readonly object: WriteOnceObject | undefined;
      /** Whether its callback runs; always, where the specification does not say which argument that is. */
      inCallback: boolean;
    })
  | (CallBase & { readonly kind: 'free'; readonly object: WriteOnceObject | undefined });

/** An access to a page with objects. */
export interface ObjectAccess extends ViolatingAccess {
  readonly hart: number;
  readonly pc: bigint;
  /** Guest-physical address of the first byte. */
  readonly physical: bigint;
}

const MAX_OBJECTS = 100_000;

export class WriteOnceMemory {
  readonly #around: WriteOnceSurroundings;
  readonly #violations = new Violations();
  /** By frame, and by virtual address. */
  readonly #pages = new Map<bigint, ObjectPage>();
  readonly #byAddress = new Map<bigint, ObjectPage>();
  readonly #objects = new Map<bigint, WriteOnceObject>();
  readonly #calls = new Set<Call>();
  #complete = true;

  constructor(around: WriteOnceSurroundings) {
    this.#around = around;
  }

  /** In the order in which they were seen first. */
  get violations(): WriteOnceViolation[] {
    return this.#violations.list;
  }

  /** By address. */
  get objects(): WriteOnceObject[] {
    return [...this.#objects.values()].sort((a, b) => (a.address < b.address ? -1 : 1));
  }

  /** By address. */
  get pages(): ObjectPage[] {
    return [...this.#pages.values()].sort((a, b) => (a.virtual < b.virtual ? -1 : 1));
  }

  /** False when there were more objects than are followed. */
  get complete(): boolean {
    return this.#complete;
  }

  hasPage(frame: bigint): boolean {
    return this.#pages.has(frame);
  }

  // --- calls -----------------------------------------------------------------------------------------------------

  allocBegins(hart: number, memory: string, size: number, cache: string | undefined): Call {
    return this.#begin({ kind: 'alloc', hart, memory, size, cache });
  }

  /** @param size Of an object that nobody was seen to allocate; without it such an object is not followed. */
  initBegins(hart: number, memory: string, address: bigint, hasCallback: boolean, size?: number): Call {
    const object = this.#find(address) ?? this.#adopt(hart, memory, address, size);
    const moment = this.#around.momentOf(hart);
    if (object?.state === 'sealed') {
      const at = object.sealedAt;
      this.#violate('second-init', memory, moment, callerOf(moment), object, {
        note: at && `it was initialised at step ${grouped(at.step)}`,
      });
    }
    if (object?.state === 'freed')
      this.#violate('use-after-free', memory, moment, callerOf(moment), object, {
        note: 'it is on the freelist and is initialised',
      });
    if (object !== undefined) {
      object.state = 'initialising';
      object.note('initialising', moment, callerOf(moment));
    }
    return this.#begin({ kind: 'initOnce', hart, memory, object, inCallback: !hasCallback });
  }

  freeBegins(hart: number, memory: string, address: bigint): Call {
    const object = this.#find(address);
    const moment = this.#around.momentOf(hart);
    if (object?.state === 'freed')
      this.#violate('use-after-free', memory, moment, callerOf(moment), object, {
        note: 'it is freed again',
      });
    if (object !== undefined) {
      object.state = 'freeing';
      object.note('freed', moment, callerOf(moment));
    }
    return this.#begin({ kind: 'free', hart, memory, object });
  }

  /** @param address What alloc has returned; 0 is no object. */
  ends(call: Call, address = 0n): void {
    if (!this.#calls.delete(call)) return;
    const moment = this.#around.momentOf(call.hart);
    if (call.kind === 'alloc') {
      if (address !== 0n) this.#allocated(call, address, moment);
      return;
    }
    if (call.object === undefined) return;
    const { object } = call;
    object.state = call.kind === 'free' ? 'freed' : 'sealed';
    if (this.#isClosed(call, object, moment) && call.kind === 'initOnce')
      object.note('sealed', moment, moment.place);
  }

  /** The hart will not return from its calls: it was stopped, or begins anew. */
  forget(hart: number): void {
    for (const call of this.#calls) {
      if (call.hart !== hart) continue;
      this.#calls.delete(call);
      // Half initialised or half freed: whoever gets it has to begin again.
      if (call.kind !== 'alloc' && call.object !== undefined) call.object.state = 'allocated';
    }
  }

  /** A hart enters a function that must not run while the hart has a window open: a trap handler, a scheduler. */
  enters(hart: number, memory: string): void {
    for (const page of this.#pages.values()) {
      const { window } = page;
      if (window?.opened.hart !== hart || window.violation !== undefined) continue;
      const moment = this.#around.momentOf(hart);
      const object = this.#callOn(page, hart)?.object;
      this.#violate('window-left-open', memory, moment, moment.place, object, {
        page,
        note: `opened at step ${grouped(window.opened.step)}`,
      });
    }
  }

  // --- permissions -----------------------------------------------------------------------------------------------

  /**
   * A page with objects has gained W somewhere.
   * @param makers Functions that are known to do nothing but make memory writable.
   */
  gained(frame: bigint, hart: number, makers: readonly string[]): void {
    const page = this.#pages.get(frame);
    if (page === undefined) return;
    const moment = this.#around.momentOf(hart);
    const call = this.#callOn(page, hart);
    if (call === undefined && page.live === 0) {
      this.#release(page);
      return;
    }
    const memory = call?.memory ?? page.objects[0]?.memory ?? '';
    let violation: WriteOnceViolation | undefined;
    if (call === undefined) {
      const maker = moment.stack.find((place) => makers.includes(place.function));
      ({ violation } = this.#violate(
        maker === undefined ? 'writable-outside-init' : 'make-writable',
        memory,
        moment,
        maker ?? moment.place,
        undefined,
        { page, note: `${page.live} live objects on the page` },
      ));
    }
    page.window ??= { opened: moment, violation };
    const harts = this.#around.writersOf(frame).filter((writer) => writer.hart !== hart);
    if (harts.length > 0)
      this.#violate('visible-to-other-harts', memory, moment, moment.place, call?.object, {
        page,
        harts: [...new Set(harts.map((writer) => writer.hart))],
      });
  }

  /** A page with objects has lost W somewhere. */
  lost(frame: bigint): void {
    const page = this.#pages.get(frame);
    if (page?.window === undefined) return;
    if (!this.#around.writersOf(frame).some(({ by }) => by === 'page-table')) page.window = undefined;
  }

  // --- accesses --------------------------------------------------------------------------------------------------

  /** An access that is about to happen, or a store that was refused; returns whether it breaks a rule for the first time. */
  accessed(access: ObjectAccess): boolean {
    const page = this.#pages.get(access.physical & ~(PAGE - 1n));
    if (page === undefined) return false;
    const start = page.virtual + (access.physical - page.frame);
    const last = start + BigInt(access.size - 1);
    const object = page.at(start) ?? page.at(last);
    if (access.kind === 'load') return this.#loaded(access, page, object);
    if (access.landed) {
      page.stores++;
      if (object === undefined) page.strayStores++;
      else object.stores++;
    }
    return this.#stored(access, page, start, object);
  }

  #loaded(access: ObjectAccess, page: ObjectPage, object: WriteOnceObject | undefined): boolean {
    if (object === undefined || this.#isBusy(access.hart)) return false;
    if (object.state === 'freed') return this.#blame('use-after-free', access, page, object);
    if (object.state === 'allocated')
      return this.#blame('reuse-without-init', access, page, object, {
        note: object.lives > 1 ? 'it was freed and allocated again' : undefined,
      });
    return false;
  }

  #stored(
    access: ObjectAccess,
    page: ObjectPage,
    start: bigint,
    object: WriteOnceObject | undefined,
  ): boolean {
    const { hart, landed } = access;
    if (landed && this.#around.isStale(hart, access.address, page.frame))
      return this.#blame('missing-sfence', access, page, object, {
        harts: [hart],
        note: 'the page tables refuse this store, a TLB entry permits it',
      });
    const call = this.#callOn(page, hart);
    if (call?.object !== undefined) {
      const isInside = call.object.holds(start, access.size);
      if (call.kind === 'initOnce' && !call.inCallback)
        return this.#blame('write-outside-callback', access, page, object);
      if (!isInside)
        return this.#blame('write-outside-object', access, page, object, {
          note: `the window is for ${hex(call.object.address)}`,
        });
      return false;
    }
    if (this.#isBusy(hart)) return false;
    const other = this.#callOn(page);
    if (landed && other !== undefined)
      return this.#blame('raced', access, page, object, {
        note: `hart ${other.hart} has the window open`,
      });
    if (page.window?.violation !== undefined || object === undefined) return false;
    if (object.state === 'freed') return this.#blame('use-after-free', access, page, object);
    if (object.state === 'allocated') return this.#blame('write-outside-callback', access, page, object);
    return this.#blame('init-after-seal', access, page, object, {
      note: object.sealedAt && `it was sealed at step ${grouped(object.sealedAt.step)}`,
    });
  }

  // --- what they have in common ------------------------------------------------------------------------------------

  #begin<C extends Call>(call: C): C {
    this.#calls.add(call);
    return call;
  }

  #find(address: bigint): WriteOnceObject | undefined {
    return this.#objects.get(address);
  }

  #allocated(call: Call & { kind: 'alloc' }, address: bigint, moment: Moment): void {
    const known = this.#objects.get(address);
    const object =
      known?.size === call.size && known.cache === call.cache
        ? known
        : this.#follow(call.hart, new WriteOnceObject(call.memory, call.cache, address, call.size));
    if (object === undefined) return;
    object.state = 'allocated';
    object.lives++;
    object.note('allocated', moment, moment.place);
  }

  /** An object that was allocated before anybody looked. */
  #adopt(hart: number, memory: string, address: bigint, size?: number): WriteOnceObject | undefined {
    if (size === undefined || address === 0n) return undefined;
    const object = this.#follow(hart, new WriteOnceObject(memory, undefined, address, size));
    if (object !== undefined) object.lives = 1;
    return object;
  }

  #follow(hart: number, object: WriteOnceObject): WriteOnceObject | undefined {
    if (this.#objects.size >= MAX_OBJECTS) {
      this.#complete = false;
      return undefined;
    }
    for (let virtual = object.address & ~(PAGE - 1n); virtual < object.end; virtual += PAGE) {
      const frame = this.#around.physicalOf(hart, virtual);
      if (frame === undefined) return undefined;
      const page = this.#pages.get(frame) ?? this.#addPage(frame, virtual);
      page.add(object);
    }
    this.#objects.set(object.address, object);
    return object;
  }

  #addPage(frame: bigint, virtual: bigint): ObjectPage {
    const page = new ObjectPage(frame, virtual);
    this.#pages.set(frame, page);
    this.#byAddress.set(virtual, page);
    this.#around.watch(frame);
    return page;
  }

  /** The page goes back to whoever hands out pages. */
  #release(page: ObjectPage): void {
    this.#pages.delete(page.frame);
    this.#byAddress.delete(page.virtual);
    for (const { address } of page.objects) this.#objects.delete(address);
    this.#around.unwatch(page.frame);
  }

  #pagesOf({ address, end }: WriteOnceObject): ObjectPage[] {
    const pages: ObjectPage[] = [];
    for (let virtual = address & ~(PAGE - 1n); virtual < end; virtual += PAGE) {
      const page = this.#byAddress.get(virtual);
      if (page !== undefined) pages.push(page);
    }
    return pages;
  }

  /** A call of init-once or free for an object on the page: of this hart, or of any. */
  #callOn(page: ObjectPage, hart?: number): Exclude<Call, { kind: 'alloc' }> | undefined {
    for (const call of this.#calls) {
      if (call.kind === 'alloc' || call.object === undefined || call.hart !== (hart ?? call.hart)) continue;
      const { address, end } = call.object;
      if (page.virtual < end && address < page.virtual + PAGE) return call;
    }
    return undefined;
  }

  /** The hart is in the allocator. */
  #isBusy(hart: number): boolean {
    for (const call of this.#calls) if (call.hart === hart) return true;
    return false;
  }

  /** The call is over: nobody may be able to write to its page, unless another call has it open. */
  #isClosed(call: Call, object: WriteOnceObject, moment: Moment): boolean {
    for (const page of this.#pagesOf(object)) {
      if (page.window?.violation !== undefined || this.#callOn(page) !== undefined) continue;
      const writers = this.#around.writersOf(page.frame);
      const open = writers.some(({ by }) => by === 'page-table');
      if (writers.length === 0) continue;
      this.#violate(open ? 'window-left-open' : 'missing-sfence', call.memory, moment, moment.place, object, {
        page,
        harts: [...new Set(writers.map(({ hart }) => hart))],
      });
      return false;
    }
    return true;
  }

  #blame(
    check: WriteOnceCheck,
    { hart, kind, address, size, oldValue, newValue, landed }: ObjectAccess,
    page: ObjectPage,
    object: WriteOnceObject | undefined,
    extra: Pick<WriteOnceViolation, 'harts' | 'note'> = {},
  ): boolean {
    const moment = this.#around.momentOf(hart);
    const memory = object?.memory ?? page.objects[0]?.memory ?? '';
    const access = { kind, address, size, oldValue, newValue, landed };
    return this.#violate(check, memory, moment, moment.place, object, { page, access, ...extra }).isNew;
  }

  #violate(
    check: WriteOnceCheck,
    memory: string,
    moment: Moment,
    cause: CodePlace,
    object: WriteOnceObject | undefined,
    extra: {
      readonly page?: ObjectPage;
      readonly access?: ViolatingAccess;
      readonly harts?: readonly number[] | undefined;
      readonly note?: string | undefined;
    } = {},
  ): { readonly violation: WriteOnceViolation; readonly isNew: boolean } {
    const page = extra.page?.virtual ?? (object?.address ?? 0n) & ~(PAGE - 1n);
    const added = this.#violations.add({ ...extra, check, memory, moment, cause, object, page });
    object?.note('violation', moment, cause, check);
    if (added.isNew) this.#around.report(added.violation);
    return added;
  }
}

/** At the first instruction of a function: who called it. */
function callerOf({ stack, place }: Moment): CodePlace {
  return stack[1] ?? place;
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
