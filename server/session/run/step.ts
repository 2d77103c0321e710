/**
 * Steps in terms of the source: statements, lines, calls and inlined functions, for one hart while the others go on
 * as they would. Every step is made of `Execution.advance`, so breakpoints, refused stores and a pause end it.
 */
import type { CodeScope } from '../../symbols/index.ts';
import { decode } from '../../../emulator/isa/table.ts';
import { hartOf, type Guest } from '../guest.ts';
import type { GuestInspector } from '../inspect/guestInspector.ts';
import type { RunResult } from '../stop.ts';
import type { CodeBreakpoints } from './codeBreakpoints.ts';
import type { Advance, Execution } from './execution.ts';
import type { Granularity } from './runControl.ts';

/** Link registers of calls: ra, and t0 for the millicode of -msave-restore (unprivileged spec, "JAL"). */
const RA = 1;
const T0 = 5;
const SP = 2;
/** Calls of a supervisor or of firmware: causes 8 to 11 return behind the ecall. */
const FIRST_ECALL = 8n;
const LAST_ECALL = 11n;
const INTERRUPT = 1n << 63n;
const CSRS = {
  supervisor: { cause: 0x142, epc: 0x141, vector: 0x105 },
  machine: { cause: 0x342, epc: 0x341, vector: 0x305 },
};

/** What an instruction did, as far as stepping cares. */
type Effect =
  | { readonly kind: 'next' }
  | { readonly kind: 'call'; readonly returnPc: bigint; readonly checkStack: boolean }
  | { readonly kind: 'return' }
  | { readonly kind: 'jump' }
  /** A trap was taken; `returnPc` is where its handler comes back to, undefined for a fault. */
  | { readonly kind: 'trap'; readonly returnPc: bigint | undefined };

/** Where a hart stands in the source. */
interface Spot {
  readonly pc: bigint;
  readonly scopes: readonly CodeScope[];
}

export class Stepper {
  readonly #guest: Guest;
  readonly #inspector: GuestInspector;
  readonly #execution: Execution;
  readonly #code: CodeBreakpoints;

  constructor(guest: Guest, inspector: GuestInspector, execution: Execution, code: CodeBreakpoints) {
    this.#guest = guest;
    this.#inspector = inspector;
    this.#execution = execution;
    this.#code = code;
  }

  async next(hart: number, granularity: Granularity): Promise<RunResult> {
    hartOf(this.#guest, hart);
    return granularity === 'instruction' ? this.#instruction(hart, true) : this.#line(hart, true);
  }

  async stepIn(hart: number, granularity: Granularity): Promise<RunResult> {
    hartOf(this.#guest, hart);
    return granularity === 'instruction' ? this.#instruction(hart, false) : this.#line(hart, false);
  }

  async stepOut(hart: number, level: number): Promise<RunResult> {
    const { frames } = this.#inspector.stack(hart, level + 64);
    const frame = frames[level] ?? this.#inspector.frame(hart, level);
    const innermost = frames.findIndex((each) => !each.symbols.inlined);
    if (frame.symbols.inlined && level < innermost) return this.#leaveInlined(hart, level);
    const real = frames.findIndex((each, index) => index >= level && !each.symbols.inlined);
    const caller = frames[real + 1];
    const cfa = frames[real]?.symbols.cfa;
    if (caller === undefined)
      return this.#stop(hart, `${frame.place.function || 'this code'} has no caller to step out to`);
    const accept = (): boolean => cfa === undefined || this.#sp(hart) >= cfa;
    const done = await this.#runTo(hart, caller.place.pc, accept);
    return done ?? this.#stop(hart, `Returned to ${caller.place.function}`);
  }

  async #instruction(hart: number, over: boolean): Promise<RunResult> {
    const before = this.#sp(hart);
    const outcome = await this.#one(hart);
    if ('result' in outcome) return outcome.result;
    const { effect } = outcome;
    if (over && (effect.kind === 'call' || (effect.kind === 'trap' && effect.returnPc !== undefined))) {
      const done = await this.#finish(hart, effect, before);
      if (done !== undefined) return done;
    }
    return this.#stop(hart, 'Stepped one instruction');
  }

  /** To another line of this function, out of it, or (not `over`) into something it calls. */
  async #line(hart: number, over: boolean): Promise<RunResult> {
    const start = this.#spot(hart);
    if (start.scopes.length === 0) return this.#instruction(hart, over);
    let quiet = this.#quietRange(start, start, over);
    while (true) {
      const sp = this.#sp(hart);
      const outcome = await this.#one(hart);
      if ('result' in outcome) return outcome.result;
      const { effect } = outcome;
      if (effect.kind === 'return') return this.#stop(hart, 'Returned');
      if (effect.kind === 'trap' && effect.returnPc === undefined)
        return this.#stop(hart, 'Entered the trap handler');
      if (effect.kind === 'call' && !over) {
        const entered = await this.#enter(hart);
        if (entered !== undefined) return entered;
      }
      if (effect.kind === 'call' || effect.kind === 'trap') {
        const done = await this.#finish(hart, effect, sp);
        if (done !== undefined) return done;
      }
      const pc = hartOf(this.#guest, hart).pc;
      if (quiet !== undefined && quiet.start <= pc && pc < quiet.end) continue;
      const spot = this.#spot(hart);
      if (this.#isNewPlace(start, spot, over)) return this.#stop(hart, 'Stepped');
      quiet = this.#quietRange(start, spot, over);
    }
  }

  /** Until the inlined function at `level` of the pc's chain is left. */
  async #leaveInlined(hart: number, level: number): Promise<RunResult> {
    const start = this.#spot(hart);
    const outer = start.scopes.length - (level + 1);
    while (true) {
      const sp = this.#sp(hart);
      const outcome = await this.#one(hart);
      if ('result' in outcome) return outcome.result;
      const { effect } = outcome;
      if (effect.kind === 'call' || (effect.kind === 'trap' && effect.returnPc !== undefined)) {
        const done = await this.#finish(hart, effect, sp);
        if (done !== undefined) return done;
      }
      const { scopes } = this.#spot(hart);
      const inside =
        scopes.length > outer &&
        sameFunctions(scopes.slice(scopes.length - outer - 1), start.scopes.slice(level));
      if (!inside || effect.kind === 'return') return this.#stop(hart, 'Stepped out of an inlined function');
    }
  }

  /** Just behind the prologue of a function that was called, if it has lines; undefined if it is to be stepped over. */
  async #enter(hart: number): Promise<RunResult | undefined> {
    const { symbols, space } = this.#guest;
    const { pc } = hartOf(this.#guest, hart);
    const linked = space.linkedOf(pc);
    if (symbols?.lineAt(linked) === undefined) return undefined;
    const body = pc + (symbols.bodyOf(linked) - linked);
    const done = body === pc ? undefined : await this.#runTo(hart, body);
    return done ?? this.#stop(hart, 'Stepped in');
  }

  /** Runs a call or an interrupt handler to its return. */
  async #finish(hart: number, effect: Effect, sp: bigint): Promise<RunResult | undefined> {
    if (effect.kind !== 'call' && effect.kind !== 'trap') return undefined;
    if (effect.returnPc === undefined) return undefined;
    const checkStack = effect.kind === 'trap' || effect.checkStack;
    return this.#runTo(hart, effect.returnPc, () => !checkStack || this.#sp(hart) >= sp);
  }

  /** Undefined when it arrived. */
  async #runTo(hart: number, pc: bigint, accept?: () => boolean): Promise<RunResult | undefined> {
    if (hartOf(this.#guest, hart).pc === pc && accept === undefined) return undefined;
    const destinations = this.#code.pcsOf(pc).map((each) => ({ pc: each, hart, accept }));
    const advance = await this.#execution.advance({ destinations });
    return advance.kind === 'stopped' ? advance.result : undefined;
  }

  /** One instruction of the hart, or the trap it takes instead. */
  async #one(hart: number): Promise<{ readonly effect: Effect } | { readonly result: RunResult }> {
    const before = hartOf(this.#guest, hart).pc;
    const bytes = this.#inspector.memory.read(before, 4, { hart }).bytes;
    const advance: Advance = await this.#execution.advance({ stepHart: hart });
    if (advance.kind === 'stopped') return { result: advance.result };
    return { effect: this.#effectOf(hart, before, bytes) };
  }

  #effectOf(hart: number, before: bigint, bytes: Uint8Array): Effect {
    const { pc } = hartOf(this.#guest, hart);
    const word = bytes.reduce((bits, byte, index) => bits | (byte << (index * 8)), 0);
    const decoded = bytes.length < 2 ? undefined : decode(word >>> 0);
    const behind = before + BigInt(decoded?.length ?? 4);
    const trap = this.#trapTaken(hart, before, behind);
    if (trap !== undefined) return trap;
    if (pc === behind || decoded === undefined) return { kind: 'next' };
    const { name } = decoded.instruction;
    const { rd, rs1 } = decoded.operands;
    if (name !== 'jal' && name !== 'jalr') return { kind: 'jump' };
    if (rd === RA || rd === T0) return { kind: 'call', returnPc: behind, checkStack: rd === RA };
    return name === 'jalr' && rs1 === RA ? { kind: 'return' } : { kind: 'jump' };
  }

  #trapTaken(hartId: number, before: bigint, behind: bigint): Effect | undefined {
    const hart = hartOf(this.#guest, hartId);
    const level = hart.privilege === 3 ? CSRS.machine : CSRS.supervisor;
    const vector = hart.csr(level.vector) ?? 0n;
    const cause = hart.csr(level.cause) ?? 0n;
    const isInterrupt = (cause & INTERRUPT) !== 0n;
    const base = vector & ~3n;
    const entry = isInterrupt && (vector & 1n) === 1n ? base + 4n * (cause & ~INTERRUPT) : base;
    if (hart.privilege === 0 || hart.pc !== entry || hart.csr(level.epc) !== before) return undefined;
    if (isInterrupt) return { kind: 'trap', returnPc: before };
    return { kind: 'trap', returnPc: cause >= FIRST_ECALL && cause <= LAST_ECALL ? behind : undefined };
  }

  /** The range in which nothing that ends the step can happen without a call, return or jump out of it. */
  #quietRange(
    start: Spot,
    spot: Spot,
    over: boolean,
  ): { readonly start: bigint; readonly end: bigint } | undefined {
    if (!over && spot.scopes.length !== start.scopes.length) return undefined;
    const linked = this.#guest.space.linkedOf(spot.pc);
    const range = this.#guest.symbols?.lineAt(linked);
    const shift = spot.pc - linked;
    return range && { start: range.start + shift, end: range.end + shift };
  }

  #isNewPlace(start: Spot, spot: Spot, over: boolean): boolean {
    const { symbols, space } = this.#guest;
    const linked = space.linkedOf(spot.pc);
    const row = symbols?.lineAt(linked);
    if (row === undefined || spot.scopes.length === 0) return true;
    const isDeeper =
      spot.scopes.length > start.scopes.length &&
      sameFunctions(spot.scopes.slice(spot.scopes.length - start.scopes.length), start.scopes);
    const level = isDeeper ? spot.scopes.length - start.scopes.length : 0;
    if (isDeeper && over) return false;
    const atStatement = row.isStatement && row.start === linked;
    if (!atStatement) return false;
    if (isDeeper) return true;
    if (!sameFunctions(spot.scopes, start.scopes)) return true;
    const line = spot.scopes[level]?.position;
    const from = start.scopes[0]?.position;
    return line?.line !== from?.line || line?.path !== from?.path;
  }

  #spot(hart: number): Spot {
    const { pc } = hartOf(this.#guest, hart);
    return { pc, scopes: this.#guest.symbols?.scopesAt(this.#guest.space.linkedOf(pc)) ?? [] };
  }

  #sp(hart: number): bigint {
    return hartOf(this.#guest, hart).register(SP);
  }

  #stop(hart: number, text: string): RunResult {
    return this.#execution.stopAt(hart, 'step', text);
  }
}

function sameFunctions(a: readonly CodeScope[], b: readonly CodeScope[]): boolean {
  return a.length === b.length && a.every((scope, index) => scope.function === b[index]?.function);
}
