import type {
  Backtrace,
  CpuState,
  FrameRegisters,
  MemoryReader,
  RegisterHome,
  RegisterReader,
  UnwindOptions,
} from '../frames.ts';
import { isCallClobbered, Register, registerName } from '../registers.ts';
import { evaluateNumber, Unavailable, type ExpressionContext } from './expression.ts';
import type { FrameInfo, RegisterRule, UnwindRow } from './frameInfo.ts';
import { asError } from './units.ts';

const WORD = 8;

/** Why an unwind ended. */
export type UnwindEnd = Pick<Backtrace, 'end' | 'problem'>;

/** One real frame: the registers of a function that has not returned. */
export interface Activation {
  readonly pc: bigint;
  /** Address to look code up with: a return address may be the first of the next function. */
  readonly codeAddress: bigint;
  readonly registers: FrameRegisters;
  readonly memory: MemoryReader;
  /** Canonical frame address; undefined without frame information. */
  readonly cfa: bigint | undefined;
  readonly found: 'cpu' | 'cfi' | 'return-address' | 'frame-pointer';
  /** The frame that called this one, or why there is none. Found when first asked for. */
  readonly caller: Activation | UnwindEnd;
}

export function isActivation(next: Activation | UnwindEnd): next is Activation {
  return 'pc' in next;
}

/** What is known of code without frame information, so that a guessed return address can be checked. */
export interface CodeMap {
  isCode(address: bigint): boolean;
  /** Whether two addresses are in the same function, as far as is known. */
  isSameFunction(a: bigint, b: bigint): boolean;
}

/** Finds the callers of frames, one at a time. */
export class Unwinder {
  readonly #frameInfo: FrameInfo;
  readonly #code: CodeMap;

  constructor(frameInfo: FrameInfo, code: CodeMap) {
    this.#frameInfo = frameInfo;
    this.#code = code;
  }

  /** The innermost frame. */
  start(cpu: CpuState, options: UnwindOptions): Activation {
    const registers = new CpuRegisters(cpu.registers);
    if (options.returning === true)
      return this.#activation(cpu.pc, cpu.pc - 1n, registers, cpu.memory, 'cfi', options);
    return this.#activation(cpu.pc, cpu.pc, registers, cpu.memory, 'cpu', options);
  }

  #activation(
    pc: bigint,
    codeAddress: bigint,
    registers: FrameRegisters,
    memory: MemoryReader,
    found: Activation['found'],
    options: UnwindOptions,
  ): Activation {
    let unwound: { cfa: bigint | undefined; caller: () => Activation | UnwindEnd } | undefined;
    let caller: Activation | UnwindEnd | undefined;
    const unwind = (): NonNullable<typeof unwound> =>
      (unwound ??= this.#unwind({ pc, codeAddress, registers, memory, found }, options));
    return {
      pc,
      codeAddress,
      registers,
      memory,
      found,
      get cfa() {
        return unwind().cfa;
      },
      get caller() {
        return (caller ??= unwind().caller());
      },
    };
  }

  #unwind(
    frame: Omit<Activation, 'cfa' | 'caller'>,
    options: UnwindOptions,
  ): { cfa: bigint | undefined; caller: () => Activation | UnwindEnd } {
    try {
      const row = this.#frameInfo.rowAt(frame.codeAddress);
      if (row?.cfa !== undefined) {
        const cfa = cfaOf(row, frame);
        return { cfa, caller: () => guarded(() => this.#byRules(row, cfa, frame, options)) };
      }
    } catch (problem) {
      const end = endOf(problem);
      return { cfa: undefined, caller: () => end };
    }
    return { cfa: undefined, caller: () => guarded(() => this.#withoutRules(frame, options)) };
  }

  #byRules(
    row: UnwindRow,
    cfa: bigint,
    frame: Omit<Activation, 'cfa' | 'caller'>,
    options: UnwindOptions,
  ): Activation | UnwindEnd {
    const registers = new CallerRegisters(frame, row, cfa);
    if (row.registers.get(row.returnAddress)?.kind === 'undefined') return { end: 'outermost' };
    const { value: pc, home } = registers.returnAddress();
    if (pc === undefined) {
      const lost = home.kind === 'lost'; // as in a function that never returns
      return lost
        ? { end: 'no-unwind-info', problem: 'the return address was not saved' }
        : { end: 'unreadable-memory' };
    }
    if (pc === 0n) return { end: 'outermost' };
    return this.#activation(pc, row.signal ? pc : pc - 1n, registers, frame.memory, 'cfi', options);
  }

  #withoutRules(frame: Omit<Activation, 'cfa' | 'caller'>, options: UnwindOptions): Activation | UnwindEnd {
    const { registers, memory } = frame;
    const isCode = (address: bigint | undefined): address is bigint =>
      address !== undefined && (this.#code.isCode(address - 1n) || options.isCode?.(address - 1n) === true);
    // The psABI's frame record: ra at fp - 8, the caller's fp at fp - 16.
    const fp = registers.read(Register.fp);
    const hasRecord = options.framePointers === true && fp !== undefined && fp !== 0n && (fp & 7n) === 0n;
    const recorded = hasRecord ? readWord(memory, fp - 8n) : undefined;
    // A routine that has neither called nor saved anything yet, as assembly leaves are, has its caller in ra.
    const ra = frame.found === 'cpu' ? registers.read(Register.ra) : undefined;
    if (isCode(ra) && ra !== recorded && !this.#code.isSameFunction(ra - 1n, frame.pc)) {
      const restored = new ChangedRegisters(registers, new Map([[Register.ra, { home: { kind: 'lost' } }]]));
      return this.#activation(ra, ra - 1n, restored, memory, 'return-address', options);
    }
    if (!hasRecord)
      return { end: options.framePointers === true && fp === 0n ? 'outermost' : 'no-unwind-info' };
    const pc = recorded;
    const callerFp = readWord(memory, fp - 16n);
    if (pc === undefined || callerFp === undefined) return { end: 'unreadable-memory' };
    if (pc === 0n) return { end: 'outermost' };
    if (!isCode(pc)) return { end: 'no-unwind-info' };
    const restored = new ChangedRegisters(
      registers,
      new Map<number, Saved>([
        [Register.ra, { home: { kind: 'lost' } }],
        [Register.sp, { home: { kind: 'value' }, value: fp }],
        [Register.fp, { home: { kind: 'memory', address: fp - 16n }, value: callerFp }],
      ]),
    );
    return this.#activation(pc, pc - 1n, restored, memory, 'frame-pointer', options);
  }
}

function guarded(unwind: () => Activation | UnwindEnd): Activation | UnwindEnd {
  try {
    return unwind();
  } catch (problem) {
    return endOf(problem);
  }
}

function endOf(problem: unknown): UnwindEnd {
  const { message } = asError(problem);
  return problem instanceof Unavailable
    ? { end: 'unreadable-memory', problem: message }
    : { end: 'malformed', problem: message };
}

function readWord(memory: MemoryReader, address: bigint): bigint | undefined {
  const bytes = memory.read(BigInt.asUintN(64, address), WORD);
  return bytes && new DataView(bytes.buffer, bytes.byteOffset, WORD).getBigUint64(0, true);
}

type FrameState = Pick<Activation, 'registers' | 'memory'>;

function cfaOf(row: UnwindRow, frame: FrameState): bigint {
  const rule = row.cfa!;
  if (rule.kind === 'expression')
    return evaluateNumber(rule.expression, row.section, undefined, frameContext(frame));
  return BigInt.asUintN(64, known(frame.registers, rule.register) + rule.offset);
}

function known(registers: RegisterReader, register: number): bigint {
  const value = registers.read(register);
  if (value === undefined) throw new Unavailable(`${registerName(register)} was not saved`);
  return value;
}

/** Expressions of frame information may use registers and memory, nothing of a unit (DWARF 5, 6.4.2). */
function frameContext(frame: FrameState): ExpressionContext {
  const unavailable = (): never => {
    throw new Unavailable('not available in frame information');
  };
  return {
    register: (number) => known(frame.registers, number),
    memory: (address, length) => {
      const bytes = frame.memory.read(address, length);
      if (bytes === undefined) throw new Unavailable(`memory at 0x${address.toString(16)} cannot be read`);
      return bytes;
    },
    frameBase: unavailable,
    cfa: unavailable,
    entryValue: unavailable,
    parameterValue: unavailable,
    expressionOf: unavailable,
    implicitPointer: unavailable,
  };
}

class CpuRegisters implements FrameRegisters {
  constructor(private readonly registers: RegisterReader) {}

  read(register: number): bigint | undefined {
    return register === 0 ? 0n : this.registers.read(register);
  }

  home(register: number): RegisterHome {
    return { kind: 'register', register };
  }
}

interface Saved {
  readonly home: RegisterHome;
  readonly value?: bigint;
}

/** Registers of another frame, but for some. */
class ChangedRegisters implements FrameRegisters {
  constructor(
    private readonly inner: FrameRegisters,
    private readonly changed: ReadonlyMap<number, Saved>,
  ) {}

  read(register: number): bigint | undefined {
    const saved = this.changed.get(register);
    return saved === undefined ? this.inner.read(register) : saved.value;
  }

  home(register: number): RegisterHome {
    return this.changed.get(register)?.home ?? this.inner.home(register);
  }
}

/** A caller's registers, as the rules of its callee's frame restore them; each is looked up when it is asked for. */
class CallerRegisters implements FrameRegisters {
  readonly #frame: FrameState;
  readonly #row: UnwindRow;
  readonly #cfa: bigint;
  readonly #saved = new Map<number, Saved>();

  constructor(frame: FrameState, row: UnwindRow, cfa: bigint) {
    this.#frame = frame;
    this.#row = row;
    this.#cfa = cfa;
  }

  /** The pc to return to: in the return address column, whatever that register is in the caller. */
  returnAddress(): Saved {
    const rule = this.#row.registers.get(this.#row.returnAddress) ?? { kind: 'same' };
    return this.#restore(this.#row.returnAddress, rule);
  }

  read(register: number): bigint | undefined {
    return register === 0 ? 0n : this.#find(register).value;
  }

  home(register: number): RegisterHome {
    return this.#find(register).home;
  }

  #find(register: number): Saved {
    let saved = this.#saved.get(register);
    if (saved === undefined) {
      saved = this.#restore(register, this.#row.registers.get(register) ?? this.#ruleByConvention(register));
      this.#saved.set(register, saved);
    }
    return saved;
  }

  /** Without a rule: the CFA is the caller's stack pointer, and callees keep what the calling convention says. */
  #ruleByConvention(register: number): RegisterRule {
    if (register === Register.sp) return { kind: 'value-offset', offset: 0n };
    if (!this.#row.signal && isCallClobbered(register)) return { kind: 'undefined' };
    return { kind: 'same' };
  }

  #restore(register: number, rule: RegisterRule): Saved {
    const inner = this.#frame.registers;
    const at = (address: bigint): Saved => {
      const value = readWord(this.#frame.memory, address);
      const home: RegisterHome = { kind: 'memory', address: BigInt.asUintN(64, address) };
      return value === undefined ? { home } : { home, value };
    };
    const copy = (from: number): Saved => {
      const value = inner.read(from);
      const home = inner.home(from);
      return value === undefined ? { home } : { home, value };
    };
    const computed = (value: bigint): Saved => ({
      home: { kind: 'value' },
      value: BigInt.asUintN(64, value),
    });
    const evaluate = (expression: Uint8Array): bigint =>
      evaluateNumber(expression, this.#row.section, undefined, frameContext(this.#frame), [this.#cfa]);
    switch (rule.kind) {
      case 'undefined':
        return { home: { kind: 'lost' } };
      case 'same':
        return copy(register);
      case 'offset':
        return at(this.#cfa + rule.offset);
      case 'value-offset':
        return computed(this.#cfa + rule.offset);
      case 'register':
        return copy(rule.register);
      case 'expression':
        return at(evaluate(rule.expression));
      case 'value-expression':
        return computed(evaluate(rule.expression));
    }
  }
}
