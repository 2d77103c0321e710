/** Call stacks of harts, inlined frames included, before and after paging is on. */
import type { CodePlace } from '../../sealing/codePlace.ts';
import {
  isFloatRegister,
  Register,
  type Backtrace,
  type CpuState,
  type RegisterReader,
  type StackFrame,
} from '../../symbols/index.ts';
import type { Hart } from '../../../emulator/index.ts';
import { SessionError } from '../errors.ts';
import { hartOf, type Guest } from '../guest.ts';
import type { Frame, Stack } from './inspector.ts';
import type { GuestMemory } from './memory.ts';
import type { Places } from './places.ts';

/** DWARF numbers CSRs from here (RISC-V psABI, "DWARF Register Numbers"). */
const DWARF_CSRS = 4096;
const DEFAULT_FRAMES = 256;

const PROBLEMS: Readonly<Record<Backtrace['end'], string | undefined>> = {
  outermost: undefined,
  limit: undefined,
  'no-unwind-info': 'no unwind information here',
  'unreadable-memory': 'the stack cannot be read',
  loop: 'the stack runs in a circle',
  malformed: 'the unwind information is malformed',
};

export class Stacks {
  readonly #guest: Guest;
  readonly #memory: GuestMemory;
  readonly #places: Places;

  constructor(guest: Guest, memory: GuestMemory, places: Places) {
    this.#guest = guest;
    this.#memory = memory;
    this.#places = places;
  }

  of(hartId: number, maxFrames = DEFAULT_FRAMES): Stack {
    const hart = hartOf(this.#guest, hartId);
    const registers: RegisterReader = { read: (number) => readDwarf(hart, number) };
    return this.#unwind(hartId, hart.pc, registers, maxFrames);
  }

  /** @throws SessionError `request` when the stack is not that deep. */
  frame(hart: number, level: number): Frame {
    const frame = this.of(hart, level + 1).frames[level];
    if (frame === undefined) throw new SessionError('request', `hart ${hart} has no frame ${level}`);
    return frame;
  }

  places(hart: number, maxFrames = 64): CodePlace[] {
    return this.of(hart, maxFrames).frames.map((frame) => frame.place);
  }

  /**
   * The symbol reader knows linked addresses only. While a kernel runs at its load address, saved return addresses
   * are physical; unwinding then ends there, and goes on here from the linked address of the same code.
   */
  #unwind(hart: number, pc: bigint, registers: RegisterReader, maxFrames: number): Stack {
    const { symbols, space } = this.#guest;
    const frames: Frame[] = [];
    if (symbols === undefined)
      return { frames: [bareFrame(hart, this.#places.at(pc), registers)], problem: 'no symbols' };
    let cpu: CpuState = { pc: space.linkedOf(pc), registers, memory: this.#memory.through(hart) };
    let realPc = pc;
    while (true) {
      const before = frames.length;
      const trace = symbols.unwind(cpu, { maxFrames: maxFrames - before, framePointers: true });
      trace.frames.forEach((frame) => {
        const shownPc = frame.pc === cpu.pc ? realPc : frame.pc;
        const place = this.#places.ofFrame(frame, shownPc);
        frames.push({
          hart,
          level: frames.length,
          place,
          column: frame.position?.column ?? 0,
          symbols: frame,
        });
      });
      const last = trace.frames.at(-1);
      const linked = last && space.linkedOf(last.pc);
      const canGoOn = trace.frames.length > 1 && linked !== last?.pc && frames.length < maxFrames;
      if (last === undefined || linked === undefined || !canGoOn)
        return { frames, problem: trace.problem ?? PROBLEMS[trace.end] };
      frames.pop();
      cpu = { pc: linked, registers: last.registers, memory: cpu.memory };
      realPc = last.pc;
    }
  }
}

/** A register by its DWARF number. */
function readDwarf(hart: Hart, number: number): bigint | undefined {
  if (isFloatRegister(number)) return hart.floatRegister(number - Register.floating);
  return number < Register.floating ? hart.register(number) : hart.csr(number - DWARF_CSRS);
}

/** A frame for code without symbols: registers and a pc. */
function bareFrame(hart: number, place: CodePlace, registers: RegisterReader): Frame {
  const symbols: StackFrame = {
    level: 0,
    pc: place.pc,
    codeAddress: place.pc,
    name: '',
    function: undefined,
    position: undefined,
    inlined: false,
    blocks: [],
    registers: {
      read: (number) => registers.read(number),
      home: (register) => ({ kind: 'register', register }),
    },
    memory: { read: () => undefined },
    cfa: undefined,
    found: 'cpu',
    locate: () => ({ kind: 'optimised-out', reason: 'there is no debug information' }),
  };
  return { hart, level: 0, place, column: 0, symbols };
}
