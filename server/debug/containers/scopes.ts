/** The variables of a frame and of its compilation unit. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { VariableView } from '../../session/index.ts';
import type { Value } from '../../symbols/index.ts';
import type { DebugContext, FrameName } from '../context.ts';
import { childNamed, notSettable, page, type Container, type View } from './container.ts';
import { assignValue, valuelessVariable, valueVariable, type ValueSource } from './values.ts';

export class VariablesContainer implements Container {
  readonly #context: DebugContext;
  readonly #which: 'locals' | 'globals';
  readonly #frame: FrameName;

  constructor(context: DebugContext, which: 'locals' | 'globals', frame: FrameName) {
    this.#context = context;
    this.#which = which;
    this.#frame = frame;
  }

  list(view: View): DebugProtocol.Variable[] {
    // A scope has named children only.
    if (view.filter === 'indexed') return [];
    return page(this.#views(), view).map((item) => this.#variable(item, view));
  }

  set(name: string, text: string, view: View): DebugProtocol.Variable {
    const item = childNamed(this.#views(), name);
    if (item.value === undefined) throw notSettable(name, item.problem ?? 'it has no value');
    assignValue(this.#context, this.#source(name), text);
    return this.#variable(childNamed(this.#views(), name), view);
  }

  value(name: string): Value | undefined {
    return childNamed(this.#views(), name).value;
  }

  #variable({ name, value, problem }: VariableView, view: View): DebugProtocol.Variable {
    return value === undefined
      ? valuelessVariable(name, problem ?? 'no value')
      : valueVariable(this.#context, this.#source(name), value, view);
  }

  #source(name: string): ValueSource {
    const { hart, level } = this.#frame;
    return {
      key: `${this.#which} ${hart}:${level} ${name}`,
      name,
      expression: name,
      frame: this.#frame,
      read: () => {
        const { value, problem } = childNamed(this.#views(), name);
        if (value === undefined) throw notSettable(name, problem ?? 'it has no value');
        return value;
      },
    };
  }

  #views(): VariableView[] {
    const { inspect } = this.#context.session;
    return inspect[this.#which](inspect.frame(this.#frame.hart, this.#frame.level));
  }
}
