import {
  CSR_WRITE,
  type CacheBlockOperation,
  type CsrOperation,
  type FloatOperation,
  type InstructionBuilder,
  type SystemCall,
} from '../isa/instruction.ts';
import { FIRST_OPERATION, operations, type Operation } from '../isa/table.ts';
import {
  BUDGET,
  DATA_TLB,
  F,
  FAST_ADDEND,
  FAST_FETCH,
  FAST_READ,
  FAST_TAG,
  FAST_TLB_ENTRIES,
  FAST_TLB_ENTRY_SIZE,
  FAST_WRITE,
  FETCH_TLB,
  FRM,
  MSTATUS,
  PAGE_SIZE,
  PC,
  PC_BASE,
  OP_BREAK,
  OP_CROSS_PAGE,
  OP_PAGE_END,
  OP_UNDECODED,
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
 * The interpreter is one WebAssembly function, run(hart, budget): a loop around one br_table, a block an operation.
 * (A function an operation with tail calls between them was measured at a third of this speed: every call pays
 * for a stack check, a signature check and the reload of the memory's base.)
 *
 *   loop $next
 *     block $redirect
 *       block … block        one an operation, the breakpoint's innermost
 *         br_table (SLOT_OP of slot)
 *       end                  code of the operation, which ends in a branch to $next or $redirect, or returns
 *       …
 *     end
 *     slot = core.resume(hart); return if 0
 *     br $next
 *
 * Locals: the hart's block, the instructions that may still retire (this one included), the current slot.
 */
const HART = 0;
const BUDGET_LOCAL = 1;
const SLOT = 2;
const FIRST_TEMPORARY = 3;

const hart = localGet('i32', HART);
const budget = localGet('i32', BUDGET_LOCAL);
const slot = localGet('i32', SLOT);

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
  fenceInvalidation: signature('ii'),
  cacheBlock: signature('iili'),
  illegal: signature('ii'),
  floatAdd: signature('iiill', 'i64'),
  floatMultiply: signature('iiill', 'i64'),
  floatDivide: signature('iiill', 'i64'),
  floatSquareRoot: signature('iiil', 'i64'),
  floatMultiplyAdd: signature('iiilll', 'i64'),
  floatMinimum: signature('iill', 'i64'),
  floatMaximum: signature('iill', 'i64'),
  floatEqual: signature('iill', 'i64'),
  floatLess: signature('iill', 'i64'),
  floatLessOrEqual: signature('iill', 'i64'),
  floatClass: signature('iil', 'i64'),
  floatToInteger: signature('iiili', 'i64'),
  integerToFloat: signature('iiili', 'i64'),
  floatWiden: signature('il', 'i64'),
  floatNarrow: signature('iil', 'i64'),
} as const;
type CoreFunction = keyof typeof CORE_FUNCTIONS;

interface Imports {
  readonly core: Record<CoreFunction, number>;
  readonly decode: number;
  readonly breakpoint: number;
}

/** mstatus: FS, and the summary that goes with its value Dirty. */
const FS = 3n << 13n;
const SD = 1n << 63n;
const DYNAMIC_ROUNDING = 7;
const LAST_ROUNDING_MODE = 4;

/** Where a branch can go: a position in the nesting of blocks, counted from the outside. */
type Label = number;

/** The code of `run`: nesting for branches, and temporaries that every operation reuses. */
class RunWriter {
  readonly code = new ByteWriter();
  readonly locals: ValueType[] = ['i32'];
  #depth = 0;
  #inUse = 0;

  open(kind: 'block' | 'loop'): Label {
    statement.open(this.code, kind);
    return this.#depth++;
  }

  close(): void {
    statement.end(this.code);
    this.#depth--;
  }

  branch(label: Label): void {
    statement.branch(this.code, this.#depth - 1 - label);
  }

  branchTable(labels: readonly Label[], index: I32): void {
    const depths = labels.map((label) => this.#depth - 1 - label);
    statement.branchTable(this.code, depths, index);
  }

  if(test: I32, then: () => void, otherwise?: () => void): void {
    const nested = (body: () => void) => (): void => {
      this.#depth++;
      body();
      this.#depth--;
    };
    statement.if(this.code, test, nested(then), otherwise && nested(otherwise));
  }

  /** A temporary of that type; it lives until `releaseTemporaries`. */
  declare<T extends ValueType>(type: T): { index: number; value: Expression<T> } {
    while (this.locals[++this.#inUse] !== undefined && this.locals[this.#inUse] !== type);
    this.locals[this.#inUse] ??= type;
    const index = FIRST_TEMPORARY - 1 + this.#inUse;
    return { index, value: localGet(type, index) };
  }

  bind<T extends ValueType>(value: Expression<T>): Expression<T> {
    const { index, value: bound } = this.declare(value.type);
    statement.localSet(this.code, index, value);
    return bound;
  }

  releaseTemporaries(): void {
    this.#inUse = 0;
  }
}

const pcOf = (slotAddress: I32): I64 =>
  i64.add(i64.load(hart, PC_BASE), i64.extendU(i32.shrU(slotAddress, i32.const(SLOT_PC_SHIFT))));

const storeBudget = (code: ByteWriter, value: I32): void =>
  statement.store32(code, i32.const(0), BUDGET, value);

/** Entry of a direct-mapped fast TLB table for a virtual address: page number modulo entries, times entry size. */
const fastEntry = (tlb: number, va: I64): I32 => {
  const indexShift = Math.log2(PAGE_SIZE) - Math.log2(FAST_TLB_ENTRY_SIZE);
  const indexMask = (FAST_TLB_ENTRIES - 1) * FAST_TLB_ENTRY_SIZE;
  const offset = i32.and(i32.shrU(i32.wrap(va), i32.const(indexShift)), i32.const(indexMask));
  return i32.add(i32.load(hart, tlb), offset);
};

/** Emits the code of one operation of the table. */
class OperationBuilder implements InstructionBuilder {
  readonly #imports: Imports;
  readonly #operation: Operation;
  readonly #run: RunWriter;
  readonly #code: ByteWriter;
  readonly #next: Label;
  readonly #redirect: Label;
  #ended = false;

  readonly rs1 = i64.load(i32.add(hart, i32.load16U(slot, SLOT_RS1)), X);
  readonly rs2 = i64.load(i32.add(hart, i32.load16U(slot, SLOT_RS2)), X);
  readonly f1 = i64.load(i32.add(hart, i32.load16U(slot, SLOT_RS1)), F);
  readonly f2 = i64.load(i32.add(hart, i32.load16U(slot, SLOT_RS2)), F);
  readonly f3 = i64.load(i32.add(hart, i32.and(i32.load(slot, SLOT_IMM), i32.const(0xf8))), F);
  readonly imm = i64.extendS(i32.load(slot, SLOT_IMM));
  readonly pc = pcOf(slot);
  readonly nextPc: I64;

  constructor(
    imports: Imports,
    run: RunWriter,
    labels: { next: Label; redirect: Label },
    operation: Operation,
  ) {
    this.#imports = imports;
    this.#operation = operation;
    this.#run = run;
    this.#code = run.code;
    this.#next = labels.next;
    this.#redirect = labels.redirect;
    this.nextPc = i64.add(this.pc, i64.const(BigInt(operation.length)));
  }

  build(): void {
    this.#operation.instruction.build(this);
    const following = i32.add(slot, i32.const(this.#operation.length << SLOT_PC_SHIFT));
    if (!this.#ended) this.#retire(following);
    this.#run.releaseTemporaries();
  }

  bind(value: I64): I64 {
    return this.#run.bind(value);
  }

  setRd(value: I64): void {
    statement.store64(this.#code, i32.add(hart, i32.load16U(slot, SLOT_RD)), X, value);
  }

  load(address: I64, size: Size, signed: boolean): I64 {
    const va = this.bind(address);
    const at = this.#run.declare('i32');
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
    return i64.loadSized(at.value, size, signed);
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
    this.#run.if(test, () => this.#goRelative());
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
    const at = this.#run.bind(this.#core('amoRead', va, i32.const(size)));
    this.#redirectIfZero(at);
    const old = this.bind(i64.loadSized(at, size, true));
    this.#redirectIfZero(this.#core('amoWrite', va, result(old), i32.const(size)));
    this.setRd(old);
  }

  loadReserved(size: 4 | 8): void {
    const va = this.bind(this.rs1);
    this.#beginSlow();
    const at = this.#run.bind(this.#core('lr', va, i32.const(size)));
    this.#redirectIfZero(at);
    this.setRd(i64.loadSized(at, size, true));
  }

  storeConditional(size: 4 | 8): void {
    const va = this.bind(this.rs1);
    this.#beginSlow();
    const outcome = this.#run.bind(this.#core('sc', va, this.rs2, i32.const(size)));
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

  cacheBlock(operation: CacheBlockOperation): void {
    this.#beginSlow();
    this.#redirectIfZero(this.#core('cacheBlock', this.rs1, i32.const(operation)));
  }

  requireFloat(): void {
    const off = i64.eqz(i64.and(i64.load(hart, MSTATUS), i64.const(FS)));
    this.#run.if(off, () => this.system('illegal'));
  }

  rounding(): I32 {
    const { index, value } = this.#run.declare('i32');
    statement.localSet(this.#code, index, i32.and(i32.load(slot, SLOT_IMM), i32.const(7)));
    this.#run.if(i32.eq(value, i32.const(DYNAMIC_ROUNDING)), () =>
      statement.localSet(this.#code, index, i32.load(hart, FRM)),
    );
    this.#run.if(i32.gtU(value, i32.const(LAST_ROUNDING_MODE)), () => this.system('illegal'));
    return value;
  }

  float(operation: FloatOperation, ...operands: Expression[]): I64 {
    return call('i64', this.#imports.core[operation], [hart, ...operands]);
  }

  setFd(value: I64): void {
    statement.store64(this.#code, i32.add(hart, i32.load16U(slot, SLOT_RD)), F, value);
    const dirty = i64.or(i64.load(hart, MSTATUS), i64.const(BigInt.asIntN(64, FS | SD)));
    statement.store64(this.#code, hart, MSTATUS, dirty);
  }

  system(name: SystemCall): void {
    this.#beginSlow();
    this.#redirectIfZero(this.#core(name));
  }

  #core(name: CoreFunction, ...rest: Expression[]): I32 {
    return call('i32', this.#imports.core[name], [hart, slot, ...rest]);
  }

  /** The core must know how much budget is left: it may take a trap, or a device may ask for the time. */
  #beginSlow(): void {
    storeBudget(this.#code, budget);
  }

  #redirectIfZero(value: I32): void {
    this.#run.if(i32.eqz(value), () => this.#run.branch(this.#redirect));
  }

  #onFastHit(table: number, va: I64, size: Size, hit: (host: I32) => void, miss: () => void): void {
    const entry = this.#run.bind(fastEntry(DATA_TLB, va));
    // Low address bits stay in the compare, so that a misaligned access misses.
    const page = i64.and(va, i64.const(BigInt(-PAGE_SIZE | (size - 1))));
    const host = i32.add(i32.wrap(va), i32.load(entry, table + FAST_ADDEND));
    this.#run.if(i64.eq(page, i64.load(entry, table + FAST_TAG)), () => hit(host), miss);
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
    const entry = this.#run.bind(fastEntry(FETCH_TLB, va));
    this.#run.if(i64.eq(i64.load(entry, FAST_FETCH + FAST_TAG), page), () => {
      const slots = this.#run.bind(i32.load(entry, FAST_FETCH + FAST_ADDEND));
      const base = i64.sub(page, i64.extendU(i32.shrU(slots, i32.const(SLOT_PC_SHIFT))));
      statement.store64(code, hart, PC_BASE, base);
      const offset = i32.and(i32.wrap(va), i32.const(PAGE_SIZE - 2));
      this.#retire(i32.add(slots, i32.shl(offset, i32.const(SLOT_PC_SHIFT))));
    });
    statement.store64(code, hart, PC, va);
    storeBudget(code, i32.sub(budget, i32.const(1)));
    this.#run.branch(this.#redirect);
  }

  #retire(next: I32): void {
    statement.localSet(this.#code, SLOT, next);
    statement.localSet(this.#code, BUDGET_LOCAL, i32.sub(budget, i32.const(1)));
    this.#run.if(i32.eqz(budget), () => leave(this.#code));
    this.#run.branch(this.#next);
  }
}

const savePosition = (code: ByteWriter): void => {
  statement.store64(code, hart, PC, pcOf(slot));
  storeBudget(code, budget);
};

/** Back to the host, with `slot` as the next instruction. */
const leave = (code: ByteWriter): void => {
  savePosition(code);
  statement.return(code);
};

/** Generates the interpreter's module. It imports env.memory, the core's functions and two of the host's. */
export function generateInterpreter(memoryPages: { initial: number; maximum: number }): Uint8Array {
  const module = new ModuleBuilder();
  const core = Object.fromEntries(
    Object.entries(CORE_FUNCTIONS).map(([name, type]) => [name, module.importFunction('core', name, type)]),
  ) as Record<CoreFunction, number>;
  const imports: Imports = {
    core,
    decode: module.importFunction('host', 'decode', signature('i', '')),
    breakpoint: module.importFunction('host', 'breakpoint', signature('i')),
  };
  const run = writeRun(imports);
  const type: Signature = { parameters: ['i32', 'i32'], results: [] };
  module.export('run', module.function(type, run.locals, run.code.view()));
  return module.build(memoryPages);
}

function writeRun(imports: Imports): RunWriter {
  const run = new RunWriter();
  const { code } = run;
  const resume = (): void => {
    statement.localSet(code, SLOT, call('i32', imports.core.resume, [hart]));
    run.if(i32.eqz(slot), () => statement.return(code));
    statement.localSet(code, BUDGET_LOCAL, i32.load(i32.const(0), BUDGET));
  };

  storeBudget(code, budget);
  resume();
  const next = run.open('loop');
  const redirect = run.open('block');
  const bodies = operationBodies(imports, run, { next, redirect });
  // Code behind a block's end can branch to every block that is still open, so the innermost one is the
  // breakpoint's: it goes on to the operation it covers.
  const order = [OP_BREAK, ...bodies.keys()].filter((op, index) => index === 0 || op !== OP_BREAK);
  const labels: Label[] = [];
  for (const op of [...order].reverse()) labels[op] = run.open('block');
  const dispatch = (field: number, open: readonly Label[]): void =>
    run.branchTable(open, i32.load16U(slot, field));
  dispatch(SLOT_OP, labels);
  for (const op of order) {
    run.close();
    if (op === OP_BREAK) {
      savePosition(code);
      run.if(call('i32', imports.breakpoint, [hart]), () => statement.return(code));
      // No breakpoint covers another; the table needs some entry for its number.
      dispatch(SLOT_REAL_OP, labels.with(OP_BREAK, labels[OP_PAGE_END]!));
    } else bodies[op]!();
  }
  run.close();
  resume();
  run.branch(next);
  run.close();
  // The loop has no way out but `return`.
  statement.unreachable(code);
  return run;
}

/** Emitters of every operation's code, by operation number. */
function operationBodies(
  imports: Imports,
  run: RunWriter,
  labels: { next: Label; redirect: Label },
): (() => void)[] {
  const { code } = run;
  const bodies: (() => void)[] = [];
  bodies[OP_UNDECODED] = () => {
    statement.call(code, imports.decode, [slot]);
    run.branch(labels.next);
  };
  bodies[OP_PAGE_END] = () => {
    savePosition(code);
    run.branch(labels.redirect);
  };
  bodies[OP_CROSS_PAGE] = () => {
    storeBudget(code, budget);
    statement.localSet(code, SLOT, call('i32', imports.core.crossPage, [hart, slot]));
    run.if(i32.eqz(slot), () => run.branch(labels.redirect));
    run.branch(labels.next);
  };
  operations.forEach((operation, index) => {
    bodies[FIRST_OPERATION + index] = () => new OperationBuilder(imports, run, labels, operation).build();
  });
  return bodies;
}
