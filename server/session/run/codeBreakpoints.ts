/** Addresses at which the machine stops, shared by everybody who needs one: the machine knows each address once. */
import type { Machine } from '../../../emulator/index.ts';
import type { AddressSpace } from '../../sealing/addressSpace.ts';

export class CodeBreakpoints {
  readonly #machine: Machine;
  readonly #space: AddressSpace;
  readonly #users = new Map<bigint, number>();

  constructor(machine: Machine, space: AddressSpace) {
    this.#machine = machine;
    this.#space = space;
  }

  /**
   * The pcs at which code of a linked address may run: there, and where it was loaded while paging is still off.
   */
  pcsOf(address: bigint): bigint[] {
    const physical = this.#space.physicalOf(address);
    return physical === undefined || physical === address ? [address] : [address, physical];
  }

  add(pc: bigint): void {
    const users = this.#users.get(pc) ?? 0;
    this.#users.set(pc, users + 1);
    if (users === 0) this.#machine.breakpoints.add(pc);
  }

  delete(pc: bigint): void {
    const users = this.#users.get(pc) ?? 0;
    if (users > 1) this.#users.set(pc, users - 1);
    else if (this.#users.delete(pc)) this.#machine.breakpoints.delete(pc);
  }
}
