/**
 * Lets the machine run and decides, whenever it comes back, whether that is a standstill for the user: breakpoints
 * with their conditions, refused stores with the policy, caught traps, the end of the run. Stepping is built on this.
 */
import type { Machine, Trap, WatchedAccess } from '../../../emulator/index.ts';
import type { BreakpointTable, Hits } from '../breakpoints/breakpointTable.ts';
import type { ExceptionFilters } from '../breakpoints/exceptionFilters.ts';
import type { SessionEvent } from '../events.ts';
import type { GuestInspector } from '../inspect/guestInspector.ts';
import { causeName } from '../inspect/csrFields.ts';
import { hex } from '../guest.ts';
import type { GuestSeals, Judgement } from '../guestSeals.ts';
import { grouped } from '../../sealing/grouped.ts';
import type { SealChange } from '../../sealing/sealEvent.ts';
import { sealText } from '../../sealing/story.ts';
import type { KernelModules } from '../modules/kernelModules.ts';
import type { GuestTimeline } from '../timeline/guestTimeline.ts';
import type { GuestWindows } from '../windows/guestWindows.ts';
import type { GuestWriteOnce } from '../writeOnce/guestWriteOnce.ts';
import type { GuestWhatIf } from '../whatIf/guestWhatIf.ts';
import type { Exit, RunResult, Stop, StopReason } from '../stop.ts';
import type { CodeBreakpoints } from './codeBreakpoints.ts';
import type { Slices } from './slices.ts';

/** A place to run to, for one command. */
export interface Destination {
  readonly pc: bigint;
  /** Undefined: whichever hart comes first. */
  readonly hart?: number | undefined;
  /** Asked when it is reached: false goes on, as in a deeper activation of a recursive function. */
  readonly accept?: (() => boolean) | undefined;
}

export interface AdvanceOptions {
  /** Come back when this hart has executed one instruction. */
  readonly stepHart?: number | undefined;
  readonly destinations?: readonly Destination[] | undefined;
  /** Come back before this step. */
  readonly until?: bigint | undefined;
}

/** `stopped` is a standstill for the user; the others are what was asked for. */
export type Advance =
  | { readonly kind: 'stopped'; readonly result: RunResult }
  | { readonly kind: 'stepped' }
  | { readonly kind: 'arrived'; readonly hart: number }
  | { readonly kind: 'until' };

export interface ExecutionParts {
  readonly machine: Machine;
  readonly inspector: GuestInspector;
  readonly seals: GuestSeals;
  readonly breakpoints: BreakpointTable;
  readonly filters: ExceptionFilters;
  readonly code: CodeBreakpoints;
  readonly slices: Slices;
  readonly modules: KernelModules | undefined;
  readonly whatIf: GuestWhatIf;
  readonly windows: GuestWindows;
  readonly writeOnce: GuestWriteOnce;
  readonly timeline: GuestTimeline;
  readonly emit: (event: SessionEvent) => void;
  /** A seal the user wants to stop at, once. */
  readonly takeSealStop: () => SealChange | undefined;
  /** The run ends here as `limit`. */
  readonly maxSteps: bigint | undefined;
}

const FOREVER = (1n << 64n) - 1n;
/** Instructions a hart has retired: tells whether it has moved at all. */
const MINSTRET = 0xb02;

export class Execution {
  readonly #parts: ExecutionParts;
  #inputEnded = false;
  /** An instruction whose breakpoints the user has already been shown. */
  #shown: { readonly hart: number; readonly pc: bigint; readonly retired: bigint } | undefined;

  constructor(parts: ExecutionParts) {
    this.#parts = parts;
  }

  /** No input will come any more: a guest that waits for some has ended. */
  endInput(): void {
    this.#inputEnded = true;
    this.#parts.slices.wake();
  }

  /**
   * A command begins. @param shownHart The hart whose place the user sees: breakpoints of its current instruction are
   * no news to him.
   */
  begin(shownHart: number | undefined): void {
    const hart = shownHart === undefined ? undefined : this.#parts.machine.harts[shownHart];
    this.#shown = hart && { hart: hart.id, pc: hart.pc, retired: hart.csr(MINSTRET) ?? 0n };
  }

  /** Runs until something that was asked for, or something that the user has to see. */
  async advance(options: AdvanceOptions): Promise<Advance> {
    const { code, seals } = this.#parts;
    const destinations = options.destinations ?? [];
    seals.settle();
    for (const { pc } of destinations) code.add(pc);
    try {
      while (true) {
        const outcome = await this.#once(options, destinations);
        if (outcome !== undefined) return outcome;
        seals.settle();
      }
    } finally {
      for (const { pc } of destinations) code.delete(pc);
    }
  }

  async #once(options: AdvanceOptions, destinations: readonly Destination[]): Promise<Advance | undefined> {
    const { machine, slices, breakpoints, maxSteps, windows } = this.#parts;
    const deadline = windows.deadline ?? FOREVER;
    const limit = min(min(options.until ?? FOREVER, maxSteps ?? FOREVER), deadline);
    const end = await slices.run(limit, options.stepHart);
    const seal = this.#parts.takeSealStop();
    if (seal !== undefined) return stopped(this.stopAt(seal.moment.hart, 'seal', sealText(seal), { seal }));
    const violation = windows.takeViolation();
    if (violation !== undefined)
      return stopped(this.stopAt(violation.hart, 'exception', violation.text, { violation }));
    const permission = this.#parts.timeline.takeStop();
    if (permission !== undefined) {
      const { entry, text } = permission;
      return stopped(this.stopAt(entry.event.hart, 'data breakpoint', text, { permission: entry }));
    }
    const atObject = this.#atObject();
    if (atObject !== undefined) return atObject;
    switch (end.kind) {
      case 'limit':
        if (machine.step >= deadline && deadline === limit && deadline !== options.until) return undefined;
        if (options.until !== undefined && machine.step >= options.until) return { kind: 'until' };
        return ended('limit', 0, machine.step);
      case 'step':
        return { kind: 'stepped' };
      case 'exit':
        return ended(end.reason, end.status, machine.step);
      case 'idle':
        return this.#idle();
      case 'pause':
        return stopped(this.stopAt(machine.currentHart, 'pause', `Paused at step ${grouped(machine.step)}`));
      case 'request':
        return undefined;
      case 'breakpoint': {
        windows.tracker.returned(end.hart, end.pc);
        await this.#parts.modules?.reached(end.hart, end.pc);
        this.#parts.writeOnce.reached(end.hart, end.pc);
        this.#parts.whatIf.reached(end.hart, end.pc);
        const object = this.#atObject();
        if (object !== undefined) return object;
        if (this.#isShown(end.hart, end.pc)) return undefined;
        const arrived = destinations.some(
          ({ pc, hart, accept }) => pc === end.pc && (hart ?? end.hart) === end.hart && accept?.() !== false,
        );
        const hits = breakpoints.reached(end.hart, end.pc);
        return (
          this.#report(hits, (text) => this.#atBreakpoint(end.hart, hits, text)) ??
          (arrived ? { kind: 'arrived', hart: end.hart } : undefined)
        );
      }
      case 'watch': {
        const refusal = windows.refusalOf(end.access) ?? this.#parts.whatIf.refusalOf(end.access);
        const judged = refusal && this.#parts.seals.judgeStore(refusal);
        if (judged !== undefined) return this.#judged(judged, end.hart);
        const hits = breakpoints.accessed(end.hart, end.access);
        return this.#report(hits, (text) => this.#atAccess(end.hart, end.access, hits, text));
      }
      case 'trap':
        return this.#trapped(end.trap);
    }
  }

  /** A standstill of a hart where it stands. */
  stopAt(hart: number, reason: StopReason, text: string, extra: Partial<Stop> = {}): Stop {
    const { machine, inspector } = this.#parts;
    const place = inspector.placeOf(machine.harts[hart]!.pc);
    return { kind: 'stop', reason, hart, step: machine.step, place, text, breakpoints: [], ...extra };
  }

  #isShown(hart: number, pc: bigint): boolean {
    const shown = this.#shown;
    if (shown?.hart !== hart || shown.pc !== pc) return false;
    return (this.#parts.machine.harts[hart]!.csr(MINSTRET) ?? 0n) === shown.retired;
  }

  async #idle(): Promise<Advance | undefined> {
    const { machine, slices } = this.#parts;
    if (this.#inputEnded) return ended('idle', 0, machine.step);
    await slices.sleep();
    return undefined;
  }

  #trapped(trap: Trap): Advance | undefined {
    const { seals, filters, inspector, writeOnce } = this.#parts;
    writeOnce.trapped(trap);
    const atObject = this.#atObject();
    if (atObject !== undefined) return atObject;
    const refused = seals.judge(trap);
    if (refused !== undefined) return this.#judged(refused, trap.hart);
    const caught = filters.catches(trap, inspector);
    if (caught === false) return undefined;
    const name = causeName(BigInt(trap.cause), trap.interrupt);
    const where = inspector.placeOf(trap.pc).function;
    const at = where === '' ? `pc ${hex(trap.pc)}` : where;
    const what = trap.interrupt ? name : `${name}, tval ${hex(trap.value)},`;
    const text = `Hart ${trap.hart} is about to take a trap: ${what} in ${at}${typeof caught === 'string' ? `; ${caught}` : ''}`;
    const shown = { cause: BigInt(trap.cause), name, value: trap.value, interrupt: trap.interrupt };
    return stopped(this.stopAt(trap.hart, 'exception', text, { trap: shown }));
  }

  /** A store that a seal refuses or should have: undefined when the policy has decided. */
  #judged(judged: NonNullable<Judgement>, hart: number): Advance | undefined {
    if (judged === 'handled') return undefined;
    const { refused, problem } = judged;
    const text = problem === undefined ? refused.story : `${refused.story}; ${problem}`;
    return stopped(this.stopAt(hart, 'exception', text, { refused }));
  }

  /** A rule of write-once memory was broken. */
  #atObject(): Advance | undefined {
    const violation = this.#parts.writeOnce.take();
    if (violation === undefined) return undefined;
    const { moment, story } = violation;
    return stopped(this.stopAt(moment.hart, 'exception', story, { writeOnce: violation }));
  }

  /** Sends what the hits log, and makes a stop of those that stop. */
  #report(hits: Hits, stop: (problems: string) => Stop): Advance | undefined {
    const step = this.#parts.machine.step;
    for (const { id, text } of hits.logs) this.#parts.emit({ type: 'log', step, text, breakpoint: id });
    if (hits.stopping.length === 0) return undefined;
    return stopped(stop(hits.problems.map((problem) => `; ${problem}`).join('')));
  }

  #atBreakpoint(hart: number, { stopping }: Hits, problems: string): Stop {
    const kind = stopping[0]!.kind;
    const reason =
      kind === 'function'
        ? 'function breakpoint'
        : kind === 'instruction'
          ? 'instruction breakpoint'
          : 'breakpoint';
    const ids = stopping.map(({ id }) => id);
    const { place } = this.stopAt(hart, reason, '');
    const where = place.function === '' ? hex(place.pc) : place.function;
    const line =
      place.file === undefined
        ? ''
        : ` (${place.file.slice(place.file.search(/[^/\\]*$/))}:${place.line ?? 0})`;
    return this.stopAt(hart, reason, `Breakpoint at ${where}${line} on hart ${hart}${problems}`, {
      breakpoints: ids,
    });
  }

  #atAccess(hart: number, access: WatchedAccess, { stopping }: Hits, problems: string): Stop {
    const { address, size, oldValue, newValue } = access;
    const isRead = access.kind === 'load';
    const name = this.#parts.inspector.nameOfData(address) ?? hex(address);
    const text = isRead
      ? `Hart ${hart} is about to read ${name} (${size} bytes, ${hex(oldValue)})`
      : `Hart ${hart} is about to write ${name}: ${hex(oldValue)} → ${hex(newValue)}`;
    return this.stopAt(hart, 'data breakpoint', text + problems, {
      breakpoints: stopping.map(({ id }) => id),
      access: {
        kind: isRead ? 'read' : 'write',
        address,
        size,
        oldValue,
        newValue: isRead ? undefined : newValue,
      },
    });
  }
}

function stopped(result: RunResult): Advance {
  return { kind: 'stopped', result };
}

function ended(reason: Exit['reason'], status: number, step: bigint): Advance {
  return stopped({ kind: 'exit', reason, status, step });
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
