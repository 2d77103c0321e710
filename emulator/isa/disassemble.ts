import { csrName } from './csrs.ts';
import type { Operands } from './instruction.ts';
import { FLOAT_REGISTER_NAMES, REGISTER_NAMES } from './registers.ts';
import { decode, lengthOf } from './table.ts';

export interface Disassembled {
  readonly mnemonic: string;
  /** Operands as GNU objdump writes them, without a symbol for the target. */
  readonly operands: string;
  /** Bytes. */
  readonly length: 2 | 4;
  /** Where a pc-relative jump or branch goes. */
  readonly target?: bigint;
}

const x = (number: number): string => REGISTER_NAMES[number]!;
const f = (number: number): string => FLOAT_REGISTER_NAMES[number]!;
const ROUNDING_MODES = ['rne', 'rtz', 'rdn', 'rup', 'rmm', 'unknown', 'unknown', 'dyn'];
const DYNAMIC = 7;
const hex = (value: number | bigint): string => `0x${value.toString(16)}`;

/** Fence sets: predecessor and successor, each of i, o, r, w. */
function fenceSets(imm: number): string {
  const set = (bits: number): string =>
    ['i', 'o', 'r', 'w'].filter((_, i) => bits & (8 >> i)).join('') || 'unknown';
  return imm === 0xff ? '' : `${set((imm >> 4) & 15)},${set(imm & 15)}`;
}

/**
 * The pseudoinstructions an assembler programmer expects (unprivileged spec, "RISC-V Assembly Programmer's
 * Handbook"): the first whose condition holds replaces the instruction.
 */
interface Pseudo {
  readonly of: string;
  readonly when: (o: Operands) => boolean;
  readonly name: string;
  readonly syntax: string;
}
const pseudo = (of: string, name: string, syntax: string, when: (o: Operands) => boolean): Pseudo => ({
  of,
  name,
  syntax,
  when,
});

/** frcsr, fscsr and their like, for the whole of fcsr and for its fields. */
const floatCsr = (number: number, name: string): Pseudo[] => [
  pseudo('csrrs', `fr${name}`, 'rd', (o) => o.imm === number && o.rs1 === 0),
  pseudo('csrrw', `fs${name}`, 'rs1', (o) => o.imm === number && o.rd === 0),
  pseudo('csrrw', `fs${name}`, 'rd,rs1', (o) => o.imm === number),
  pseudo('csrrwi', `fs${name}i`, 'rd,uimm', (o) => o.imm === number && number !== 0x003),
];

const PSEUDO: readonly Pseudo[] = [
  pseudo('addi', 'nop', '', (o) => o.rd === 0 && o.rs1 === 0 && o.imm === 0),
  pseudo('addi', 'li', 'rd,imm', (o) => o.rs1 === 0),
  pseudo('addi', 'mv', 'rd,rs1', (o) => o.imm === 0),
  pseudo('addiw', 'sext.w', 'rd,rs1', (o) => o.imm === 0),
  pseudo('xori', 'not', 'rd,rs1', (o) => o.imm === -1),
  pseudo('andi', 'zext.b', 'rd,rs1', (o) => o.imm === 255),
  pseudo('sltiu', 'seqz', 'rd,rs1', (o) => o.imm === 1),
  pseudo('add', 'mv', 'rd,rs2', (o) => o.rs1 === 0),
  pseudo('sub', 'neg', 'rd,rs2', (o) => o.rs1 === 0),
  pseudo('subw', 'negw', 'rd,rs2', (o) => o.rs1 === 0),
  pseudo('sltu', 'snez', 'rd,rs2', (o) => o.rs1 === 0),
  pseudo('slt', 'sltz', 'rd,rs1', (o) => o.rs2 === 0),
  pseudo('slt', 'sgtz', 'rd,rs2', (o) => o.rs1 === 0),
  pseudo('beq', 'beqz', 'rs1,target', (o) => o.rs2 === 0),
  pseudo('bne', 'bnez', 'rs1,target', (o) => o.rs2 === 0),
  pseudo('blt', 'bltz', 'rs1,target', (o) => o.rs2 === 0),
  pseudo('blt', 'bgtz', 'rs2,target', (o) => o.rs1 === 0),
  pseudo('bge', 'bgez', 'rs1,target', (o) => o.rs2 === 0),
  pseudo('bge', 'blez', 'rs2,target', (o) => o.rs1 === 0),
  pseudo('jal', 'j', 'target', (o) => o.rd === 0),
  pseudo('jal', 'jal', 'target', (o) => o.rd === 1),
  pseudo('jalr', 'ret', '', (o) => o.rd === 0 && o.rs1 === 1 && o.imm === 0),
  pseudo('jalr', 'jr', 'rs1', (o) => o.rd === 0 && o.imm === 0),
  pseudo('jalr', 'jr', 'imm(rs1)', (o) => o.rd === 0),
  pseudo('jalr', 'jalr', 'rs1', (o) => o.rd === 1 && o.imm === 0),
  pseudo('jalr', 'jalr', 'imm(rs1)', (o) => o.rd === 1),
  pseudo('csrrs', 'rdcycle', 'rd', (o) => o.rs1 === 0 && o.imm === 0xc00),
  pseudo('csrrs', 'rdtime', 'rd', (o) => o.rs1 === 0 && o.imm === 0xc01),
  pseudo('csrrs', 'rdinstret', 'rd', (o) => o.rs1 === 0 && o.imm === 0xc02),
  ...floatCsr(0x001, 'flags'),
  ...floatCsr(0x002, 'rm'),
  ...floatCsr(0x003, 'csr'),
  pseudo('csrrs', 'csrr', 'rd,csr', (o) => o.rs1 === 0),
  pseudo('csrrw', 'csrw', 'csr,rs1', (o) => o.rd === 0),
  pseudo('csrrs', 'csrs', 'csr,rs1', (o) => o.rd === 0),
  pseudo('csrrc', 'csrc', 'csr,rs1', (o) => o.rd === 0),
  pseudo('csrrwi', 'csrwi', 'csr,uimm', (o) => o.rd === 0),
  pseudo('csrrsi', 'csrsi', 'csr,uimm', (o) => o.rd === 0),
  pseudo('csrrci', 'csrci', 'csr,uimm', (o) => o.rd === 0),
  pseudo('fence', 'pause', '', (o) => o.rd === 0 && o.rs1 === 0 && o.imm === 0x010),
  pseudo('add.uw', 'zext.w', 'rd,rs1', (o) => o.rs2 === 0),
  ...['s', 'd'].flatMap((suffix) => [
    pseudo(`fsgnj.${suffix}`, `fmv.${suffix}`, 'fd,f1', (o) => o.rs1 === o.rs2),
    pseudo(`fsgnjn.${suffix}`, `fneg.${suffix}`, 'fd,f1', (o) => o.rs1 === o.rs2),
    pseudo(`fsgnjx.${suffix}`, `fabs.${suffix}`, 'fd,f1', (o) => o.rs1 === o.rs2),
  ]),
  pseudo('sfence.vma', 'sfence.vma', '', (o) => o.rs1 === 0 && o.rs2 === 0),
  pseudo('sfence.vma', 'sfence.vma', 'rs1', (o) => o.rs2 === 0),
];

/**
 * @param bits 32 bits of code; of a compressed instruction only the low half counts
 * @param pc its address, for relative targets
 */
export function disassemble(bits: number, pc: bigint): Disassembled {
  const decoded = decode(bits);
  if (!decoded) {
    const length = lengthOf(bits);
    const raw = length === 2 ? bits & 0xffff : bits >>> 0;
    return { mnemonic: length === 2 ? '.2byte' : '.4byte', operands: hex(raw), length };
  }
  const { operands, length, instruction } = decoded;
  const alias = PSEUDO.find((p) => p.of === instruction.name && p.when(operands));
  const target = instruction.relative ? BigInt.asUintN(64, pc + BigInt(operands.imm)) : undefined;
  const words: Readonly<Record<string, () => string>> = {
    rd: () => x(operands.rd),
    rs1: () => x(operands.rs1),
    rs2: () => x(operands.rs2),
    fd: () => f(operands.rd),
    f1: () => f(operands.rs1),
    f2: () => f(operands.rs2),
    f3: () => f(operands.imm >>> 3),
    rm: () => ROUNDING_MODES[operands.imm & 7]!,
    imm: () => String(operands.imm),
    shamt: () => hex(operands.imm),
    upper: () => hex((operands.imm >>> 12) & 0xfffff),
    uimm: () => String(operands.rs1),
    csr: () => csrName(operands.imm),
    target: () => hex(target!),
    fence: () => fenceSets(operands.imm & 0xfff),
  };
  const full = alias?.syntax ?? instruction.syntax;
  const syntax = (operands.imm & 7) === DYNAMIC ? full.replace(',rm', '') : full;
  const ordering =
    instruction.mask === 0xf800707f || instruction.name.startsWith('lr.')
      ? ['', '.rl', '.aq', '.aqrl'][(bits >>> 25) & 3]!
      : '';
  return {
    mnemonic: (alias?.name ?? instruction.name) + ordering,
    operands: syntax.replace(/[a-z]+[123]?/g, (word) => words[word]!()),
    length,
    ...(target === undefined ? {} : { target }),
  };
}
