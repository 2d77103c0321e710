/** Expressions: evaluate, setExpression, completions. */
import { SessionError } from '../../session/index.ts';
import type { Frame } from '../../session/index.ts';
import { assignValue, valueFacts, valueText, type ValueSource } from '../containers/values.ts';
import type { DebugContext } from '../context.ts';
import { on, type Handlers } from '../requests.ts';
import { flag, integer, object, optional, text } from '../schema.ts';

const format = optional(object({ hex: optional(flag) }));
const frameId = optional(integer());

export const evaluateHandlers: Handlers<'evaluate' | 'setExpression' | 'completions'> = {
  evaluate: on(
    'standstill',
    object({ expression: text, frameId, context: optional(text), format }),
    (context, args) => {
      const frame = args.frameId === undefined ? undefined : context.frame(args.frameId);
      const { verbs } = context.session;
      // Verbs may act; hovering or watching must not.
      if (args.context === 'repl' && verbs.recognises(args.expression))
        return { result: verbs.run(args.expression, frame ?? topFrame(context)), variablesReference: 0 };
      const source = expressionSource(context, args.expression, args.frameId);
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
function expressionSource(context: DebugContext, expression: string, id: number | undefined): ValueSource {
  const name = id === undefined ? { hart: context.currentHart, level: 0 } : context.frames.get(id);
  return {
    key: `expression ${name.hart}:${name.level} ${expression}`,
    name: expression,
    expression,
    frame: name,
    read: () => {
      const { inspect } = context.session;
      return inspect.evaluate(expression, inspect.frame(name.hart, name.level));
    },
  };
}

/** Where the guest stands; undefined where there is no frame at all. */
function topFrame(context: DebugContext): Frame | undefined {
  try {
    return context.session.inspect.frame(context.currentHart, 0);
  } catch (error) {
    if (error instanceof SessionError) return undefined;
    throw error;
  }
}
