import type { CompressedInstruction, Operands } from './instruction.ts';

/** Bit `from` of the encoding, moved to bit `to` of the immediate. */
const bit = (bits: number, from: number, to: number): number => ((bits >>> from) & 1) << to;
/** Bits `high`..`low`, moved so that `low` becomes bit `to`. */
const field = (bits: number, high: number, low: number, to: number): number =>
  ((bits >>> low) & ((1 << (high - low + 1)) - 1)) << to;
const signExtend = (value: number, width: number): number => (value << (32 - width)) >> (32 - width);

const rd = (b: number): number => (b >>> 7) & 31;
const rs2 = (b: number): number => (b >>> 2) & 31;
/** The three-bit fields name x8 … x15. */
const rdShort = (b: number): number => 8 + ((b >>> 7) & 7);
const rs2Short = (b: number): number => 8 + ((b >>> 2) & 7);

const imm6 = (b: number): number => signExtend(bit(b, 12, 5) | field(b, 6, 2, 0), 6);
const uimm6 = (b: number): number => bit(b, 12, 5) | field(b, 6, 2, 0);
const word = (b: number): number => field(b, 12, 10, 3) | bit(b, 6, 2) | bit(b, 5, 6);
const double = (b: number): number => field(b, 12, 10, 3) | field(b, 6, 5, 6);
const jump = (b: number): number =>
  signExtend(
    bit(b, 12, 11) |
      bit(b, 11, 4) |
      field(b, 10, 9, 8) |
      bit(b, 8, 10) |
      bit(b, 7, 6) |
      bit(b, 6, 7) |
      field(b, 5, 3, 1) |
      bit(b, 2, 5),
    12,
  );
const branch = (b: number): number =>
  signExtend(bit(b, 12, 8) | field(b, 11, 10, 3) | field(b, 6, 5, 6) | field(b, 4, 3, 1) | bit(b, 2, 5), 9);
const addi4spn = (b: number): number =>
  field(b, 12, 11, 4) | field(b, 10, 7, 6) | bit(b, 6, 2) | bit(b, 5, 3);
const addi16sp = (b: number): number =>
  signExtend(bit(b, 12, 9) | bit(b, 6, 4) | bit(b, 5, 6) | field(b, 4, 3, 7) | bit(b, 2, 5), 10);
const wordSp = (b: number): number => bit(b, 12, 5) | field(b, 6, 4, 2) | field(b, 3, 2, 6);
const doubleSp = (b: number): number => bit(b, 12, 5) | field(b, 6, 5, 3) | field(b, 4, 2, 6);
const storeWordSp = (b: number): number => field(b, 12, 9, 2) | field(b, 8, 7, 6);
const storeDoubleSp = (b: number): number => field(b, 12, 10, 3) | field(b, 9, 7, 6);

const operands = (o: Partial<Operands>): Operands => ({ rd: 0, rs1: 0, rs2: 0, imm: 0, ...o });

const c = (
  name: string,
  match: number,
  mask: number,
  expands: string,
  decode: (bits: number) => Operands | undefined,
): CompressedInstruction => ({ name, match, mask, expands, operands: decode });

/** Two-register arithmetic of quadrant 1: rd' = rd' op rs2'. */
const arithmetic = (name: string, match: number): CompressedInstruction =>
  c(`c.${name}`, match, 0xfc63, name, (b) => operands({ rd: rdShort(b), rs1: rdShort(b), rs2: rs2Short(b) }));

/**
 * RV64C, unprivileged spec chapter "C" (tables of RVC quadrants 0 to 2). Reserved encodings have no operands;
 * hints are what they expand to, with x0 as destination. More special encodings stand first.
 */
export const rv64c: readonly CompressedInstruction[] = [
  c('c.addi4spn', 0x0000, 0xe003, 'addi', (b) =>
    addi4spn(b) === 0 ? undefined : operands({ rd: rs2Short(b), rs1: 2, imm: addi4spn(b) }),
  ),
  c('c.fld', 0x2000, 0xe003, 'fld', (b) => operands({ rd: rs2Short(b), rs1: rdShort(b), imm: double(b) })),
  c('c.lw', 0x4000, 0xe003, 'lw', (b) => operands({ rd: rs2Short(b), rs1: rdShort(b), imm: word(b) })),
  c('c.ld', 0x6000, 0xe003, 'ld', (b) => operands({ rd: rs2Short(b), rs1: rdShort(b), imm: double(b) })),
  c('c.fsd', 0xa000, 0xe003, 'fsd', (b) => operands({ rs2: rs2Short(b), rs1: rdShort(b), imm: double(b) })),
  c('c.sw', 0xc000, 0xe003, 'sw', (b) => operands({ rs2: rs2Short(b), rs1: rdShort(b), imm: word(b) })),
  c('c.sd', 0xe000, 0xe003, 'sd', (b) => operands({ rs2: rs2Short(b), rs1: rdShort(b), imm: double(b) })),

  c('c.addi', 0x0001, 0xe003, 'addi', (b) => operands({ rd: rd(b), rs1: rd(b), imm: imm6(b) })),
  c('c.addiw', 0x2001, 0xe003, 'addiw', (b) =>
    rd(b) === 0 ? undefined : operands({ rd: rd(b), rs1: rd(b), imm: imm6(b) }),
  ),
  c('c.li', 0x4001, 0xe003, 'addi', (b) => operands({ rd: rd(b), imm: imm6(b) })),
  c('c.addi16sp', 0x6101, 0xef83, 'addi', (b) =>
    addi16sp(b) === 0 ? undefined : operands({ rd: 2, rs1: 2, imm: addi16sp(b) }),
  ),
  c('c.lui', 0x6001, 0xe003, 'lui', (b) =>
    imm6(b) === 0 ? undefined : operands({ rd: rd(b), imm: imm6(b) << 12 }),
  ),
  c('c.srli', 0x8001, 0xec03, 'srli', (b) => operands({ rd: rdShort(b), rs1: rdShort(b), imm: uimm6(b) })),
  c('c.srai', 0x8401, 0xec03, 'srai', (b) => operands({ rd: rdShort(b), rs1: rdShort(b), imm: uimm6(b) })),
  c('c.andi', 0x8801, 0xec03, 'andi', (b) => operands({ rd: rdShort(b), rs1: rdShort(b), imm: imm6(b) })),
  arithmetic('sub', 0x8c01),
  arithmetic('xor', 0x8c21),
  arithmetic('or', 0x8c41),
  arithmetic('and', 0x8c61),
  arithmetic('subw', 0x9c01),
  arithmetic('addw', 0x9c21),
  c('c.j', 0xa001, 0xe003, 'jal', (b) => operands({ imm: jump(b) })),
  c('c.beqz', 0xc001, 0xe003, 'beq', (b) => operands({ rs1: rdShort(b), imm: branch(b) })),
  c('c.bnez', 0xe001, 0xe003, 'bne', (b) => operands({ rs1: rdShort(b), imm: branch(b) })),

  c('c.slli', 0x0002, 0xe003, 'slli', (b) => operands({ rd: rd(b), rs1: rd(b), imm: uimm6(b) })),
  c('c.fldsp', 0x2002, 0xe003, 'fld', (b) => operands({ rd: rd(b), rs1: 2, imm: doubleSp(b) })),
  c('c.lwsp', 0x4002, 0xe003, 'lw', (b) =>
    rd(b) === 0 ? undefined : operands({ rd: rd(b), rs1: 2, imm: wordSp(b) }),
  ),
  c('c.ldsp', 0x6002, 0xe003, 'ld', (b) =>
    rd(b) === 0 ? undefined : operands({ rd: rd(b), rs1: 2, imm: doubleSp(b) }),
  ),
  c('c.ebreak', 0x9002, 0xffff, 'ebreak', () => operands({})),
  c('c.jr', 0x8002, 0xf07f, 'jalr', (b) => (rd(b) === 0 ? undefined : operands({ rs1: rd(b) }))),
  c('c.jalr', 0x9002, 0xf07f, 'jalr', (b) => operands({ rd: 1, rs1: rd(b) })),
  c('c.mv', 0x8002, 0xf003, 'add', (b) => operands({ rd: rd(b), rs2: rs2(b) })),
  c('c.add', 0x9002, 0xf003, 'add', (b) => operands({ rd: rd(b), rs1: rd(b), rs2: rs2(b) })),
  c('c.fsdsp', 0xa002, 0xe003, 'fsd', (b) => operands({ rs1: 2, rs2: rs2(b), imm: storeDoubleSp(b) })),
  c('c.swsp', 0xc002, 0xe003, 'sw', (b) => operands({ rs1: 2, rs2: rs2(b), imm: storeWordSp(b) })),
  c('c.sdsp', 0xe002, 0xe003, 'sd', (b) => operands({ rs1: 2, rs2: rs2(b), imm: storeDoubleSp(b) })),
];
