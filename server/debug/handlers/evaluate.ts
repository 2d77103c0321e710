/** Expressions: evaluate, setExpression, completions. */
import { SessionError } from '../../session/index.ts';
import type { Frame } from '../../session/index.ts';
import { assignValue, valueFacts, valueText, type ValueSource } from '../containers/values.ts';
import type { DebugContext, FrameName } from '../context.ts';
import { evaluatePurely } from '../pureEvaluation.ts';
import { on, type Handlers } from '../requests.ts';
import { goOn } from './custom/custom.ts';
import { flag, integer, object, optional, text } from '../schema.ts';

const format = optional(object({ hex: optional(flag) }));
const frameId = optional(integer());

export const evaluateHandlers: Handlers<'evaluate' | 'setExpression' | 'completions'> = {
  evaluate: on(
    'standstill',
    object({ expression: text, frameId, context: optional(text), format }),
    async (context, args, call) => {
      const { session } = context;
      const source = expressionSource(context, args.expression, args.frameId);
      if (args.context === 'repl') {
        if (session.verbs.recognises(args.expression)) {
          const { text, goesOn } = session.verbs.run(args.expression, frameOrNone(context, source.frame));
          if (goesOn) await goOn(context, call, (run) => run.continue());
          return { result: text, variablesReference: 0 };
        }
        // Typed once, evaluated once: it may assign.
        const value = session.inspect.evaluate(args.expression, frameOrNone(context, source.frame));
        const once = { ...source, key: `typed ${call.seq}`, read: () => value };
        return {
          result: valueText(value, { hex: args.format?.hex ?? false }),
          ...valueFacts(context, once, value),
        };
      }
      const value = source.read();
      const view = { hex: args.format?.hex ?? false, full: args.context === 'clipboard' };
      return { result: valueText(value, view), ...valueFacts(context, source, value) };
    },
  ),

  setExpression: on(
    'standstill',
    object({ expression: text, value: text, frameId, format }),
    (context, args) => {
      const source = expressionSource(context, args.expression, args.frameId);
      assignValue(context, source, args.value);
      const value = source.read();
      return {
        value: valueText(value, { hex: args.format?.hex ?? false }),
        ...valueFacts(context, source, value),
      };
    },
  ),

  completions: on(
    'session',
    object({ text, column: integer(), line: optional(integer()), frameId }),
    (context, args) => {
      const { client, session } = context;
      const line = args.text.split('\n')[client.lineFrom(args.line ?? client.line(1)) - 1] ?? '';
      const column = Math.max(0, Math.min(line.length, client.columnFrom(args.column) - 1));
      return {
        targets: session.verbs.complete(line, column).map(({ text: completed, detail, start }) => ({
          label: completed,
          ...(detail === undefined ? {} : { detail }),
          start,
          length: column - start,
        })),
      };
    },
  ),
};

/** An expression as a value that can be read again after a change. Without a frame, where the guest stopped. */
function expressionSource(
  context: DebugContext,
  expression: string,
  id: number | undefined,
): ValueSource & { readonly frame: FrameName } {
  const name = id === undefined ? { hart: context.currentHart, level: 0 } : context.frames.get(id);
  return {
    key: `expression ${name.hart}:${name.level} ${expression}`,
    name: expression,
    expression,
    frame: name,
    read: () => {
      const { session } = context;
      return evaluatePurely(session, expression, session.inspect.frame(name.hart, name.level));
    },
  };
}

/** The frame to evaluate in; undefined where there is none at all, which few verbs mind. */
function frameOrNone({ session }: DebugContext, { hart, level }: FrameName): Frame | undefined {
  try {
    return session.inspect.frame(hart, level);
  } catch (error) {
    if (error instanceof SessionError) return undefined;
    throw error;
  }
}
