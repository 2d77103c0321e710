/** Completions inside C expressions: variables, functions, `$registers`, and members behind `.` and `->`. */
import { strip, typeName, type SymbolFile, type Type } from '../../symbols/index.ts';
import type { GuestInspector } from '../inspect/guestInspector.ts';
import type { Frame } from '../inspect/inspector.ts';
import { registerNames } from '../inspect/registers.ts';
import type { VerbCompletion } from './verb.ts';

const LIMIT = 100;

/** @param typed The text up to the cursor. */
export function completeExpression(
  typed: string,
  inspector: GuestInspector,
  symbols: SymbolFile | undefined,
  frame: Frame | undefined,
): VerbCompletion[] {
  const member = /([A-Za-z_$][\w$.[\]>-]*)(\.|->)(\w*)$/.exec(typed);
  if (member !== null) return members(member[1]!, member[3]!, typed.length, inspector, frame);
  const word = /[$]?\w*$/.exec(typed)?.[0] ?? '';
  const start = typed.length - word.length;
  if (word.startsWith('$'))
    return registerNames()
      .filter((name) => name.startsWith(word.slice(1)))
      .map((name) => ({ text: `$${name}`, start }));
  if (word === '' || /^\d/.test(word)) return [];
  const names = new Map<string, string | undefined>();
  for (const { name, variable } of frame === undefined ? [] : inspector.locals(frame))
    if (name.startsWith(word)) names.set(name, typeName(variable.type));
  for (const symbol of symbols?.symbols.startingWith(word) ?? []) {
    if (names.size >= LIMIT) break;
    if (symbol.kind === 'object' || symbol.kind === 'function')
      names.set(symbol.name, names.get(symbol.name) ?? (symbol.kind === 'function' ? 'function' : undefined));
  }
  return [...names].map(([text, detail]) => ({ text, detail, start }));
}

function members(
  object: string,
  prefix: string,
  end: number,
  inspector: GuestInspector,
  frame: Frame | undefined,
): VerbCompletion[] {
  const type = typeOf(object, inspector, frame);
  if (type === undefined) return [];
  const target = type.kind === 'pointer' ? strip(type.target) : type;
  return memberNames(target)
    .filter(({ name }) => name.startsWith(prefix))
    .map(({ name, detail }) => ({ text: name, detail, start: end - prefix.length }));
}

/** Members by name; those of anonymous structures and unions count as the outer one's. */
function memberNames(type: Type): { readonly name: string; readonly detail: string }[] {
  if (type.kind !== 'struct' && type.kind !== 'union' && type.kind !== 'class') return [];
  return type.members.flatMap((member) =>
    member.name === undefined
      ? memberNames(strip(member.type))
      : [{ name: member.name, detail: typeName(member.type) }],
  );
}

/** Undefined where what stands before the dot is no expression with a value. */
function typeOf(text: string, inspector: GuestInspector, frame: Frame | undefined): Type | undefined {
  try {
    return strip(inspector.evaluatePurely(text, frame).type);
  } catch (error) {
    if (error instanceof Error && error.name === 'EvaluationError') return undefined;
    throw error;
  }
}
