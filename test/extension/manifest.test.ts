/** Holds package.json, which is written by hand, to the code that reads what it promises. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { actionLooks } from '../../extension/fault/actions.ts';
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
  examples?: unknown[];
  properties?: Record<string, Schema>;
  defaultSnippets?: { body: unknown }[];
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
  if (schema.defaultSnippets !== undefined)
    return { good: schema.defaultSnippets.map(({ body }) => body), bad: ['text', [1]] };
  if (schema.examples !== undefined) return { good: schema.examples, bad: [1, ['text']] };
  if (schema.properties !== undefined) {
    const members = Object.entries(schema.properties).map(([name, each]) => [name, samplesOf(each)] as const);
    return {
      good: members.flatMap(([name, { good }]) => good.map((value) => ({ [name]: value }))),
      bad: [
        ...members.flatMap(([name, { bad }]) => bad.map((value) => ({ [name]: value }))),
        { other: 1 },
        1,
      ],
    };
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

/** The text of every source of the extension that runs in the extension host. */
function extensionSources(): string {
  return readdirSync('extension', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.startsWith('webview'))
    .map((file) => readFileSync(join('extension', file), 'utf8'))
    .join('\n');
}

describe('The commands in package.json', () => {
  const contributedCommands = manifest.contributes.commands.map(({ command }) => command);
  const sources = extensionSources();
  const literal = [...sources.matchAll(/registerCommand\(\s*'(sealscope\.\w+)'/g)].map(([, id]) => id!);
  const registered = [...literal, ...Object.values(actionLooks).map(({ command }) => command)];
  const menus: Readonly<Record<string, readonly { command?: string; when?: string }[]>> =
    manifest.contributes.menus;

  it('are registered, each once', () => {
    expect(registered.filter((id, index) => registered.indexOf(id) !== index)).toEqual([]);
    expect(contributedCommands.filter((id) => !registered.includes(id))).toEqual([]);
  });

  it('are all that is registered, but for what one part of the extension asks of another', () => {
    const asked = [...sources.matchAll(/executeCommand\(\s*'(sealscope\.\w+)'/g)].map(([, id]) => id!);
    expect(registered.filter((id) => !contributedCommands.includes(id) && !asked.includes(id))).toEqual([]);
  });

  it.each(Object.keys(menus))('%s offers commands that exist', (place) => {
    const offered = menus[place]!.flatMap(({ command }) => command ?? []);
    const foreign = offered.filter((id) => id.startsWith('sealscope.') && !contributedCommands.includes(id));
    expect(foreign).toEqual([]);
  });

  it('have at most two buttons in the debug toolbar, and only while a fault is pending', () => {
    const buttons = menus['debug/toolBar']!;
    expect(buttons).toHaveLength(2);
    for (const { when } of buttons) expect(when).toContain('sealscope.faultPending');
  });

  it('do not fill the palette where there is no session of ours', () => {
    const free = ['addConfiguration', 'openSample', 'runSample', 'showConsole', 'showSampleFix'].map(
      (name) => `sealscope.${name}`,
    );
    const conditional = (menus['commandPalette'] ?? []).filter(({ when }) => when !== undefined);
    const always = contributedCommands.filter((id) => !conditional.some(({ command }) => command === id));
    expect(always.filter((id) => !free.includes(id))).toEqual([]);
  });

  it('that launch.json can use as variables exist', () => {
    expect(contributedCommands).toEqual(expect.arrayContaining(Object.values(contributed!.variables)));
  });
});
