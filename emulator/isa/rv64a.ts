import { choose, i64, type I32, type I64 } from '../wasm/expression.ts';
import { formatR } from './formats.ts';
import type { Instruction } from './instruction.ts';

const AMO = 0x2f;
/** funct5 | opcode | funct3; aq and rl (bits 26, 25) are free: one thread runs all harts in order. */
const MASK = 0xf800707f;

const encoding = (funct5: number, size: 4 | 8): { match: number; mask: number } => ({
  match: (AMO | ((size === 4 ? 2 : 3) << 12) | (funct5 << 27)) >>> 0,
  mask: MASK,
});

const amo = (name: string, funct5: number, f: (old: I64, operand: I64) => I64): Instruction[] =>
  ([4, 8] as const).map((size) => ({
    name: `${name}.${size === 4 ? 'w' : 'd'}`,
    ...encoding(funct5, size),
    operands: formatR,
    syntax: 'rd,rs2,(rs1)',
    build(b) {
      const operand = b.bind(size === 4 ? i64.extend32S(b.rs2) : b.rs2);
      b.readModifyWrite(size, (old) => f(old, operand));
    },
  }));

const pick =
  (test: (a: I64, b: I64) => I32) =>
  (old: I64, operand: I64): I64 =>
    choose(test(old, operand), old, operand);

const reserved = (size: 4 | 8): Instruction[] => {
  const suffix = size === 4 ? 'w' : 'd';
  const lr = encoding(0x02, size);
  return [
    {
      name: `lr.${suffix}`,
      match: lr.match,
      mask: (lr.mask | (31 << 20)) >>> 0,
      operands: formatR,
      syntax: 'rd,(rs1)',
      build: (b) => b.loadReserved(size),
    },
    {
      name: `sc.${suffix}`,
      ...encoding(0x03, size),
      operands: formatR,
      syntax: 'rd,rs2,(rs1)',
      build: (b) => b.storeConditional(size),
    },
  ];
};

/**
 * RV64A, unprivileged spec chapter 8. Both operands of the W forms are sign-extended, which orders them alike as
 * signed and as unsigned numbers.
 */
export const rv64a: readonly Instruction[] = [
  ...reserved(4),
  ...reserved(8),
  ...amo('amoswap', 0x01, (_old, operand) => operand),
  ...amo('amoadd', 0x00, i64.add),
  ...amo('amoxor', 0x04, i64.xor),
  ...amo('amoand', 0x0c, i64.and),
  ...amo('amoor', 0x08, i64.or),
  ...amo('amomin', 0x10, pick(i64.ltS)),
  ...amo('amomax', 0x14, pick(i64.geS)),
  ...amo('amominu', 0x18, pick(i64.ltU)),
  ...amo('amomaxu', 0x1c, pick(i64.geU)),
];
