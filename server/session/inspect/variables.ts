/** Locals, globals and expressions of a frame. */
import {
  evaluate,
  isFloatRegister,
  parseInto,
  registerName,
  registerNumber,
  variableValue,
  type EvaluationContext,
  type NamedRegister,
  type Value,
  type Variable,
} from '../../symbols/index.ts';
import type { Guest } from '../guest.ts';
import { floatType } from './floatRegisters.ts';
import type { Frame, VariableView } from './inspector.ts';
import type { GuestMemory } from './memory.ts';
import { pureContext } from './pureContext.ts';
import type { Registers } from './registers.ts';

export class Variables {
  readonly #guest: Guest;
  readonly #memory: GuestMemory;
  readonly #registers: Registers;

  constructor(guest: Guest, memory: GuestMemory, registers: Registers) {
    this.#guest = guest;
    this.#memory = memory;
    this.#registers = registers;
  }

  /** Innermost block first; an inner name hides an outer one. */
  locals(frame: Frame): VariableView[] {
    const context = this.context(frame);
    const seen = new Set<string>();
    return frame.symbols.blocks
      .flatMap((block) => block.variables)
      .filter((variable) => {
        const isNew = !seen.has(variable.name);
        seen.add(variable.name);
        return isNew;
      })
      .map((variable) => view(variable, context));
  }

  globals(frame: Frame): VariableView[] {
    const { symbols, space } = this.#guest;
    const unit = frame.symbols.function?.unit ?? symbols?.unitAt(space.linkedOf(frame.symbols.codeAddress));
    if (symbols === undefined || unit === undefined) return [];
    const context = this.context(frame);
    return symbols
      .globalsOf(unit)
      .map((variable) => view(variable, context))
      .sort((a, b) => a.name.localeCompare(b.name));
  }

  context(frame: Frame): EvaluationContext {
    return {
      symbols: this.#guest.symbols,
      memory: this.#memory.through(frame.hart),
      frame: frame.symbols,
      register: (name) => this.#register(frame, name),
      writeRegister: (number, value) => {
        this.#registers.write(frame.hart, registerName(number), value);
      },
    };
  }

  evaluate(text: string, frame: Frame): Value {
    return evaluate(text, this.context(frame));
  }

  /** @param names Further `$names` that the expression may use. */
  evaluatePurely(text: string, frame: Frame, names: Readonly<Record<string, bigint>> = {}): Value {
    const context = pureContext(this.context(frame));
    const register = (name: string): NamedRegister | undefined => {
      const value = Object.hasOwn(names, name) ? names[name] : undefined;
      return value === undefined ? context.register?.(name) : { value, size: 8 };
    };
    return evaluate(text, { ...context, register });
  }

  assign(target: Value, text: string, frame: Frame): Value {
    parseInto(target, text, this.context(frame));
    return target;
  }

  /** Of an outer frame only what the unwinder restored: the symbol reader asks the frame itself for those. */
  #register(frame: Frame, name: string): NamedRegister | undefined {
    const number = registerNumber(name);
    if (frame.level > 0 && number !== undefined) return undefined;
    const value = name === 'pc' ? frame.symbols.pc : this.#registers.read(frame.hart, name);
    if (value === undefined) return undefined;
    const isFloat = number !== undefined && isFloatRegister(number);
    return {
      ...(isFloat ? { type: floatType(value) } : {}),
      value,
      size: 8,
      write: (bits) => this.#registers.write(frame.hart, name, bits),
    };
  }
}

function view(variable: Variable, context: EvaluationContext): VariableView {
  try {
    return { name: variable.name, variable, value: variableValue(variable, context), problem: undefined };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { name: variable.name, variable, value: undefined, problem: error.message };
  }
}
