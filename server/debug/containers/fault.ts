/** The refused store as a scope: what is known of it, and the choice, which can be set. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { permissionText, type RefusedStore, type WriterRecord } from '../../session/index.ts';
import {
  choicesFor,
  grouped,
  hex,
  hexValue,
  listed,
  sizeText,
  sourceText,
} from '../../session/report/index.ts';
import { sealerOf } from '../../sealing/story.ts';
import { RequestError } from '../errors.ts';
import type { DebugContext } from '../context.ts';
import { placeText } from '../present/sources.ts';
import { notSettable, page, type Container, type View } from './container.ts';

/** A line of the scope: text that has been worked out, with lines below it. */
interface Fact {
  readonly name: string;
  readonly value: string;
  readonly address?: bigint | undefined;
  readonly below?: readonly Fact[];
}

const NAMES_SHOWN = 4;

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

/** The diagnosis in the order in which one reads it (DOMAIN.md §7). */
function factsOf(refused: RefusedStore): Fact[] {
  const { object, page: leaf, region, sealedBy, writers, neighbours } = refused;
  const value = (bits: bigint) => hexValue(bits, refused.size);
  const facts: (Fact | undefined)[] = [
    { name: 'story', value: refused.story },
    {
      name: 'variable',
      value: object?.path ?? 'no symbol',
      address: refused.address,
      below: refused.members.map((member) => ({
        name: member.path,
        value: `${member.oldText} → ${member.newText}`,
      })),
    },
    object === undefined || object.type === undefined ? undefined : { name: 'type', value: object.type },
    object?.file === undefined ? undefined : { name: 'declared', value: sourceText(object) },
    { name: 'address', value: hex(refused.address), address: refused.address },
    { name: 'size', value: sizeText(BigInt(refused.size)) },
    { name: 'old value', value: value(refused.oldValue) },
    { name: 'new value', value: value(refused.newValue) },
    { name: 'redundant', value: refused.redundant ? 'yes: the same value is there already' : 'no' },
    { name: 'instruction', value: refused.instruction, address: refused.place.pc },
    {
      name: 'region',
      value: region.name,
      address: region.start,
      below: [
        { name: 'start', value: hex(region.start), address: region.start },
        { name: 'end', value: hex(region.end) },
        { name: 'known by', value: `${region.origin}: ${region.source}` },
      ],
    },
    {
      name: 'sealed by',
      value:
        sealedBy === undefined
          ? 'nobody: mapped read-only from the start'
          : `${placeText(sealerOf(sealedBy))}, hart ${sealedBy.hart}, step ${grouped(sealedBy.step)}`,
      below: (sealedBy?.stack ?? []).map((place, index) => ({ name: `#${index}`, value: placeText(place) })),
    },
    {
      name: 'page',
      value: `${hex(leaf.address)}, ${sizeText(leaf.size)}`,
      address: leaf.address,
      below: [
        { name: 'now', value: permissionText(leaf.now) },
        {
          name: 'as linked',
          value: leaf.linked === undefined ? 'not in the image' : permissionText(leaf.linked),
        },
        { name: 'PTE', value: `${hexValue(leaf.pte, 8)} at physical ${hex(leaf.pteAddress)}` },
        ...leaf.aliases.map((alias, index) => ({
          name: `alias ${index}`,
          value: `${hex(alias.address)} ${permissionText(alias.permissions)}`,
          address: alias.address,
        })),
      ],
    },
    neighbours.length === 0
      ? undefined
      : {
          name: 'also on the page',
          value: listed(
            neighbours.map(({ name }) => name),
            NAMES_SHOWN,
          ),
          below: neighbours.map(({ name, address, size, inRegion }) => ({
            name,
            value: `${hex(address)}, ${sizeText(BigInt(size))}, ${inRegion ? 'sealed' : 'not meant to be sealed'}`,
            address,
          })),
        },
    writerFact('first writer', writers.first),
    writers.latest?.step === writers.first?.step ? undefined : writerFact('latest writer', writers.latest),
    { name: 'why now', value: refused.root.text },
    { name: 'kind', value: [refused.classification, ...refused.also].join(', ') },
    ...refused.suggestions.map((suggestion, index) => ({
      name: `suggestion ${index + 1}`,
      value:
        sourceText(suggestion) === '' ? suggestion.text : `${suggestion.text} (${sourceText(suggestion)})`,
    })),
  ];
  return facts.filter((fact) => fact !== undefined);
}

function writerFact(name: string, writer: WriterRecord | undefined): Fact | undefined {
  if (writer === undefined) return undefined;
  const values = `${hexValue(writer.oldValue, writer.size)} → ${hexValue(writer.newValue, writer.size)}`;
  return { name, value: `${placeText(writer.place)}, step ${grouped(writer.step)}: ${values}` };
}
