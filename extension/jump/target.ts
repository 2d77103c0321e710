/** What a jump is about: whatever VS Code hands to a command, or what the user says. */
import { DebugStackFrame, debug, window } from 'vscode';
import type { SealscopeSession, SealscopeSessions } from '../session/index.ts';
import { expressionAt } from './expressionAt.ts';

export type Target =
  { readonly address: string } | { readonly expression: string; readonly frameId?: number };

export interface Located {
  /** "0x…" */
  readonly address: string;
  /** Bytes, where a type or a symbol says how many. */
  readonly size?: number | undefined;
  readonly name: string;
  readonly mapped: boolean;
}

/** What the Variables view says of the variable that its menu was opened on. */
interface VariableContext {
  readonly variable: {
    readonly name: string;
    readonly evaluateName?: string;
    readonly memoryReference?: string;
  };
}

/** A line of one of our own views, or an argument given by another extension. */
interface AddressContext {
  readonly address: string;
}

/** The active session, if its guest stands still; else the person is told. */
export function standingSession({ active }: SealscopeSessions): SealscopeSession | undefined {
  if (active?.state === 'stopped') return active;
  void window.showInformationMessage(
    active === undefined
      ? 'Start a session first: there is no guest to look at.'
      : 'Pause the guest first: its memory changes while it runs.',
  );
  return undefined;
}

/** `context` is what VS Code gave to the command. Undefined if the user was asked and said nothing. */
export async function targetOf(session: SealscopeSession, context: unknown): Promise<Target | undefined> {
  if (hasKey<AddressContext>(context, 'address')) return { address: context.address };
  if (hasKey<VariableContext>(context, 'variable')) {
    const { name, evaluateName, memoryReference } = context.variable;
    if (evaluateName === undefined && memoryReference !== undefined) return { address: memoryReference };
    return inFrame(session, evaluateName ?? name);
  }
  const shown = expressionInEditor() ?? '';
  const isMenu = hasKey<{ scheme: string }>(context, 'scheme');
  const expression = isMenu && shown !== '' ? shown : await ask(shown);
  return expression === undefined ? undefined : inFrame(session, expression);
}

/** Rejects with the adapter's message if the expression means nothing here. */
export async function locate(session: SealscopeSession, target: Target): Promise<Located> {
  const found = await session.request('sealscope/locate', target);
  if (found.problem !== undefined) throw new Error(found.problem);
  const name = 'expression' in target ? target.expression : (found.symbol ?? found.address);
  return { address: found.address, size: found.size, name, mapped: found.mapped };
}

function inFrame(session: SealscopeSession, expression: string): Target {
  const item = debug.activeStackItem;
  const isOurs = item instanceof DebugStackFrame && item.session.id === session.id;
  return isOurs ? { expression, frameId: item.frameId } : { expression };
}

function expressionInEditor(): string | undefined {
  const editor = window.activeTextEditor;
  if (editor === undefined) return undefined;
  const { document, selection } = editor;
  if (!selection.isEmpty) return document.getText(selection);
  return expressionAt(document.lineAt(selection.active.line).text, selection.active.character);
}

async function ask(value: string): Promise<string | undefined> {
  const answer = await window.showInputBox({
    title: 'Symbol, expression or address',
    placeHolder: 'cpu_caps.features[2], &init_task, 0xffffffff80601188',
    value,
  });
  return answer === '' ? undefined : answer;
}

function hasKey<T extends object>(value: unknown, key: keyof T & string): value is T {
  return typeof value === 'object' && value !== null && key in value;
}
