/**
 * Decides at breakpoints, watched accesses and filtered traps whether to stop, and remembers what it stopped at: the
 * next run goes on past that once. What identifies it is the hart, the step and the pc, and the kind of stop: the
 * same instruction may have a breakpoint and then hit a watch.
 */
import type { Moment } from './access.ts';
import type { Breakpoints } from './breakpoints.ts';
import type { Stop, Trap, WatchedAccess } from './stop.ts';
import type { Watches } from './watches.ts';

type StopKind = Extract<Stop['kind'], 'breakpoint' | 'watch' | 'trap'>;

export class StopControl {
  /** Asked about each trap in the trap filter; true stops. */
  trapDecider: (trap: Trap) => boolean = () => true;
  /** Asked about each breakpoint that is reached; true stops. */
  breakpointDecider: (hart: number, pc: bigint) => boolean = () => true;

  readonly #breakpoints: Breakpoints;
  readonly #watches: Watches;
  #at: Moment | undefined;
  readonly #passed = new Set<StopKind>();
  #pending: Stop | undefined;

  constructor(breakpoints: Breakpoints, watches: Watches) {
    this.#breakpoints = breakpoints;
    this.#watches = watches;
  }

  /** Each of these is true when the run shall stop here. */
  breakpoint(moment: Moment): boolean {
    const { hart, pc } = moment;
    if (!this.#breakpoints.has(pc) || this.#isPassed('breakpoint', moment)) return false;
    return (
      this.breakpointDecider(hart, pc) && this.#stop('breakpoint', moment, { kind: 'breakpoint', hart, pc })
    );
  }

  watch(access: Omit<WatchedAccess, 'watches'>): boolean {
    if (this.#isPassed('watch', access)) return false;
    const hit = this.#watches.judge(access);
    return (
      hit !== undefined && this.#stop('watch', access, { kind: 'watch', hart: access.hart, access: hit })
    );
  }

  trap(trap: Trap): boolean {
    if (this.#isPassed('trap', trap)) return false;
    return this.trapDecider(trap) && this.#stop('trap', trap, { kind: 'trap', hart: trap.hart, trap });
  }

  /** What the run that was left has stopped at. */
  take(): Stop | undefined {
    const stop = this.#pending;
    this.#pending = undefined;
    return stop;
  }

  /** Everything stops anew, after the state was replaced. */
  forget(): void {
    this.#at = undefined;
    this.#passed.clear();
    this.#pending = undefined;
  }

  #stop(kind: StopKind, { hart, step, pc }: Moment, stop: Stop): true {
    if (!this.#isAt({ hart, step, pc })) this.#passed.clear();
    this.#at = { hart, step, pc };
    this.#passed.add(kind);
    this.#pending = stop;
    return true;
  }

  #isPassed(kind: StopKind, moment: Moment): boolean {
    return this.#passed.has(kind) && this.#isAt(moment);
  }

  #isAt({ hart, step, pc }: Moment): boolean {
    return this.#at?.step === step && this.#at.hart === hart && this.#at.pc === pc;
  }
}
