/** PROTOCOL.md says what the code does: its tables are generated from protocol.ts, errors.ts and capabilities.ts. */
import { readFileSync } from 'node:fs';
import { format } from 'prettier';
import { expect, it } from 'vitest';
import { capabilities, exceptionFilters } from '../../../server/debug/capabilities.ts';
import { errorIds, RequestError, type ErrorName } from '../../../server/debug/errors.ts';
import { customEvents, customRequests } from '../../../server/debug/protocol.ts';
import type { JsonSchema } from '../../../server/debug/schema.ts';
import { expectGolden } from './dap/golden.ts';

const file = new URL('../../../server/debug/PROTOCOL.md', import.meta.url);
const MARKER =
  '<!-- generated from protocol.ts, errors.ts and capabilities.ts: UPDATE_GOLDEN=1 npx vitest run test/server/debug/protocol.test.ts -->';

function typeText(schema: JsonSchema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(', ');
  if (schema.type === 'array') return `list of ${typeText(schema.items!)}`;
  return schema.type ?? 'any';
}

/** A row a member; members of objects below theirs. */
function rows(schema: JsonSchema, prefix = ''): string[] {
  const object = schema.type === 'array' ? schema.items! : schema;
  return Object.entries(object.properties ?? {}).flatMap(([name, member]) => {
    const path = `${prefix}${name}`;
    const missing = object.required?.includes(name) === true ? '' : '?';
    const fallback = member.default === undefined ? '' : ` (default \`${JSON.stringify(member.default)}\`)`;
    const below = member.type === 'array' ? `${path}[].` : `${path}.`;
    return [
      `| \`${path}\`${missing} | ${typeText(member)} | ${member.description ?? ''}${fallback} |`,
      ...rows(member, below),
    ];
  });
}

function table(title: string, schema: JsonSchema): string[] {
  const members = rows(schema);
  if (members.length === 0) return [`${title}: none.`, ''];
  return [`${title}:`, '', '| member | type | meaning |', '|---|---|---|', ...members, ''];
}

function document(): string {
  const requests = Object.entries(customRequests).flatMap(([name, request]) => [
    `### \`${name}\``,
    '',
    request.summary,
    '',
    ...table('Arguments', request.arguments.json),
    ...table('Result', request.result.json),
  ]);
  const events = Object.entries(customEvents).flatMap(([name, event]) => [
    `### \`${name}\``,
    '',
    event.summary,
    '',
    ...table('Body', event.body.json),
  ]);
  const errors = (Object.keys(errorIds) as ErrorName[]).map(
    (name) => `| ${errorIds[name]} | ${name} | ${new RequestError(name, '').showUser ? 'yes' : 'no'} |`,
  );
  const filters = exceptionFilters.map(({ filter, description }) => `| \`${filter}\` | ${description} |`);
  const unsupported = Object.entries(capabilities)
    .filter(([, value]) => value === false)
    .map(([name]) => `\`${name}\``);
  return [
    '## Requests of this project',
    '',
    ...requests,
    '## Events of this project',
    '',
    ...events,
    '## Exception filters',
    '',
    '| filter | meaning |',
    '|---|---|',
    ...filters,
    '',
    '## Errors',
    '',
    '| id | name | shown to the user |',
    '|---|---|---|',
    ...errors,
    '',
    '## Not supported',
    '',
    `${unsupported.join(', ')}: the reason for each stands beside it in capabilities.ts.`,
    '',
  ].join('\n');
}

it('PROTOCOL.md is up to date', async () => {
  const [introduction] = readFileSync(file, 'utf8').split(MARKER);
  expectGolden(
    file,
    await format(`${introduction!}${MARKER}\n\n${document()}`, { parser: 'markdown', printWidth: 110 }),
  );
});

it('error numbers are unique', () => {
  const ids = Object.values(errorIds);
  expect(new Set(ids).size).toBe(ids.length);
});
