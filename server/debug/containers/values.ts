/** C values: a variable with its type, its address and its members or elements. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { hex } from '../../session/report/index.ts';
import { childCounts, children, formatValue, strip, typeName, type Value } from '../../symbols/index.ts';
import type { DebugContext, FrameName } from '../context.ts';
import { RequestError } from '../errors.ts';
import { childNamed, notSettable, range, type Container, type View } from './container.ts';

/** A value that can be asked for again: after a change to memory or registers the old one is out of date. */
export interface ValueSource {
  /** Unique until the guest resumes. */
  readonly key: string;
  readonly name: string;
  /** C expression for it, where there is one. */
  readonly expression: string | undefined;
  /** Whose registers and scopes the value was found in. */
  readonly frame: FrameName | undefined;
  read(): Value;
}

/** What the answers to `evaluate`, `setVariable`, `setExpression` and `variables` all say of a value. */
type ValueFacts = Pick<
  DebugProtocol.Variable,
  'type' | 'variablesReference' | 'namedVariables' | 'indexedVariables' | 'memoryReference'
>;

/** Characters of a string or a structure that fit a line of a view. */
const LINE_WIDTH = 200;
const EVERYTHING = 1 << 20;

/** `full` for the clipboard, which takes everything. */
export function valueText(
  value: Value,
  { hex, full }: { readonly hex: boolean; readonly full?: boolean },
): string {
  return formatValue(value, {
    hex,
    ...(full === true ? { maxString: EVERYTHING } : { maxLength: LINE_WIDTH }),
  });
}

export function valueFacts(context: DebugContext, source: ValueSource, value: Value): ValueFacts {
  const { client } = context;
  const { named, indexed } = childCounts(value);
  const hasChildren = named + indexed > 0;
  const memory = memoryOf(value);
  return {
    ...(client.variableType ? { type: typeName(value.type) } : {}),
    variablesReference: hasChildren
      ? context.variables.of(`value ${source.key}`, () => new ValueContainer(context, source))
      : 0,
    ...(client.variablePaging && hasChildren ? { namedVariables: named, indexedVariables: indexed } : {}),
    ...(client.memoryReferences && memory !== undefined ? { memoryReference: hex(memory) } : {}),
  };
}

export function valueVariable(
  context: DebugContext,
  source: ValueSource,
  value: Value,
  view: { readonly hex: boolean },
): DebugProtocol.Variable {
  return {
    name: source.name,
    value: valueText(value, view),
    ...(source.expression === undefined ? {} : { evaluateName: source.expression }),
    ...(value.writable ? {} : { presentationHint: { attributes: ['readOnly'] } }),
    ...valueFacts(context, source, value),
  };
}

/** A variable that has no value now, and why. */
export function valuelessVariable(name: string, problem: string): DebugProtocol.Variable {
  return {
    name,
    value: `<${problem}>`,
    variablesReference: 0,
    presentationHint: { attributes: ['readOnly'] },
  };
}

/** Stores what `text` evaluates to. Throws RequestError, EvaluationError or SessionError. */
export function assignValue(context: DebugContext, source: ValueSource, text: string): void {
  const value = source.read();
  if (!value.writable) throw notSettable(source.name, 'it is no place in memory or in a register');
  const { frame } = source;
  const { inspect } = context.session;
  inspect.assign(value, text, frame === undefined ? undefined : inspect.frame(frame.hart, frame.level));
}

/** Members of a structure, elements of an array, what a pointer points to. */
class ValueContainer implements Container {
  readonly #context: DebugContext;
  readonly #source: ValueSource;

  constructor(context: DebugContext, source: ValueSource) {
    this.#context = context;
    this.#source = source;
  }

  list(view: View): DebugProtocol.Variable[] {
    const parent = this.#source.read();
    const { named, indexed } = childCounts(parent);
    // A value has members or elements, never both: then start and count mean the same with and without a filter.
    const wanted = view.filter === undefined || (view.filter === 'indexed' ? indexed > 0 : named > 0);
    const { first, count, left } = range(wanted ? named + indexed : 0, view);
    const shown = children(parent, { start: first, count }).map((child, index) =>
      valueVariable(this.#context, this.#child(child, first + index), child.value, view),
    );
    return left > 0 ? [...shown, valuelessVariable('…', `${left} more`)] : shown;
  }

  set(name: string, text: string, view: View): DebugProtocol.Variable {
    const child = this.#named(name);
    assignValue(this.#context, child, text);
    return valueVariable(this.#context, child, child.read(), view);
  }

  value(name: string): Value {
    return this.#named(name).read();
  }

  #named(name: string): ValueSource {
    const parent = this.#source.read();
    const element = /^\[(\d+)\]$/.exec(name)?.[1];
    if (element !== undefined) return this.#child(childAt(parent, Number(element)), Number(element));
    const all = children(parent).map((child, index) => ({ name: child.name, child, index }));
    const { child, index } = childNamed(all, name);
    return this.#child(child, index);
  }

  #child({ name, evaluateName }: Child, index: number): ValueSource {
    const { key, frame, expression } = this.#source;
    return {
      key: `${key}/${index}`,
      name,
      expression: expression === undefined ? undefined : evaluateName,
      frame,
      read: () => childAt(this.#source.read(), index).value,
    };
  }
}

type Child = ReturnType<typeof children>[number];

function childAt(parent: Value, index: number): Child {
  const [child] = children(parent, { start: index, count: 1 });
  if (child === undefined) throw new RequestError('notPossible', `There is no [${index}] here.`);
  return child;
}

/** Where a memory view opens: what a pointer points to, or the value itself. */
function memoryOf(value: Value): bigint | undefined {
  if (strip(value.type).kind !== 'pointer') return value.address;
  try {
    return value.toBigInt();
  } catch {
    // A pointer in memory that is not mapped.
    return undefined;
  }
}
