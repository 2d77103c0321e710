/** Keeps the what-if seals of a session: when they begin to hold, and what became of them. */
import type { WatchedAccess } from '../../../emulator/index.ts';
import { SealSpecError } from '../../sealing/errors.ts';
import { grouped } from '../../sealing/grouped.ts';
import type { Finding } from '../../sealing/refusedStore.ts';
import type { Refusal } from '../../sealing/refusal.ts';
import type { SealRegion } from '../../sealing/region.ts';
import type { SealChange } from '../../sealing/sealEvent.ts';
import { sealerOf } from '../../sealing/story.ts';
import type { TalliedStore } from '../../sealing/whatIf/tally.ts';
import { parseWhatIfMoment, type WhatIfMoment } from '../../sealing/whatIf/moment.ts';
import type { WhatIfReport, WhatIfResult } from '../../sealing/whatIf/report.ts';
import { WhatIfResolver, type Evaluate, type WhatIfRange } from '../../sealing/whatIf/resolve.ts';
import type { WhatIfSeal, WhatIfSeals } from '../../sealing/whatIf/whatIfSeals.ts';
import { typeName, type DataDescription, type Variable } from '../../symbols/index.ts';
import { SessionError } from '../errors.ts';
import type { SessionEvent } from '../events.ts';
import { hex, type Guest } from '../guest.ts';
import type { GuestSeals } from '../guestSeals.ts';
import type { GuestInspector } from '../inspect/guestInspector.ts';
import type { CodeBreakpoints } from '../run/codeBreakpoints.ts';
import type { WhatIf, WhatIfTarget } from './whatIf.ts';

export interface GuestWhatIfParts {
  readonly guest: Guest;
  readonly inspector: GuestInspector;
  readonly code: CodeBreakpoints;
  readonly seals: WhatIfSeals;
  readonly guestSeals: GuestSeals;
  /** Regions that the guest is known to seal. */
  readonly regions: readonly SealRegion[];
  isSealed(region: SealRegion): boolean;
  readonly emit: (event: SessionEvent) => void;
  /** Specifications of the configuration. */
  readonly specs: readonly string[];
  readonly after: string;
}

const SP = 2;
const RA = 1;

/** A function whose return is waited for. */
interface Awaited {
  readonly hart: number;
  readonly pc: bigint;
  /** The stack pointer of its caller. */
  readonly sp: bigint;
}

/** What a seal is about. */
type WhatIfObject = Pick<DataDescription, 'symbol' | 'type' | 'declaration'>;

function objectOf({ name, type, declaration }: Variable): WhatIfObject {
  return { symbol: name, type, declaration };
}

/** Ids count up for people; those of the regions count down. */
function idOf({ region }: WhatIfSeal): number {
  return -region.id;
}

export class GuestWhatIf implements WhatIf {
  readonly #parts: GuestWhatIfParts;
  readonly #moment: WhatIfMoment;
  readonly #resolver: WhatIfResolver;
  /** Where the function is entered whose call or return is the moment. */
  #entries: readonly bigint[] = [];
  #awaited: Awaited | undefined;
  #since: string | undefined;
  /** What each seal is about, once somebody has asked. */
  readonly #objects = new Map<WhatIfSeal, WhatIfObject>();

  /** @throws SessionError `seal` or `configuration` for what cannot be sealed, or not at that moment. */
  constructor(parts: GuestWhatIfParts) {
    this.#parts = parts;
    this.#moment = parseWhatIfMoment(parts.after)!;
    this.#resolver = new WhatIfResolver(parts.guest.symbols);
    for (const spec of parts.specs) this.#add(this.#resolve(spec), spec);
    if (parts.specs.length > 0) this.#await();
  }

  get since(): string {
    return this.#since ?? 'never';
  }

  add(target: WhatIfTarget): number[] {
    const isFirst = this.#parts.seals.all.length === 0;
    const evaluate: Evaluate = (text) => this.#parts.inspector.evaluatePurely(text);
    const added =
      typeof target === 'string'
        ? this.#add(this.#resolve(target, evaluate), target)
        : this.#add([this.#rangeOf(target)], `${hex(target.address)}+${target.length}`);
    if (isFirst) this.sealNow();
    return added.map(idOf);
  }

  remove(id: number): void {
    if (!this.#parts.seals.remove(-id)) throw new SessionError('request', `there is no what-if seal ${id}`);
  }

  sealNow(): void {
    const { step } = this.#parts.guest.machine;
    this.#seal(`step ${grouped(step)}, when that was asked for`);
  }

  /** A store at which a watch has stopped the machine; undefined when it is nobody's business here. */
  refusalOf(access: WatchedAccess): Refusal | undefined {
    const { seals } = this.#parts;
    return access.watches.some((watch) => seals.owns(watch)) ? seals.refusalOf(access) : undefined;
  }

  /** A region's seal has changed. */
  sealChanged({ kind, moment }: SealChange): void {
    const { regions } = this.#parts;
    if (this.#moment.kind !== 'seal' || this.#since !== undefined || this.#parts.seals.all.length === 0)
      return;
    if (kind !== 'sealed' || !regions.every((region) => this.#parts.isSealed(region))) return;
    const names = regions.map((region) => region.name).join(', ');
    const sealer = sealerOf(moment).function;
    this.#seal(
      `the guest sealed ${names}${sealer === '' ? '' : ` in ${sealer}`}, step ${grouped(moment.step)}`,
    );
  }

  /** A hart is about to execute `pc`. */
  reached(hart: number, pc: bigint): void {
    const moment = this.#moment;
    if (this.#since !== undefined || (moment.kind !== 'call' && moment.kind !== 'return')) return;
    const { machine } = this.#parts.guest;
    const registers = machine.harts[hart]!;
    if (this.#entries.includes(pc) && this.#awaited === undefined) {
      if (moment.kind === 'call')
        this.#arrive(`the call of ${moment.function}, step ${grouped(machine.step)}`);
      else {
        this.#awaited = { hart, pc: registers.register(RA), sp: registers.register(SP) };
        this.#parts.code.add(this.#awaited.pc);
      }
      return;
    }
    const back = this.#awaited;
    if (back?.hart !== hart || back.pc !== pc || back.sp !== registers.register(SP)) return;
    this.#arrive(`the return of ${moment.function}, step ${grouped(machine.step)}`);
  }

  report(): WhatIfReport {
    const { findings } = this.#parts.guestSeals;
    return {
      since: this.#since,
      after: this.#parts.after,
      results: this.#parts.seals.all.map((seal) => this.#resultOf(seal, findings)),
    };
  }

  #resultOf(seal: WhatIfSeal, findings: readonly Finding[]): WhatIfResult {
    const { region, state, before, after } = seal;
    const { seals, guest } = this.#parts;
    const object = this.#objectOf(seal);
    const placeOf = (store: TalliedStore | undefined): WhatIfResult['firstAfter'] =>
      store && this.#parts.inspector.places.chainAt(store.pc)[0];
    const own = findings.filter(
      ({ first }) => first.whatIf !== undefined && seals.covering(first.physical, first.size).includes(seal),
    );
    return {
      id: idOf(seal),
      spec: region.source,
      start: region.start,
      end: region.end,
      symbol: object?.symbol,
      type: object?.type && typeName(object.type),
      file: object?.declaration && guest.sources.toHost(object.declaration.path),
      line: object?.declaration?.line,
      state: state === 'dropped' ? 'dropped' : this.#since === undefined ? 'waiting' : 'sealed',
      storesBefore: before.stores,
      changesBefore: before.changes,
      lastBefore: placeOf(before.latestChange),
      storesAfter: after.stores,
      changesAfter: after.changes,
      firstAfter: placeOf(after.first),
      writers: own.map(({ first, count, redundant }) => ({
        place: first.place,
        stack: first.stack,
        hart: first.hart,
        step: first.step,
        count,
        redundant,
      })),
    };
  }

  #objectOf(seal: WhatIfSeal): WhatIfObject | undefined {
    let object = this.#objects.get(seal);
    if (object === undefined) {
      const { start, end } = seal.region;
      object = this.#parts.guest.symbols?.describeData(start, Number(end - start));
      if (object !== undefined) this.#objects.set(seal, object);
    }
    return object;
  }

  #resolve(spec: string, evaluate?: Evaluate): WhatIfRange[] {
    try {
      return this.#resolver.resolve(spec, evaluate);
    } catch (error) {
      if (!(error instanceof SealSpecError)) throw error;
      throw new SessionError('seal', error.message, { cause: error });
    }
  }

  /** Bytes that somebody has selected. */
  #rangeOf({ address, length }: { readonly address: bigint; readonly length: number }): WhatIfRange {
    if (!Number.isInteger(length) || length < 1)
      throw new SessionError('request', `a what-if seal has ${length} bytes; it needs at least 1`);
    const known = this.#parts.guest.symbols?.describeData(address, length);
    return { name: known?.path ?? hex(address), start: address, end: address + BigInt(length) };
  }

  #add(ranges: readonly WhatIfRange[], source: string): WhatIfSeal[] {
    return ranges.map(({ variable, ...range }) => {
      const seal = this.#parts.seals.add(range, source);
      if (seal !== undefined) {
        if (variable !== undefined) this.#objects.set(seal, objectOf(variable));
        return seal;
      }
      const problem = `${hex(range.start)}..${hex(range.end)} is not in memory now; add it while the guest stands still and has it mapped`;
      throw new SessionError('seal', `what-if "${source}": ${problem}`);
    });
  }

  #await(): void {
    const { guest, code, regions, seals } = this.#parts;
    const moment = this.#moment;
    switch (moment.kind) {
      case 'start':
        this.#since = 'the start';
        seals.sealFrom(0n);
        break;
      case 'step':
        this.#since = `step ${grouped(moment.step)}`;
        seals.sealFrom(moment.step);
        break;
      case 'seal':
        if (regions.length === 0)
          throw new SessionError(
            'configuration',
            '"whatIfAfter" is "seal", but nothing is known that this guest seals; give "function NAME", "return NAME", "step N" or "start"',
          );
        break;
      case 'call':
      case 'return': {
        const address = guest.symbols?.symbols.find(moment.function)?.address;
        if (address === undefined)
          throw new SessionError('configuration', `"whatIfAfter": there is no function ${moment.function}`);
        this.#entries = code.pcsOf(address);
        for (const pc of this.#entries) code.add(pc);
      }
    }
  }

  #arrive(since: string): void {
    for (const pc of this.#entries) this.#parts.code.delete(pc);
    if (this.#awaited !== undefined) this.#parts.code.delete(this.#awaited.pc);
    this.#entries = [];
    this.#awaited = undefined;
    this.#seal(since);
  }

  #seal(since: string): void {
    const { seals, guest, emit } = this.#parts;
    const { step } = guest.machine;
    this.#since = since;
    seals.sealFrom(step);
    emit({ type: 'whatIf', step, since, seals: seals.all.length });
  }
}
