import {
  SLOT_IMM,
  SLOT_LENGTH,
  SLOT_OP,
  SLOT_PC_SHIFT,
  SLOT_RD,
  SLOT_REAL_OP,
  SLOT_RS1,
  SLOT_RS2,
  X_SINK,
} from '../layout.ts';
import type { Extension } from './extensions.ts';
import { decode, extensionOf, illegal, lengthOf, operationNumber } from './table.ts';

/** Where a slot's instruction lies, as far as its decoding depends on it. */
export interface SlotPlace {
  /** Offset of the instruction in its page, in bytes; −1 if it crosses into the next page. */
  readonly pageOffset: number;
}

const REGISTER_BYTES = 8;

/**
 * Decodes an instruction into a slot. SLOT_OP and SLOT_REAL_OP get the same operation: a breakpoint is laid over
 * it by whoever knows of breakpoints.
 *
 * @param memory the machine's memory
 * @param slot address of the slot in it
 * @param bits 32 bits of code (the upper half of a compressed instruction is ignored)
 * @param extensions of the machine: other instructions are illegal
 */
export function decodeIntoSlot(
  memory: DataView,
  slot: number,
  bits: number,
  place: SlotPlace,
  extensions: ReadonlySet<Extension>,
): void {
  const known = decode(bits);
  const decoded = known && extensions.has(extensionOf(known.instruction)) ? known : undefined;
  const length = lengthOf(bits);
  const instruction = decoded?.instruction ?? illegal;
  const operands = decoded?.operands ?? { rd: 0, rs1: 0, rs2: 0, imm: length === 2 ? bits & 0xffff : bits };

  const target = place.pageOffset + operands.imm;
  const near = instruction.relative === true && place.pageOffset >= 0 && target >= 0 && target < 4096;
  const operation = operationNumber(instruction, length, near);
  const usesNumber = instruction.syntax.includes('uimm');
  const sinks = operands.rd === 0 && !instruction.syntax.startsWith('fd');

  memory.setUint16(slot + SLOT_OP, operation, true);
  memory.setUint16(slot + SLOT_REAL_OP, operation, true);
  memory.setUint16(slot + SLOT_RD, (sinks ? X_SINK : operands.rd) * REGISTER_BYTES, true);
  memory.setUint16(slot + SLOT_RS1, usesNumber ? operands.rs1 : operands.rs1 * REGISTER_BYTES, true);
  memory.setUint16(slot + SLOT_RS2, operands.rs2 * REGISTER_BYTES, true);
  memory.setUint8(slot + SLOT_LENGTH, length);
  memory.setInt32(slot + SLOT_IMM, near ? operands.imm << SLOT_PC_SHIFT : operands.imm, true);
}
