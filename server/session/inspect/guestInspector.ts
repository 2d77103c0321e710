/** The inspector: puts the parts that read and change a guest behind one interface. */
import type { CodePlace } from '../../sealing/codePlace.ts';
import type { EvaluationContext, Value } from '../../symbols/index.ts';
import { hartOf, type Guest } from '../guest.ts';
import { Disassembly } from './disassembly.ts';
import type {
  CsrView,
  DisassembledInstruction,
  FloatRegisterView,
  Frame,
  HartInfo,
  Inspector,
  MemoryRead,
  MemorySpace,
  PageWalk,
  RegisterView,
  Stack,
  VariableView,
} from './inspector.ts';
import { GuestMemory } from './memory.ts';
import { walkPages } from './pageWalk.ts';
import { Places } from './places.ts';
import { Registers } from './registers.ts';
import { Stacks } from './stacks.ts';
import { Variables } from './variables.ts';

/** What was changed by a debugger's hand. */
export interface GuestChange {
  readonly memory?: { readonly address: bigint; readonly length: number } | undefined;
  readonly registers: boolean;
}

export class GuestInspector implements Inspector {
  readonly memory: GuestMemory;
  readonly places: Places;
  readonly stacks: Stacks;
  readonly #guest: Guest;
  readonly #registers: Registers;
  readonly #variables: Variables;
  readonly #disassembly: Disassembly;

  /**
   * @param changed Told about each write to memory or registers.
   * @param currentHart The hart that a question means when it names none.
   */
  constructor(
    guest: Guest,
    changed: (change: GuestChange) => void,
    private readonly currentHart: () => number,
  ) {
    this.#guest = guest;
    this.memory = new GuestMemory(guest, (address, length) =>
      changed({ memory: { address, length }, registers: false }),
    );
    this.places = new Places(guest);
    this.stacks = new Stacks(guest, this.memory, this.places);
    this.#registers = new Registers(guest, this.memory, () => changed({ registers: true }));
    this.#variables = new Variables(guest, this.memory, this.#registers);
    this.#disassembly = new Disassembly(
      this.memory,
      this.places,
      (address) => this.nameOf(address),
      (address) => this.#functionStart(address),
    );
  }

  harts(): HartInfo[] {
    return this.#guest.machine.harts.map((hart) => ({
      hart: hart.id,
      state: hart.state,
      privilege: hart.privilege,
      pc: hart.pc,
      place: this.places.at(hart.pc),
    }));
  }

  stack(hart: number, maxFrames?: number): Stack {
    return this.stacks.of(hart, maxFrames);
  }

  frame(hart: number, level: number): Frame {
    return this.stacks.frame(hart, level);
  }

  locals(frame: Frame): VariableView[] {
    return this.#variables.locals(frame);
  }

  globals(frame: Frame): VariableView[] {
    return this.#variables.globals(frame);
  }

  context(frame: Frame): EvaluationContext {
    return this.#variables.context(frame);
  }

  evaluate(text: string, frame?: Frame): Value {
    return this.#variables.evaluate(text, frame ?? this.#currentFrame());
  }

  /** @param names Further `$names` that the expression may use. */
  evaluatePurely(text: string, frame?: Frame, names?: Readonly<Record<string, bigint>>): Value {
    return this.#variables.evaluatePurely(text, frame ?? this.#currentFrame(), names);
  }

  assign(target: Value, text: string, frame?: Frame): Value {
    return this.#variables.assign(target, text, frame ?? this.#currentFrame());
  }

  registers(hart: number, frame?: Frame): RegisterView[] {
    return this.#registers.general(hart, frame);
  }

  floatRegisters(hart: number, frame?: Frame): FloatRegisterView[] {
    return this.#registers.floating(hart, frame);
  }

  setRegister(hart: number, name: string, value: bigint, frame?: Frame): void {
    if (frame === undefined || frame.level === 0) this.#registers.write(hart, name, value);
    else this.#registers.writeSaved(frame, name, value);
  }

  csrs(hart: number): CsrView[] {
    return this.#registers.csrs(hart);
  }

  readMemory(address: bigint, length: number, space?: MemorySpace): MemoryRead {
    return this.memory.read(address, length, { hart: this.currentHart(), ...space });
  }

  writeMemory(address: bigint, bytes: Uint8Array, space?: MemorySpace): void {
    this.memory.write(address, bytes, { hart: this.currentHart(), ...space });
  }

  disassemble(address: bigint, count: number, before = 0): DisassembledInstruction[] {
    return this.#disassembly.list(this.currentHart(), address, count, before);
  }

  /** The instruction at a hart's address as text. */
  instructionText(hart: number, address: bigint): string {
    return this.#disassembly.one(hart, address).text;
  }

  /** Bytes of the instruction at an address: 2 or 4. */
  instructionLength(hart: number, address: bigint): bigint {
    return this.#disassembly.one(hart, address).size;
  }

  walk(address: bigint, hart?: number): PageWalk {
    return walkPages(this.#guest, hart ?? this.currentHart(), address);
  }

  placeOf(pc: bigint): CodePlace {
    return this.places.at(pc);
  }

  nameOf(address: bigint): string | undefined {
    return this.#registers.nameOf(address);
  }

  /** What a data address is called: `cpu_caps.features[2].bits`. */
  nameOfData(address: bigint): string | undefined {
    const found = this.#guest.symbols?.describeData(this.#guest.space.linkedOf(address));
    return found && (found.rest === 0 ? found.path : `${found.path}+0x${found.rest.toString(16)}`);
  }

  #currentFrame(): Frame {
    return this.stacks.frame(hartOf(this.#guest, this.currentHart()).id, 0);
  }

  #functionStart(address: bigint): bigint | undefined {
    const linked = this.#guest.space.linkedOf(address);
    const symbol = this.#guest.symbols?.symbols.nearest(linked, ['function', 'none'])?.symbol;
    return symbol && address - (linked - symbol.address);
  }
}
