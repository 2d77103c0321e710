/** Evaluation that must change nothing: conditions, log messages, hovers and watches. C has assignments. */
import { EvaluationError, type EvaluationContext } from '../../symbols/index.ts';

/** The same context, in which every write is an EvaluationError. */
export function pureContext(context: EvaluationContext): EvaluationContext {
  const refuse = (): never => {
    throw new EvaluationError('this would change the guest, which is not allowed here', 1);
  };
  return {
    ...context,
    memory: { read: (address, length) => context.memory.read(address, length), write: refuse },
    register: (name) => {
      const register = context.register?.(name);
      return register && { ...register, write: refuse };
    },
    writeRegister: refuse,
  };
}
