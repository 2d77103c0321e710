/**
 * Calls of functions, from their first instruction to their return: internal breakpoints there and at the address that
 * ra holds, told apart from other calls by the hart and its stack pointer.
 */
import type { Machine } from '../../../emulator/index.ts';
import type { CodeBreakpoints } from '../run/codeBreakpoints.ts';

/** Told when a call is over. */
export type Returned = (hart: number) => void;
/** Told when a hart is about to execute a function's first instruction; undefined: the return is of no interest. */
export type Entered = (hart: number) => Returned | undefined;

interface Activation {
  readonly hart: number;
  readonly returnPc: bigint;
  readonly sp: bigint;
  readonly returned: Returned;
}

const RA = 1;
const SP = 2;

export class CallWatch {
  readonly #machine: Machine;
  readonly #code: CodeBreakpoints;
  readonly #entries = new Map<bigint, Set<Entered>>();
  /** Innermost last. */
  #activations: readonly Activation[] = [];

  constructor(machine: Machine, code: CodeBreakpoints) {
    this.#machine = machine;
    this.#code = code;
  }

  /** Returns what ends it. */
  add(pc: bigint, entered: Entered): () => void {
    const all = this.#entries.get(pc) ?? new Set();
    this.#entries.set(pc, all.add(entered));
    this.#code.add(pc);
    return () => {
      if (!all.delete(entered)) return;
      if (all.size === 0) this.#entries.delete(pc);
      this.#code.delete(pc);
    };
  }

  /** Whether a call begins or ends at `pc`. */
  has(hart: number, pc: bigint): boolean {
    return (
      this.#entries.has(pc) || this.#activations.some((each) => each.hart === hart && each.returnPc === pc)
    );
  }

  /** A hart is about to execute `pc`. */
  reached(hart: number, pc: bigint): void {
    this.#return(hart, pc);
    for (const entered of [...(this.#entries.get(pc) ?? [])]) {
      const returned = entered(hart);
      if (returned === undefined) continue;
      const registers = this.#machine.harts[hart]!;
      const returnPc = registers.register(RA);
      this.#code.add(returnPc);
      this.#activations = [...this.#activations, { hart, returnPc, sp: registers.register(SP), returned }];
    }
  }

  /** The hart has begun anew: it will not return. */
  forget(hart: number): void {
    this.#drop(this.#activations.filter((each) => each.hart === hart));
  }

  /** Calls further in than one that has returned were left by a jump: they are over too. */
  #return(hart: number, pc: bigint): void {
    const sp = this.#machine.harts[hart]!.register(SP);
    const isOver = (each: Activation): boolean =>
      each.hart === hart && each.returnPc === pc && each.sp === sp;
    const outermost = this.#activations.findIndex(isOver);
    if (outermost < 0) return;
    const over = this.#activations
      .filter((each, index) => each.hart === hart && index >= outermost)
      .reverse();
    this.#drop(over);
    for (const { returned } of over) returned(hart);
  }

  #drop(activations: readonly Activation[]): void {
    this.#activations = this.#activations.filter((each) => !activations.includes(each));
    for (const { returnPc } of activations) this.#code.delete(returnPc);
  }
}
