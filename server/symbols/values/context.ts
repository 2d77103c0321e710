import type { MemoryReader, StackFrame } from '../frames.ts';
import type { SymbolFile } from '../symbolFile.ts';
import type { Type } from '../types.ts';

/** Guest memory that can be changed. */
export interface Memory extends MemoryReader {
  /** Throws when it cannot be written; the message is shown to the user. */
  write(address: bigint, bytes: Uint8Array): void;
}

/** A register by name, with what the host lets one do with it. */
export interface NamedRegister {
  /** As unsigned bits. */
  readonly value: bigint;
  /** Bytes. */
  readonly size: number;
  /** Default: an unsigned integer of `size` bytes. */
  readonly type?: Type;
  write?(value: bigint): void;
}

/** What an expression is evaluated against. Neither the machine nor the protocol is known here. */
export interface EvaluationContext {
  readonly symbols: SymbolFile | undefined;
  readonly memory: Memory;
  /** Where locals, parameters and registers come from; without it only globals and `register` answer. */
  readonly frame?: StackFrame | undefined;
  /** `$name`: asked first; general registers of `frame` answer when it knows nothing. */
  register?(name: string): NamedRegister | undefined;
  /** Writes a register of the processor, by DWARF number. */
  writeRegister?(register: number, value: bigint): void;
}
