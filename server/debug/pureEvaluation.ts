/**
 * Evaluation that must change nothing: a client evaluates hovers and watches when it likes, and as often. C has
 * assignments and increments, so an expression is first tried on a guest that cannot be written.
 */
import type { Frame, Session } from '../session/index.ts';
import { evaluate, EvaluationError, type EvaluationContext, type Value } from '../symbols/index.ts';

/** Throws EvaluationError, also for an expression that would write to memory or a register. */
export function evaluatePurely({ inspect }: Session, expression: string, frame: Frame): Value {
  evaluate(expression, unwritable(inspect.context(frame)));
  return inspect.evaluate(expression, frame);
}

function unwritable(context: EvaluationContext): EvaluationContext {
  const refuse = (): never => {
    throw new EvaluationError('this would change the guest, which hovering and watching must not', 0);
  };
  return {
    ...context,
    memory: { read: (address, length) => context.memory.read(address, length), write: refuse },
    register: (name) => {
      const register = context.register?.(name);
      return register === undefined ? undefined : { ...register, write: refuse };
    },
    writeRegister: refuse,
  };
}
