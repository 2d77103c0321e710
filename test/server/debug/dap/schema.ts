/**
 * The published protocol as JSON Schema, and messages checked against it. `@vscode/debugprotocol` ships the schema in
 * the form of declarations only, which are generated from it; they are turned back into a schema here. Every object is
 * closed, so that a misspelt member is found.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv, type ValidateFunction } from 'ajv';
import { createGenerator } from 'ts-json-schema-generator';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { customEvents, customRequests } from '../../../../server/debug/protocol.ts';

type Schema = Record<string, unknown>;

const declarations = fileURLToPath(
  new URL('../../../../node_modules/@vscode/debugprotocol/lib/debugProtocol.d.ts', import.meta.url),
);

/** The one number in the protocol that need not be an integer; declarations do not tell the two apart. */
const FRACTIONAL = new Set(['percentage']);
/** Arguments that belong to the debugger, not to the protocol. */
const OPEN = new Set(['LaunchRequestArguments', 'AttachRequestArguments', 'RestartArguments']);

function integersIn(schema: unknown, name = ''): unknown {
  if (Array.isArray(schema)) return schema.map((item) => integersIn(item));
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]) => [key, integersIn(value, key)] as const);
  const changed: Schema = Object.fromEntries(entries);
  if (changed['type'] === 'number' && !FRACTIONAL.has(name)) changed['type'] = 'integer';
  return changed;
}

type Published = { readonly definitions: Record<string, Schema> };

function generated(): Published {
  const generator = createGenerator({
    path: declarations,
    type: '*',
    skipTypeCheck: true,
    additionalProperties: false,
  });
  const { definitions } = integersIn(generator.createSchema('*')) as Published;
  for (const name of OPEN) definitions[`DebugProtocol.${name}`]!['additionalProperties'] = true;
  return { definitions };
}

/** Generated once for each version of the declarations: it takes a second or two, and every test file needs it. */
function published(): Published {
  const digest = createHash('sha256')
    .update(readFileSync(declarations))
    .update(readFileSync(fileURLToPath(import.meta.url)))
    .digest('hex');
  const directory = join(tmpdir(), 'sealscope-dap-schema');
  const cached = join(directory, `${digest}.json`);
  if (existsSync(cached)) return JSON.parse(readFileSync(cached, 'utf8')) as Published;
  const schema = generated();
  mkdirSync(directory, { recursive: true });
  // Test files run beside each other: none may find half a file.
  const partial = `${cached}.${process.pid}`;
  writeFileSync(partial, JSON.stringify(schema));
  renameSync(partial, cached);
  return schema;
}

const ajv = new Ajv({ strict: false, allErrors: true });
ajv.addSchema(published(), 'dap');
const validators = new Map<string, ValidateFunction>();

function validator(name: string): ValidateFunction | undefined {
  const known = validators.get(name);
  if (known !== undefined) return known;
  const found = ajv.getSchema(`dap#/definitions/DebugProtocol.${name}`);
  if (found !== undefined) validators.set(name, found);
  return found;
}

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

function problems(check: ValidateFunction | undefined, value: unknown, name: string): string[] {
  if (check === undefined) return [`the protocol has no ${name}`];
  if (check(value)) return [];
  return (check.errors ?? []).map(
    ({ instancePath, message, params }) =>
      `${name}${instancePath} ${message ?? ''} ${JSON.stringify(params)}`,
  );
}

function definitionOf(message: DebugProtocol.ProtocolMessage): string {
  switch (message.type) {
    case 'request':
      return `${capital((message as DebugProtocol.Request).command)}Request`;
    case 'event':
      return `${capital((message as DebugProtocol.Event).event)}Event`;
    default: {
      const response = message as DebugProtocol.Response;
      return response.success ? `${capital(response.command)}Response` : 'ErrorResponse';
    }
  }
}

/** What is wrong with a message by the published schema, or by protocol.ts for those of this project's own. */
export function schemaProblems(message: DebugProtocol.ProtocolMessage): string[] {
  const { command, event } = message as { command?: string; event?: string };
  const customEvent = Object.entries(customEvents).find(([name]) => name === event)?.[1];
  if (customEvent !== undefined)
    return problems(
      ajv.compile(closed(customEvent.body.json)),
      (message as DebugProtocol.Event).body,
      event ?? '',
    );
  const custom = Object.entries(customRequests).find(([name]) => name === command)?.[1];
  const failed = message.type === 'response' && !(message as DebugProtocol.Response).success;
  if (custom === undefined || failed) {
    const name = definitionOf(message);
    return problems(validator(name), message, name);
  }
  const [part, shape] =
    message.type === 'request'
      ? ([(message as DebugProtocol.Request).arguments as unknown, custom.arguments] as const)
      : ([(message as DebugProtocol.Response).body as unknown, custom.result] as const);
  return problems(ajv.compile(closed(shape.json)), part ?? {}, `${command ?? ''} ${message.type}`);
}

/** Objects of our own shapes are closed here as well. */
function closed(schema: object): Schema {
  const entries = Object.entries(schema).map(([key, value]: [string, unknown]) => {
    if (key === 'properties')
      return [
        key,
        Object.fromEntries(
          Object.entries(value as Schema).map(([name, inner]) => [name, closed(inner as object)]),
        ),
      ];
    if (key === 'items') return [key, closed(value as object)];
    return [key, value];
  });
  const copy = Object.fromEntries(entries) as Schema;
  return copy['properties'] === undefined ? copy : { ...copy, additionalProperties: false };
}
