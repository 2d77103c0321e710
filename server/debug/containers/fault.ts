/** The refused store as a scope: what is known of it, and the choice, which can be set. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { RefusedStore } from '../../session/index.ts';
import { choicesFor, hex } from '../../session/report/index.ts';
import { RequestError } from '../errors.ts';
import type { DebugContext } from '../context.ts';
import { factsOf, type Fact } from '../present/facts.ts';
import { notSettable, page, type Container, type View } from './container.ts';

export class FaultContainer implements Container {
  readonly #context: DebugContext;
  readonly #refused: RefusedStore;

  constructor(context: DebugContext, refused: RefusedStore) {
    this.#context = context;
    this.#refused = refused;
  }

  list(view: View): DebugProtocol.Variable[] {
    const facts = factsOf(this.#refused).map((fact) => factVariable(this.#context, 'fault', fact));
    return [...page([this.#action(), ...facts], view)];
  }

  set(name: string, text: string): DebugProtocol.Variable {
    if (name !== 'action') throw notSettable(name, "only 'action' can");
    const wanted = text.trim().replace(/^"(.*)"$/, '$1');
    const choices = choicesFor(this.#refused).map(({ action }) => action);
    const choice = choices.find((action) => action === wanted);
    if (choice === undefined)
      throw new RequestError(
        'notPossible',
        `'action' cannot be "${wanted}"; it is one of ${choices.join(', ')}.`,
      );
    this.#context.session.seals.choose(choice);
    return this.#action();
  }

  value(): undefined {
    return undefined;
  }

  #action(): DebugProtocol.Variable {
    const choices = choicesFor(this.#refused);
    const facts = choices.map(({ action, consequence, caution }) => ({
      name: action,
      value: caution === undefined ? consequence : `${consequence}; ${caution}`,
    }));
    return {
      name: 'action',
      value: this.#context.session.seals.chosen ?? 'oops',
      ...(this.#context.client.variableType ? { type: choices.map(({ action }) => action).join(' | ') } : {}),
      variablesReference: this.#context.variables.of(
        'fault action',
        () => new FactsContainer(this.#context, 'fault action', facts),
      ),
    };
  }
}

class FactsContainer implements Container {
  readonly #context: DebugContext;
  readonly #key: string;
  readonly #facts: readonly Fact[];

  constructor(context: DebugContext, key: string, facts: readonly Fact[]) {
    this.#context = context;
    this.#key = key;
    this.#facts = facts;
  }

  list(view: View): DebugProtocol.Variable[] {
    return page(this.#facts, view).map((fact) => factVariable(this.#context, this.#key, fact));
  }

  set(name: string): never {
    throw notSettable(name, 'it is part of the diagnosis');
  }

  value(): undefined {
    return undefined;
  }
}

function factVariable(context: DebugContext, parent: string, fact: Fact): DebugProtocol.Variable {
  const key = `${parent}/${fact.name}`;
  const below = fact.below ?? [];
  return {
    name: fact.name,
    value: fact.value,
    variablesReference:
      below.length === 0 ? 0 : context.variables.of(key, () => new FactsContainer(context, key, below)),
    ...(context.client.variablePaging && below.length > 0 ? { namedVariables: below.length } : {}),
    ...(context.client.memoryReferences && fact.address !== undefined
      ? { memoryReference: hex(fact.address) }
      : {}),
    presentationHint: { attributes: ['readOnly'] },
  };
}
