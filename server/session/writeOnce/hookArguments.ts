/** Reads the arguments of a watched function out of the guest: registers by name, or C expressions. */
import { EvaluationError, strip, syntaxProblem, type SymbolFile, type Value } from '../../symbols/index.ts';
import { SessionError } from '../errors.ts';
import type { GuestInspector } from '../inspect/guestInspector.ts';

const REGISTER = /^\$?(a[0-7]|return)$/;
const RETURN_VALUE = 10;
const MAX_TEXT = 64;

/** An expression of a specification as the evaluator takes it. @throws SessionError `configuration`. */
export function checkedExpression(name: string, text: string, symbols: SymbolFile | undefined): string {
  const expression = REGISTER.test(text) ? text.replace(/^\$?/, '$') : text;
  const problem = syntaxProblem(expression, symbols);
  if (problem === undefined) return expression;
  throw new SessionError(
    'configuration',
    `"${name}" is "${text}", which is neither a register, "return" nor a C expression: ${problem}`,
  );
}

export class HookArguments {
  readonly #inspector: GuestInspector;
  readonly #register: (hart: number, index: number) => bigint;

  constructor(inspector: GuestInspector, register: (hart: number, index: number) => bigint) {
    this.#inspector = inspector;
    this.#register = register;
  }

  /** 64 unsigned bits. @throws EvaluationError. */
  number(hart: number, expression: string): bigint {
    return BigInt.asUintN(64, this.#value(hart, expression).toBigInt());
  }

  /** What a name expression says: the text it points to, or the number it is. @throws EvaluationError. */
  text(hart: number, expression: string): string {
    const value = this.#value(hart, expression);
    const { kind } = strip(value.type);
    const number = BigInt.asUintN(64, kind === 'array' ? (value.address ?? 0n) : value.toBigInt());
    if (kind !== 'pointer' && kind !== 'array') return number.toString();
    const { bytes } = this.#inspector.memory.read(number, MAX_TEXT, { hart });
    const end = bytes.indexOf(0);
    return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
  }

  #value(hart: number, expression: string): Value {
    try {
      return this.#inspector.evaluatePurely(expression, this.#inspector.frame(hart, 0), {
        return: this.#register(hart, RETURN_VALUE),
      });
    } catch (error) {
      if (!(error instanceof SessionError)) throw error;
      throw new EvaluationError(error.message, 1);
    }
  }
}
