import type { Extension } from './extensions.ts';
import type { CompressedInstruction, Instruction } from './instruction.ts';
import { rv64a } from './rv64a.ts';
import { zba, zbb, zbs, zicond } from './rv64b.ts';
import { rv64c } from './rv64c.ts';
import { rv64d, rv64f } from './rv64f.ts';
import { rv64i } from './rv64i.ts';
import { rv64m } from './rv64m.ts';
import { svinval, system, zicbom, zicboz } from './system.ts';

const named = (list: readonly Instruction[], pattern: RegExp): Instruction[] =>
  list.filter(({ name }) => pattern.test(name));

/** Instructions by the extension without which they are illegal. */
const groups: readonly (readonly [Extension, readonly Instruction[]])[] = [
  ['i', [...rv64i, ...system]],
  ['zmmul', named(rv64m, /^mul/)],
  ['m', named(rv64m, /^(div|rem)/)],
  ['zalrsc', named(rv64a, /^(lr|sc)\./)],
  ['zaamo', named(rv64a, /^amo/)],
  ['f', rv64f],
  ['d', rv64d],
  ['zba', zba],
  ['zbb', zbb],
  ['zbs', zbs],
  ['zicond', zicond],
  ['zicbom', zicbom],
  ['zicboz', zicboz],
  ['svinval', svinval],
];

/** Every instruction of the machine: the one description that decoder, interpreter and disassembler share. */
export const instructions: readonly Instruction[] = groups.flatMap(([, list]) => list);
const extensions = new Map(
  groups.flatMap(([extension, list]) => list.map((instruction) => [instruction, extension])),
);
/** The extension without which the instruction is illegal. */
export const extensionOf = (instruction: Instruction): Extension => extensions.get(instruction)!;
export const compressed: readonly CompressedInstruction[] = rv64c;

/** An encoding that is no instruction: raises illegal instruction. */
export const illegal: Instruction = {
  name: 'illegal',
  match: 0,
  mask: 0,
  operands: () => ({ rd: 0, rs1: 0, rs2: 0, imm: 0 }),
  syntax: '',
  build: (b) => b.system('illegal'),
};

export interface Decoded {
  readonly instruction: Instruction;
  readonly operands: Instruction['operands'] extends (bits: number) => infer O ? O : never;
  /** Bytes. */
  readonly length: 2 | 4;
  /** The compressed spelling, if that is what stands there. */
  readonly spelling?: CompressedInstruction;
}

const byName = new Map(instructions.map((instruction) => [instruction.name, instruction]));

/** Buckets by the bits that every encoding fixes: opcode[6:2] and funct3, or quadrant and funct3. */
const wide: Instruction[][] = Array.from({ length: 256 }, () => []);
const narrow: { spelling: CompressedInstruction; instruction: Instruction }[][] = Array.from(
  { length: 32 },
  () => [],
);

for (const instruction of instructions) {
  for (let key = 0; key < 256; key++) {
    const bits = 3 | ((key & 31) << 2) | ((key >> 5) << 12);
    if (((bits ^ instruction.match) & instruction.mask & 0x707f) === 0) wide[key]!.push(instruction);
  }
}
for (const spelling of compressed) {
  const key = (spelling.match & 3) | ((spelling.match >> 13) << 2);
  narrow[key]!.push({ spelling, instruction: byName.get(spelling.expands)! });
}

/** Length in bytes of the instruction whose first halfword this is (unprivileged spec §1.5). */
export const lengthOf = (halfword: number): 2 | 4 => ((halfword & 3) === 3 ? 4 : 2);

/** @param bits 32 bits of code; of a compressed instruction only the low half counts */
export function decode(bits: number): Decoded | undefined {
  if (lengthOf(bits) === 4) {
    const bucket = wide[((bits >>> 2) & 31) | (((bits >>> 12) & 7) << 5)]!;
    const instruction = bucket.find((i) => ((bits ^ i.match) & i.mask) === 0);
    return instruction && { instruction, operands: instruction.operands(bits), length: 4 };
  }
  const half = bits & 0xffff;
  const bucket = narrow[(half & 3) | ((half >> 13) << 2)]!;
  const found = bucket.find(({ spelling }) => (half & spelling.mask) === spelling.match);
  const operands = found?.spelling.operands(half);
  return operands && { ...found!, operands, length: 2 };
}

/**
 * What a predecoded slot can ask the interpreter to run: an instruction in one of its lengths, and for one with
 * a pc-relative target also whether that target is `near`, in the same page.
 */
export interface Operation {
  readonly instruction: Instruction;
  readonly length: 2 | 4;
  readonly near: boolean;
}

/** Operations 0 … 3 are OP_UNDECODED, OP_BREAK, OP_PAGE_END and OP_CROSS_PAGE of layout.ts. */
export const FIRST_OPERATION = 4;

const expandedNames = new Set(compressed.map((spelling) => spelling.expands));
export const operations: readonly Operation[] = [illegal, ...instructions].flatMap((instruction) => {
  const lengths =
    instruction === illegal || expandedNames.has(instruction.name) ? ([4, 2] as const) : ([4] as const);
  const distances = instruction.relative ? [false, true] : [false];
  return lengths.flatMap((length) => distances.map((near) => ({ instruction, length, near })));
});

const numbers = new Map<Instruction, number[]>();
/** Place of an operation among those of its instruction. */
const variant = (length: 2 | 4, near: boolean): number => (length === 2 ? 2 : 0) + (near ? 1 : 0);
operations.forEach(({ instruction, length, near }, index) => {
  const own = numbers.get(instruction) ?? [];
  own[variant(length, near)] = FIRST_OPERATION + index;
  numbers.set(instruction, own);
});

/** Number of an operation in SLOT_OP. */
export const operationNumber = (instruction: Instruction, length: 2 | 4, near: boolean): number =>
  numbers.get(instruction)![variant(length, near)]!;
