/** A hart's state for debuggers. Valid between runs and inside observers. */
import type { CoreExports } from '../core-interface.ts';
import {
  F,
  HART_STRIDE,
  HARTS,
  INTERRUPT_LINES,
  MIP,
  PC,
  PRIVILEGE,
  RETIRED,
  RUN_STATE,
  X,
} from '../layout.ts';
import { INTERRUPT } from '../memoryMap.ts';
import type { EngineMemory } from './memory.ts';

export type Privilege = 0 | 1 | 3;
export type HartState = 'stopped' | 'running' | 'waiting' | 'suspended';

const SUPERVISOR = 1;
const STIP = 1 << INTERRUPT.supervisorTimer;
const STATES: readonly HartState[] = ['stopped', 'running', 'waiting', 'suspended'];

export class Hart {
  readonly id: number;
  /** Address of its block. */
  readonly block: number;
  readonly #memory: EngineMemory;
  readonly #core: CoreExports;

  constructor(id: number, memory: EngineMemory, core: CoreExports) {
    this.id = id;
    this.block = HARTS + id * HART_STRIDE;
    this.#memory = memory;
    this.#core = core;
  }

  get pc(): bigint {
    return this.#memory.u64(this.block + PC);
  }

  set pc(pc: bigint) {
    this.#memory.setU64(this.block + PC, pc);
  }

  /** 0 U, 1 S, 3 M. */
  get privilege(): Privilege {
    return this.#memory.i32(this.block + PRIVILEGE) as Privilege;
  }

  set privilege(privilege: Privilege) {
    this.#core.setPrivilege(this.block, privilege);
  }

  /** `waiting`: in wfi; `stopped`, `suspended`: by SBI HSM. */
  get state(): HartState {
    return STATES[this.#memory.i32(this.block + RUN_STATE)]!;
  }

  set state(state: HartState) {
    this.#memory.setI32(this.block + RUN_STATE, STATES.indexOf(state));
  }

  /** x0 to x31. */
  register(index: number): bigint {
    return index === 0 ? 0n : this.#memory.u64(this.block + X + index * 8);
  }

  setRegister(index: number, value: bigint): void {
    if (index > 0 && index < 32) this.#memory.setU64(this.block + X + index * 8, BigInt.asUintN(64, value));
  }

  /** f0 to f31, all 64 bits. */
  floatRegister(index: number): bigint {
    return this.#memory.u64(this.block + F + index * 8);
  }

  setFloatRegister(index: number, value: bigint): void {
    if (index >= 0 && index < 32) this.#memory.setU64(this.block + F + index * 8, BigInt.asUintN(64, value));
  }

  /** As M-mode reads it, without a side effect; undefined if there is no such CSR. */
  csr(number: number): bigint | undefined {
    if (this.#core.hasCsr(number) === 0) return undefined;
    return BigInt.asUintN(64, this.#core.readCsr(this.block, number));
  }

  /** As M-mode writes it, WARL rules included; false if there is no such CSR or it is read-only. */
  setCsr(number: number, value: bigint): boolean {
    const written = this.#core.writeCsr(this.block, number, BigInt.asIntN(64, value)) !== 0;
    if (written) this.wake();
    return written;
  }

  /** What PMP lets S- and U-mode do with all of these bytes: R 1, W 2, X 4. */
  pmpAllows(physical: bigint, size: bigint): number {
    return this.#core.pmpAllows(this.block, physical, size, SUPERVISOR);
  }

  /** Instructions retired, traps not counted. */
  get retired(): bigint {
    return this.#memory.u64(this.block + RETIRED);
  }

  /** Account for the steps of a run that has ended; the core has already taken its traps off. */
  retire(steps: number): void {
    this.#memory.setU64(this.block + RETIRED, this.retired + BigInt(steps));
  }

  /** What devices and firmware drive, as bits of mip; software's own SEIP left out. */
  get wires(): number {
    const lines = this.#memory.i32(this.block + INTERRUPT_LINES);
    return lines | (this.#memory.i32(this.block + MIP) & STIP);
  }

  /** Drive wires of mip: `levels` for the bits in `mask`. */
  setWires(mask: number, levels: number): void {
    this.#core.setInterruptLines(this.block, mask, levels);
    this.wake();
  }

  /** Set or clear the software-writable bits of mip. */
  setPending(mask: number, levels: number): void {
    this.#core.setSoftwarePending(this.block, mask, levels);
    this.wake();
  }

  /** An interrupt that is pending and enabled ends wfi, whether or not it will be taken. */
  wake(): void {
    if (this.state === 'waiting' && this.interruptible) this.state = 'running';
  }

  /** mip & mie is not zero. */
  get interruptible(): boolean {
    return this.#core.pendingInterrupts(this.block) !== 0;
  }
}
