import { choose, i32, i64, type I64 } from '../wasm/expression.ts';
import { formatFloat, formatFloat4, formatI, formatS, opcode3 } from './formats.ts';
import type { FloatOperation, Instruction, InstructionBuilder } from './instruction.ts';

const OP_FP = 0x53;
const LOAD_FP = 0x07;
const STORE_FP = 0x27;
const LOW = i64.const(0xffff_ffffn);
const BOX = i64.const(0xffff_ffff_0000_0000n);
const HALF = i64.const(32n);
const CANONICAL_NAN = i64.const(0x7fc0_0000n);

/** One of the two formats: binary32 in a register of 64 bits, or binary64. */
interface Format {
  readonly suffix: 's' | 'd';
  /** In the encoding, and `wide` for the core. */
  readonly fmt: 0 | 1;
  readonly size: 4 | 8;
  readonly sign: I64;
  /** The number in a register, zero-extended. */
  readonly get: (b: InstructionBuilder, register: I64) => I64;
  /** The register that holds such a number. */
  readonly put: (bits: I64) => I64;
}

/** A binary32 has ones above it; a register that is no such NaN box holds the canonical NaN (§ "NaN Boxing"). */
const SINGLE: Format = {
  suffix: 's',
  fmt: 0,
  size: 4,
  sign: i64.const(0x8000_0000n),
  get(b, register) {
    const whole = b.bind(register);
    return choose(i64.eq(i64.shrU(whole, HALF), LOW), i64.and(whole, LOW), CANONICAL_NAN);
  },
  put: (bits) => i64.or(bits, BOX),
};
const DOUBLE: Format = {
  suffix: 'd',
  fmt: 1,
  size: 8,
  sign: i64.const(1n << 63n),
  get: (b, register) => b.bind(register),
  put: (bits) => bits,
};

const wide = (format: Format) => i32.const(format.fmt);

interface Row {
  readonly name: string;
  readonly format: Format;
  /** Bits 31..27; the format's follow. */
  readonly funct5: number;
  /** Fixed rm field, where it is no rounding mode. */
  readonly funct3?: number;
  /** Fixed rs2 field, where it is no register. */
  readonly selector?: number;
  readonly syntax: string;
  /** Has an rm field that makes no difference, which assemblers leave out. */
  readonly exact?: boolean;
  readonly build: Instruction['build'];
}

const row = ({ name, format, funct5, funct3, selector, syntax, exact, build }: Row): Instruction => ({
  name,
  match:
    (OP_FP | ((funct3 ?? 0) << 12) | ((selector ?? 0) << 20) | (format.fmt << 25) | (funct5 << 27)) >>> 0,
  mask: (0xfe00007f | (funct3 === undefined ? 0 : 0x7000) | (selector === undefined ? 0 : 0x1f00000)) >>> 0,
  operands: formatFloat,
  syntax: funct3 === undefined && exact !== true ? `${syntax},rm` : syntax,
  build(b) {
    b.requireFloat();
    build(b);
  },
});

/** fd = f(f1, f2), rounded. */
const arithmetic = (
  name: string,
  format: Format,
  funct5: number,
  operation: FloatOperation,
  second: (b: I64) => I64 = (b) => b,
): Instruction =>
  row({
    name: `${name}.${format.suffix}`,
    format,
    funct5,
    syntax: 'fd,f1,f2',
    build(b) {
      const rounding = b.rounding();
      const f1 = format.get(b, b.f1);
      const f2 = second(format.get(b, b.f2));
      b.setFd(format.put(b.float(operation, wide(format), rounding, f1, f2)));
    },
  });

/** ±(f1 · f2) ± f3: turning the sign of an operand turns that of the term, and no NaN's matters. */
const fused = (
  name: string,
  format: Format,
  opcode: number,
  product: (a: I64) => I64,
  addend: (c: I64) => I64,
): Instruction => ({
  name: `${name}.${format.suffix}`,
  match: opcode | (format.fmt << 25),
  mask: 0x0600007f,
  operands: formatFloat4,
  syntax: 'fd,f1,f2,f3,rm',
  build(b) {
    b.requireFloat();
    const rounding = b.rounding();
    const [f1, f2, f3] = [b.f1, b.f2, b.f3].map((register) => format.get(b, register)) as [I64, I64, I64];
    b.setFd(format.put(b.float('floatMultiplyAdd', wide(format), rounding, product(f1), f2, addend(f3))));
  },
});

const injection = (
  name: string,
  format: Format,
  funct3: number,
  f: (a: I64, b: I64, sign: I64) => I64,
): Instruction =>
  row({
    name: `${name}.${format.suffix}`,
    format,
    funct5: 0x04,
    funct3,
    syntax: 'fd,f1,f2',
    build(b) {
      const f1 = format.get(b, b.f1);
      const f2 = format.get(b, b.f2);
      b.setFd(format.put(f(f1, f2, format.sign)));
    },
  });

/** Without rounding: into fd or, as a truth value, into rd. */
const choice = (
  name: string,
  format: Format,
  funct5: number,
  funct3: number,
  operation: FloatOperation,
  destination: 'fd' | 'rd',
): Instruction =>
  row({
    name: `${name}.${format.suffix}`,
    format,
    funct5,
    funct3,
    syntax: `${destination},f1,f2`,
    build(b) {
      const value = b.float(operation, wide(format), format.get(b, b.f1), format.get(b, b.f2));
      if (destination === 'rd') b.setRd(value);
      else b.setFd(format.put(value));
    },
  });

/** Kinds of integers by the number that stands for them in rs2. */
const INTEGERS = ['w', 'wu', 'l', 'lu'] as const;

const toInteger = (format: Format): Instruction[] =>
  INTEGERS.map((integer, kind) =>
    row({
      name: `fcvt.${integer}.${format.suffix}`,
      format,
      funct5: 0x18,
      selector: kind,
      syntax: 'rd,f1',
      build(b) {
        const rounding = b.rounding();
        const f1 = format.get(b, b.f1);
        b.setRd(b.float('floatToInteger', wide(format), rounding, f1, i32.const(kind)));
      },
    }),
  );

const fromInteger = (format: Format): Instruction[] =>
  INTEGERS.map((integer, kind) =>
    row({
      name: `fcvt.${format.suffix}.${integer}`,
      format,
      funct5: 0x1a,
      selector: kind,
      syntax: 'fd,rs1',
      exact: format === DOUBLE && kind < 2,
      build(b) {
        const rounding = b.rounding();
        b.setFd(format.put(b.float('integerToFloat', wide(format), rounding, b.rs1, i32.const(kind))));
      },
    }),
  );

const memory = (format: Format): Instruction[] => {
  const funct3 = format.size === 4 ? 2 : 3;
  const letter = format.size === 4 ? 'w' : 'd';
  return [
    {
      name: `fl${letter}`,
      ...opcode3(LOAD_FP, funct3),
      operands: formatI,
      syntax: 'fd,imm(rs1)',
      build(b) {
        b.requireFloat();
        b.setFd(format.put(b.load(i64.add(b.rs1, b.imm), format.size, false)));
      },
    },
    {
      name: `fs${letter}`,
      ...opcode3(STORE_FP, funct3),
      operands: formatS,
      syntax: 'f2,imm(rs1)',
      build(b) {
        b.requireFloat();
        b.store(i64.add(b.rs1, b.imm), b.f2, format.size);
      },
    },
  ];
};

/** Bits as they are; a single one is sign-extended, whatever is above it. */
const moves = (format: Format): Instruction[] => {
  const letter = format.size === 4 ? 'w' : 'd';
  const low = (bits: I64): I64 => (format.size === 4 ? i64.and(bits, LOW) : bits);
  const signed = (bits: I64): I64 => (format.size === 4 ? i64.extend32S(bits) : bits);
  return [
    row({
      name: `fmv.x.${letter}`,
      format,
      funct5: 0x1c,
      funct3: 0,
      selector: 0,
      syntax: 'rd,f1',
      build: (b) => b.setRd(signed(b.f1)),
    }),
    row({
      name: `fmv.${letter}.x`,
      format,
      funct5: 0x1e,
      funct3: 0,
      selector: 0,
      syntax: 'fd,rs1',
      build: (b) => b.setFd(format.put(low(b.rs1))),
    }),
  ];
};

const inFormat = (format: Format): Instruction[] => {
  const same = (a: I64): I64 => a;
  const negated = (a: I64): I64 => i64.xor(a, format.sign);
  const signOf = (a: I64): I64 => i64.and(a, format.sign);
  const unsigned = (a: I64): I64 => i64.and(a, i64.xor(format.sign, i64.const(-1n)));
  return [
    ...memory(format),
    fused('fmadd', format, 0x43, same, same),
    fused('fmsub', format, 0x47, same, negated),
    fused('fnmsub', format, 0x4b, negated, same),
    fused('fnmadd', format, 0x4f, negated, negated),
    arithmetic('fadd', format, 0x00, 'floatAdd'),
    arithmetic('fsub', format, 0x01, 'floatAdd', negated),
    arithmetic('fmul', format, 0x02, 'floatMultiply'),
    arithmetic('fdiv', format, 0x03, 'floatDivide'),
    row({
      name: `fsqrt.${format.suffix}`,
      format,
      funct5: 0x0b,
      selector: 0,
      syntax: 'fd,f1',
      build(b) {
        const rounding = b.rounding();
        b.setFd(format.put(b.float('floatSquareRoot', wide(format), rounding, format.get(b, b.f1))));
      },
    }),
    injection('fsgnj', format, 0, (f1, f2) => i64.or(unsigned(f1), signOf(f2))),
    injection('fsgnjn', format, 1, (f1, f2) => i64.or(unsigned(f1), signOf(negated(f2)))),
    injection('fsgnjx', format, 2, (f1, f2) => i64.xor(f1, signOf(f2))),
    choice('fmin', format, 0x05, 0, 'floatMinimum', 'fd'),
    choice('fmax', format, 0x05, 1, 'floatMaximum', 'fd'),
    choice('fle', format, 0x14, 0, 'floatLessOrEqual', 'rd'),
    choice('flt', format, 0x14, 1, 'floatLess', 'rd'),
    choice('feq', format, 0x14, 2, 'floatEqual', 'rd'),
    row({
      name: `fclass.${format.suffix}`,
      format,
      funct5: 0x1c,
      funct3: 1,
      selector: 0,
      syntax: 'rd,f1',
      build: (b) => b.setRd(b.float('floatClass', wide(format), format.get(b, b.f1))),
    }),
    ...toInteger(format),
    ...fromInteger(format),
    ...moves(format),
  ];
};

/** RV64F, unprivileged spec chapter "F". */
export const rv64f: readonly Instruction[] = inFormat(SINGLE);

/** RV64D, unprivileged spec chapter "D". */
export const rv64d: readonly Instruction[] = [
  ...inFormat(DOUBLE),
  row({
    name: 'fcvt.s.d',
    format: SINGLE,
    funct5: 0x08,
    selector: 1,
    syntax: 'fd,f1',
    build(b) {
      const rounding = b.rounding();
      b.setFd(SINGLE.put(b.float('floatNarrow', rounding, DOUBLE.get(b, b.f1))));
    },
  }),
  row({
    name: 'fcvt.d.s',
    format: DOUBLE,
    funct5: 0x08,
    selector: 0,
    syntax: 'fd,f1',
    exact: true,
    build(b) {
      b.rounding(); // it must not be reserved
      b.setFd(b.float('floatWiden', SINGLE.get(b, b.f1)));
    },
  }),
];
