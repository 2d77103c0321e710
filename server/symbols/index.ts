/** The symbol side of the debugger: ELF, DWARF, values and C expressions, over bytes that a host serves. */
export { byteSourceOf, type ByteSource } from './bytes.ts';
export { DwarfError, ElfError, EvaluationError, type ElfErrorKind } from './errors.ts';
export type * from './position.ts';
export type * from './types.ts';
export type * from './code.ts';
export type * from './frames.ts';
export type * from './symbolFile.ts';
export type * from './elf/model.ts';
export type { ElfFile } from './elf/elfFile.ts';
export type { SymbolTable } from './elf/symbolTable.ts';
export type * from './values/context.ts';
export { openSymbolFile } from './openSymbolFile.ts';
export { registerName, registerNumber } from './registers.ts';
export { declareType, memberPath, sizeOf, strip, typeName } from './typeModel.ts';
