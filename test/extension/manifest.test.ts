/** Holds package.json, which is written by hand, to the code that reads what it promises. */
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { readConfiguration } from '../../server/session/configuration.ts';

interface Schema {
  type?: string | string[];
  enum?: string[];
  enumDescriptions?: string[];
  anyOf?: Schema[];
  minimum?: number;
  maximum?: number;
  pattern?: string;
  items?: Schema;
  default?: unknown;
  markdownDescription?: string;
}

const [contributed] = manifest.contributes.debuggers;
const launch = contributed!.configurationAttributes.launch;
const attributes: Readonly<Record<string, Schema>> = launch.properties;
/** `console` is the debug adapter's own (server/debug/protocol/console.ts). */
const names = Object.keys(attributes).filter((name) => name !== 'console');

const accepts = (name: string, value: unknown): boolean => {
  try {
    readConfiguration({ program: 'kernel', [name]: value });
    return true;
  } catch {
    return false;
  }
};

/** The members of an interface in a source file. */
function membersOf(file: string, name: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  const declaration = source.statements
    .filter(ts.isInterfaceDeclaration)
    .find((each) => each.name.text === name);
  return declaration!.members.map((member) => (member.name as ts.Identifier).text);
}

/** Values that a schema lets through, and values that it does not. */
function samplesOf(schema: Schema): { good: unknown[]; bad: unknown[] } {
  if (schema.anyOf !== undefined) {
    return { good: schema.anyOf.flatMap((each) => samplesOf(each).good), bad: [1] };
  }
  if (schema.enum !== undefined) return { good: schema.enum, bad: ['no-such-choice', 1] };
  const samples: Readonly<Record<string, { good: unknown[]; bad: unknown[] }>> = {
    string: { good: schema.pattern === undefined ? ['text'] : ['128'], bad: [true, ['text']] },
    integer: {
      good: [schema.minimum ?? 4096, schema.maximum ?? 4096],
      bad: [-1, 1.5, (schema.maximum ?? NaN) + 1],
    },
    boolean: { good: [true, false], bad: ['yes', 1] },
    array: { good: [['text']], bad: ['text', [1]] },
    object: { good: [{ '/from': '/to' }], bad: ['text', { from: 1 }] },
  };
  const types = [schema.type ?? []].flat();
  const sampled = types.map((type) => samples[type]!);
  return { good: sampled.flatMap(({ good }) => good), bad: types.length === 1 ? sampled[0]!.bad : [true] };
}

describe('The launch attributes in package.json', () => {
  it('are those of a session, no more and no less', () => {
    expect(names.sort()).toEqual(membersOf('server/session/configuration.ts', 'SessionConfiguration').sort());
  });

  it('require the program', () => {
    expect(launch.required).toEqual(['program']);
    expect(() => readConfiguration({})).toThrow(/program/);
  });

  it.each(names)('%s: the schema lets through what a session reads', (name) => {
    const schema = attributes[name]!;
    const { good, bad } = samplesOf(schema);
    expect(good).not.toEqual([]);
    expect(good.filter((value) => !accepts(name, value))).toEqual([]);
    expect(bad.filter((value) => accepts(name, value))).toEqual([]);
    if (schema.default !== undefined) expect(accepts(name, schema.default)).toBe(true);
  });

  it('offer all policies', () => {
    const refused = ((): string => {
      try {
        readConfiguration({ program: 'kernel', onSealedWrite: '' });
      } catch (error) {
        return String(error);
      }
      return '';
    })();
    expect(refused).toContain(attributes['onSealedWrite']!.enum!.join(', '));
  });

  it.each(Object.keys(attributes))('%s is explained, each of its choices too', (name) => {
    const schema = attributes[name]!;
    expect(schema.markdownDescription).toMatch(/\.$/);
    for (const each of [schema, ...(schema.anyOf ?? [])]) {
      expect(each.enumDescriptions?.length).toBe(each.enum?.length);
    }
  });
});
