/** Run control: one command at a time, told to everybody who listens. */
import { SessionError } from '../errors.ts';
import { hartOf, hex, type Guest } from '../guest.ts';
import type { BreakpointTable } from '../breakpoints/breakpointTable.ts';
import type { SessionEvent } from '../events.ts';
import type { RunResult, Stop } from '../stop.ts';
import type { CodeBreakpoints } from './codeBreakpoints.ts';
import type { Execution } from './execution.ts';
import type { Granularity, RunControl } from './runControl.ts';
import type { SealStops } from './sealStops.ts';
import type { Slices } from './slices.ts';
import type { Stepper } from './step.ts';

export interface GuestRunParts {
  readonly guest: Guest;
  readonly execution: Execution;
  readonly stepper: Stepper;
  readonly slices: Slices;
  readonly code: CodeBreakpoints;
  readonly breakpoints: BreakpointTable;
  readonly emit: (event: SessionEvent) => void;
  /** Where the session stands before its first command. */
  readonly entry: Stop;
  /** The user was shown the entry: a breakpoint there is no news. */
  readonly stopOnEntry: boolean;
  readonly sealStops: SealStops;
  /** Told when a refused store no longer waits because its hart was moved away from it. */
  readonly moved: (hart: number) => void;
}

export class GuestRun implements RunControl {
  readonly #parts: GuestRunParts;
  #state: RunControl['state'] = 'stopped';
  #stopped: Stop | undefined;
  #isShown: boolean;
  #closed = false;

  constructor(parts: GuestRunParts) {
    this.#parts = parts;
    this.#stopped = parts.entry;
    this.#isShown = parts.stopOnEntry;
  }

  get state(): RunControl['state'] {
    return this.#state;
  }

  get stopped(): Stop | undefined {
    return this.#stopped;
  }

  get step(): bigint {
    return this.#parts.guest.machine.step;
  }

  /** The hart that questions mean when they name none. */
  get currentHart(): number {
    return this.#stopped?.hart ?? this.#parts.guest.machine.currentHart;
  }

  continue(): Promise<RunResult> {
    return this.#command(() => this.#advance({}));
  }

  pause(): void {
    if (this.#state === 'running') this.#parts.slices.pause();
  }

  next(hart: number, granularity: Granularity = 'statement'): Promise<RunResult> {
    return this.#command(() => this.#parts.stepper.next(hart, granularity));
  }

  stepIn(hart: number, granularity: Granularity = 'statement'): Promise<RunResult> {
    return this.#command(() => this.#parts.stepper.stepIn(hart, granularity));
  }

  stepOut(hart: number, level = 0): Promise<RunResult> {
    return this.#command(() => this.#parts.stepper.stepOut(hart, level));
  }

  runTo(address: bigint): Promise<RunResult> {
    const destinations = this.#parts.code.pcsOf(address).map((pc) => ({ pc }));
    return this.#command(() => this.#advance({ destinations }));
  }

  runUntil(step: bigint): Promise<RunResult> {
    return this.#command(() => this.#advance({ until: step }));
  }

  async runToSeal(): Promise<RunResult> {
    const { sealStops } = this.#parts;
    this.requireStopped();
    sealStops.once = true;
    try {
      return await this.continue();
    } finally {
      sealStops.once = false;
    }
  }

  get stopAtSeal(): boolean {
    return this.#parts.sealStops.always;
  }

  set stopAtSeal(stops: boolean) {
    this.#parts.sealStops.always = stops;
  }

  jump(hart: number, address: bigint): void {
    this.requireStopped();
    const target = hartOf(this.#parts.guest, hart);
    if (address % 2n !== 0n)
      throw new SessionError('request', `${hex(address)} is odd; instructions begin at even addresses`);
    target.pc = address;
    this.#parts.moved(hart);
    const stop = this.#parts.execution.stopAt(hart, 'goto', `Hart ${hart} was moved to ${hex(address)}`);
    this.#stopped = stop;
    this.#parts.emit({ type: 'stopped', step: stop.step, stop });
  }

  /** Ends whatever runs; later commands are refused. */
  close(): void {
    this.#closed = true;
    this.#parts.slices.pause();
  }

  /** @throws SessionError `state` while the machine runs, after it ended and after the session was closed. */
  requireStopped(): void {
    if (this.#closed) throw new SessionError('state', 'the session is closed');
    if (this.#state === 'running') throw new SessionError('state', 'the machine is running; pause it first');
    if (this.#state === 'exited')
      throw new SessionError('state', 'the guest has ended; restart to run it again');
  }

  async #advance(options: Parameters<Execution['advance']>[0]): Promise<RunResult> {
    const { execution } = this.#parts;
    const advance = await execution.advance(options);
    switch (advance.kind) {
      case 'stopped':
        return advance.result;
      case 'arrived':
        return execution.stopAt(advance.hart, 'step', `Hart ${advance.hart} has arrived`);
      case 'stepped':
      case 'until':
        return execution.stopAt(this.#parts.guest.machine.currentHart, 'step', `At step ${this.step}`);
    }
  }

  async #command(action: () => Promise<RunResult>): Promise<RunResult> {
    this.requireStopped();
    const { execution, slices, emit } = this.#parts;
    const from = this.#stopped;
    execution.begin(from !== undefined && this.#isShown ? from.hart : undefined);
    slices.forgetPause();
    this.#state = 'running';
    this.#stopped = undefined;
    emit({ type: 'continued', step: this.step });
    try {
      const result = await action();
      if (result.kind === 'exit') {
        this.#state = 'exited';
        emit({ type: 'exited', step: result.step, exit: result });
        return result;
      }
      const stop = this.#withBreakpoints(result);
      this.#stand(stop);
      emit({ type: 'stopped', step: stop.step, stop });
      return stop;
    } catch (error) {
      // Nobody was told of a stop: the machine stands where it stood, or where the failure left it.
      if (from !== undefined) {
        this.#stand(from);
        emit({ type: 'stopped', step: this.step, stop: from });
      }
      throw error;
    }
  }

  #stand(stop: Stop | undefined): void {
    this.#state = 'stopped';
    this.#stopped = stop;
    this.#isShown = true;
  }

  /** Steps and pauses that end on a breakpoint have hit it: going on from there will not stop at it again. */
  #withBreakpoints(stop: Stop): Stop {
    const { guest, breakpoints, emit } = this.#parts;
    const isOwn = stop.reason.includes('breakpoint') || stop.reason === 'exception';
    if (isOwn || !guest.machine.breakpoints.has(stop.place.pc)) return stop;
    const hits = breakpoints.reached(stop.hart, stop.place.pc);
    for (const { id, text } of hits.logs) emit({ type: 'log', step: stop.step, text, breakpoint: id });
    return { ...stop, breakpoints: hits.stopping.map(({ id }) => id) };
  }
}
