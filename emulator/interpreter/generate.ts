import {
  CSR_WRITE,
  type CsrOperation,
  type InstructionBuilder,
  type SystemCall,
} from '../isa/instruction.ts';
import { FIRST_OPERATION, operations, type Operation } from '../isa/table.ts';
import {
  BUDGET,
  DATA_TLB,
  FAST_ADDEND,
  FAST_FETCH,
  FAST_READ,
  FAST_TAG,
  FAST_TLB_ENTRIES,
  FAST_TLB_ENTRY_SIZE,
  FAST_WRITE,
  FETCH_TLB,
  PAGE_SIZE,
  PC,
  PC_BASE,
  SLOT_IMM,
  SLOT_OP,
  SLOT_PC_SHIFT,
  SLOT_RD,
  SLOT_REAL_OP,
  SLOT_RS1,
  SLOT_RS2,
  X,
} from '../layout.ts';
import { ByteWriter } from '../wasm/bytes.ts';
import {
  call,
  i32,
  i64,
  localGet,
  statement,
  type Expression,
  type I32,
  type I64,
  type Size,
  type ValueType,
} from '../wasm/expression.ts';
import { ModuleBuilder, type Signature } from '../wasm/module.ts';

/*
 * The interpreter: one WebAssembly function an operation, each of which ends in a tail call to the next one's
 * function. All have the signature (hart, slot, budget): addresses of the hart's block and of the current slot,
 * and the instructions that may still retire, this one included.
 */
const HANDLER: Signature = { parameters: ['i32', 'i32', 'i32'], results: [] };
const HART = 0;
const SLOT = 1;
const BUDGET_LOCAL = 2;

const hart = localGet('i32', HART);
const slot = localGet('i32', SLOT);
const budget = localGet('i32', BUDGET_LOCAL);

const signature = (parameters: string, result: ValueType | '' = 'i32'): Signature => ({
  parameters: Array.from(parameters, (letter) => (letter === 'l' ? 'i64' : 'i32')),
  results: result ? [result] : [],
});

/** What the interpreter needs of the core, by name; i = i32, l = i64. Meaning: emulator/core-interface.ts. */
const CORE_FUNCTIONS = {
  resume: signature('i'),
  loadSlow: signature('iili'),
  storeSlow: signature('iilli'),
  amoRead: signature('iili'),
  amoWrite: signature('iilli'),
  lr: signature('iili'),
  sc: signature('iilli'),
  csrOp: signature('iiili'),
  sfenceVma: signature('iillii'),
  crossPage: signature('ii'),
  ecall: signature('ii'),
  ebreak: signature('ii'),
  mret: signature('ii'),
  sret: signature('ii'),
  wfi: signature('ii'),
  fenceI: signature('ii'),
  illegal: signature('ii'),
} as const;
type CoreFunction = keyof typeof CORE_FUNCTIONS;

interface Environment {
  readonly core: Record<CoreFunction, number>;
  readonly decode: number;
  readonly breakpoint: number;
  readonly handlerType: number;
  /** Stores PC and BUDGET and returns to the host; `slot` is the next instruction's. */
  readonly leave: number;
  /** Goes on at HART.PC with BUDGET, after the core has moved them. */
  readonly redirect: number;
}

/** Locals, parameters included, and the code of one function. */
class FunctionWriter {
  readonly code = new ByteWriter();
  readonly locals: ValueType[] = [];

  local<T extends ValueType>(value: Expression<T>): Expression<T> {
    const index = HANDLER.parameters.length + this.locals.push(value.type) - 1;
    statement.localSet(this.code, index, value);
    return localGet(value.type, index);
  }

  /** A local that several branches assign. */
  declare<T extends ValueType>(type: T): { index: number; value: Expression<T> } {
    const index = HANDLER.parameters.length + this.locals.push(type) - 1;
    return { index, value: localGet(type, index) };
  }
}

const pcOf = (slotAddress: I32): I64 =>
  i64.add(i64.load(hart, PC_BASE), i64.extendU(i32.shrU(slotAddress, i32.const(SLOT_PC_SHIFT))));

const storeBudget = (code: ByteWriter, value: I32): void =>
  statement.store32(code, i32.const(0), BUDGET, value);

const dispatch = (env: Environment, code: ByteWriter, next: I32, left: I32, field = SLOT_OP): void =>
  statement.returnCallIndirect(code, env.handlerType, [hart, next, left], i32.load16U(next, field));

/** Entry of a direct-mapped fast TLB table for a virtual address: page number modulo entries, times entry size. */
const fastEntry = (tlb: number, va: I64): I32 => {
  const indexShift = Math.log2(PAGE_SIZE) - Math.log2(FAST_TLB_ENTRY_SIZE);
  const indexMask = (FAST_TLB_ENTRIES - 1) * FAST_TLB_ENTRY_SIZE;
  const offset = i32.and(i32.shrU(i32.wrap(va), i32.const(indexShift)), i32.const(indexMask));
  return i32.add(i32.load(hart, tlb), offset);
};

/** Translates one operation of the table into a handler. */
class HandlerBuilder implements InstructionBuilder {
  readonly #env: Environment;
  readonly #operation: Operation;
  readonly #writer = new FunctionWriter();
  readonly #code = this.#writer.code;
  #ended = false;

  readonly rs1 = i64.load(i32.add(hart, i32.load16U(slot, SLOT_RS1)), X);
  readonly rs2 = i64.load(i32.add(hart, i32.load16U(slot, SLOT_RS2)), X);
  readonly imm = i64.extendS(i32.load(slot, SLOT_IMM));
  readonly pc = pcOf(slot);
  readonly nextPc: I64;
  readonly #nextSlot: I32;

  constructor(env: Environment, operation: Operation) {
    this.#env = env;
    this.#operation = operation;
    this.#nextSlot = i32.add(slot, i32.const(operation.length << SLOT_PC_SHIFT));
    this.nextPc = i64.add(this.pc, i64.const(BigInt(operation.length)));
  }

  build(): FunctionWriter {
    this.#operation.instruction.build(this);
    if (!this.#ended) this.#retire(this.#nextSlot);
    return this.#writer;
  }

  bind(value: I64): I64 {
    return this.#writer.local(value);
  }

  setRd(value: I64): void {
    statement.store64(this.#code, i32.add(hart, i32.load16U(slot, SLOT_RD)), X, value);
  }

  load(address: I64, size: Size, signed: boolean): void {
    const va = this.bind(address);
    const at = this.#writer.declare('i32');
    this.#onFastHit(
      FAST_READ,
      va,
      size,
      (host) => statement.localSet(this.#code, at.index, host),
      () => {
        this.#beginSlow();
        statement.localSet(this.#code, at.index, this.#core('loadSlow', va, i32.const(size)));
        this.#redirectIfZero(at.value);
      },
    );
    this.setRd(i64.loadSized(at.value, size, signed));
  }

  store(address: I64, value: I64, size: Size): void {
    const va = this.bind(address);
    this.#onFastHit(
      FAST_WRITE,
      va,
      size,
      (host) => statement.store64(this.#code, host, 0, value, size),
      () => {
        this.#beginSlow();
        this.#redirectIfZero(this.#core('storeSlow', va, value, i32.const(size)));
      },
    );
  }

  branchIf(test: I32): void {
    statement.if(this.#code, test, () => this.#goRelative());
  }

  jump(): void {
    this.#goRelative();
    this.#ended = true;
  }

  jumpTo(target: I64): void {
    this.#goTo(target);
    this.#ended = true;
  }

  readModifyWrite(size: 4 | 8, result: (old: I64) => I64): void {
    const va = this.bind(this.rs1);
    this.#beginSlow();
    const at = this.#writer.local(this.#core('amoRead', va, i32.const(size)));
    this.#redirectIfZero(at);
    const old = this.bind(i64.loadSized(at, size, true));
    this.#redirectIfZero(this.#core('amoWrite', va, result(old), i32.const(size)));
    this.setRd(old);
  }

  loadReserved(size: 4 | 8): void {
    const va = this.bind(this.rs1);
    this.#beginSlow();
    const at = this.#writer.local(this.#core('lr', va, i32.const(size)));
    this.#redirectIfZero(at);
    this.setRd(i64.loadSized(at, size, true));
  }

  storeConditional(size: 4 | 8): void {
    const va = this.bind(this.rs1);
    this.#beginSlow();
    const outcome = this.#writer.local(this.#core('sc', va, this.rs2, i32.const(size)));
    this.#redirectIfZero(outcome);
    // 1 = stored, 2 = failed; rd is 0 on success (unprivileged spec §8.2).
    this.setRd(i64.extendU(i32.sub(outcome, i32.const(1))));
  }

  csr(operation: CsrOperation, immediate: boolean): void {
    const number = i32.load16U(slot, SLOT_RS1);
    const operand = immediate ? i64.extendU(number) : this.rs1;
    // csrrs and csrrc with x0 or 0 do not write at all (unprivileged spec §6.1).
    const writes = operation === CSR_WRITE ? i32.const(1) : number;
    this.#beginSlow();
    this.#redirectIfZero(this.#core('csrOp', i32.const(operation), operand, writes));
  }

  sfenceVma(): void {
    const rs1Field = i32.load16U(slot, SLOT_RS1);
    const rs2Field = i32.load16U(slot, SLOT_RS2);
    this.#beginSlow();
    this.#redirectIfZero(this.#core('sfenceVma', this.rs1, this.rs2, rs1Field, rs2Field));
  }

  system(name: SystemCall): void {
    this.#beginSlow();
    this.#redirectIfZero(this.#core(name));
  }

  #core(name: CoreFunction, ...rest: Expression[]): I32 {
    return call('i32', this.#env.core[name], [hart, slot, ...rest]);
  }

  /** The core must know how much budget is left: it may take a trap, or a device may ask for the time. */
  #beginSlow(): void {
    storeBudget(this.#code, budget);
  }

  #redirect(): void {
    statement.returnCall(this.#code, this.#env.redirect, [hart, slot, budget]);
  }

  #redirectIfZero(value: I32): void {
    statement.if(this.#code, i32.eqz(value), () => this.#redirect());
  }

  #onFastHit(table: number, va: I64, size: Size, hit: (host: I32) => void, miss: () => void): void {
    const entry = this.#writer.local(fastEntry(DATA_TLB, va));
    // Low address bits stay in the compare, so that a misaligned access misses.
    const page = i64.and(va, i64.const(BigInt(-PAGE_SIZE | (size - 1))));
    const host = i32.add(i32.wrap(va), i32.load(entry, table + FAST_ADDEND));
    statement.if(this.#code, i64.eq(page, i64.load(entry, table + FAST_TAG)), () => hit(host), miss);
  }

  #goRelative(): void {
    if (this.#operation.near) this.#retire(i32.add(slot, i32.load(slot, SLOT_IMM)));
    else this.#goTo(i64.add(this.pc, this.imm));
  }

  /** Stays in the interpreter if the page of the target is in the fast fetch TLB. */
  #goTo(target: I64): void {
    const code = this.#code;
    const va = this.bind(target);
    const page = this.bind(i64.and(va, i64.const(BigInt(-PAGE_SIZE))));
    const entry = this.#writer.local(fastEntry(FETCH_TLB, va));
    statement.if(code, i64.eq(i64.load(entry, FAST_FETCH + FAST_TAG), page), () => {
      const slots = this.#writer.local(i32.load(entry, FAST_FETCH + FAST_ADDEND));
      const base = i64.sub(page, i64.extendU(i32.shrU(slots, i32.const(SLOT_PC_SHIFT))));
      statement.store64(code, hart, PC_BASE, base);
      const offset = i32.and(i32.wrap(va), i32.const(PAGE_SIZE - 2));
      this.#retire(i32.add(slots, i32.shl(offset, i32.const(SLOT_PC_SHIFT))));
    });
    statement.store64(code, hart, PC, va);
    storeBudget(code, i32.sub(budget, i32.const(1)));
    this.#redirect();
  }

  #retire(next: I32): void {
    const code = this.#code;
    const nextSlot = this.#writer.local(next);
    statement.localSet(code, BUDGET_LOCAL, i32.sub(budget, i32.const(1)));
    statement.if(code, i32.eqz(budget), () =>
      statement.returnCall(code, this.#env.leave, [hart, nextSlot, budget]),
    );
    dispatch(this.#env, code, nextSlot, budget);
  }
}

/** Builds one handler that is no instruction. */
function special(build: (writer: FunctionWriter) => void): FunctionWriter {
  const writer = new FunctionWriter();
  build(writer);
  return writer;
}

/** Generates the interpreter's module. It imports env.memory, the core's functions and two of the host's. */
export function generateInterpreter(memoryPages: { initial: number; maximum: number }): Uint8Array {
  const module = new ModuleBuilder();
  const core = Object.fromEntries(
    Object.entries(CORE_FUNCTIONS).map(([name, type]) => [name, module.importFunction('core', name, type)]),
  ) as Record<CoreFunction, number>;
  const decode = module.importFunction('host', 'decode', signature('i', ''));
  const breakpoint = module.importFunction('host', 'breakpoint', signature('i'));
  const leave = module.nextFunction;
  const env: Environment = {
    core,
    decode,
    breakpoint,
    handlerType: module.type(HANDLER),
    leave,
    redirect: leave + 1,
  };
  const add = (writer: FunctionWriter): number => {
    // Every path has left through a tail call or a return; the body's end cannot be reached.
    writer.code.byte(0x00);
    return module.function(HANDLER, writer.locals, writer.code.view());
  };
  const savePc = (code: ByteWriter): void => {
    statement.store64(code, hart, PC, pcOf(slot));
    storeBudget(code, budget);
  };
  const redirect = (code: ByteWriter): void => statement.returnCall(code, env.redirect, [hart, slot, budget]);

  add(
    special(({ code }) => {
      savePc(code);
      statement.return(code);
    }),
  );
  add(
    special((writer) => {
      const next = writer.local(call('i32', core.resume, [hart]));
      statement.if(writer.code, i32.eqz(next), () => statement.return(writer.code));
      dispatch(env, writer.code, next, i32.load(i32.const(0), BUDGET));
    }),
  );
  const undecoded = special(({ code }) => {
    statement.call(code, decode, [slot]);
    dispatch(env, code, slot, budget);
  });
  const breakHere = special(({ code }) => {
    savePc(code);
    statement.if(code, call('i32', breakpoint, [hart]), () => statement.return(code));
    dispatch(env, code, slot, budget, SLOT_REAL_OP);
  });
  const pageEnd = special(({ code }) => {
    savePc(code);
    redirect(code);
  });
  const crossPage = special((writer) => {
    storeBudget(writer.code, budget);
    const next = writer.local(call('i32', core.crossPage, [hart, slot]));
    statement.if(writer.code, i32.eqz(next), () => redirect(writer.code));
    dispatch(env, writer.code, next, budget);
  });
  const specials = [undecoded, breakHere, pageEnd, crossPage];
  if (specials.length !== FIRST_OPERATION) throw new Error('special operations out of step with layout.ts');
  const handlers = [
    ...specials,
    ...operations.map((operation) => new HandlerBuilder(env, operation).build()),
  ];
  module.table(handlers.map(add));

  const entry = new ByteWriter();
  statement.store32(entry, i32.const(0), BUDGET, localGet('i32', 1));
  statement.call(entry, env.redirect, [hart, i32.const(0), i32.const(0)]);
  module.export('run', module.function({ parameters: ['i32', 'i32'], results: [] }, [], entry.view()));
  return module.build(memoryPages);
}
