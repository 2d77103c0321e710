/** What-if seals from VS Code: seal what a name, a variable or an address is about, list, remove, report. */
import { Disposable, commands, window, workspace } from 'vscode';
import { locate, standingSession, targetOf } from '../jump/index.ts';
import type { SealscopeSession, SealscopeSessions } from '../session/index.ts';
import { type WhatIf, type WhatIfSeal, nameOf, reportOf, verdictText } from './report.ts';

/** The adapter's limit for one answer. */
const PORTION = 1000;

export function registerWhatIfCommands(sessions: SealscopeSessions): Disposable {
  const standing = <A extends unknown[]>(
    act: (session: SealscopeSession, ...args: A) => Promise<void>,
  ): ((...args: A) => Promise<void>) => {
    return async (...args) => {
      const session = standingSession(sessions);
      if (session !== undefined) await act(session, ...args);
    };
  };
  return Disposable.from(
    commands.registerCommand('sealscope.whatIfSeal', standing(seal)),
    commands.registerCommand('sealscope.removeWhatIf', standing(remove)),
    commands.registerCommand('sealscope.holdWhatIf', standing(hold)),
    // Also of a guest that runs.
    commands.registerCommand('sealscope.showWhatIf', async () => {
      const { active } = sessions;
      if (active === undefined) standingSession(sessions);
      else await show(active);
    }),
  );
}

/** @param context What VS Code gave to the command: a variable, a name in the editor, an address with its bytes. */
async function seal(session: SealscopeSession, context: unknown): Promise<void> {
  const target = await targetOf(session, context);
  if (target === undefined) return;
  const found = await locate(session, target);
  const length = found.size ?? sizeIn(context);
  if (length === undefined || length === 0)
    throw new Error(`Nothing says how many bytes ${found.name} has: name an object of a known type.`);
  await session.request('sealscope/whatIfAdd', { address: found.address, length });
  const bytes = length === 1 ? '1 byte' : `${length} bytes`;
  window.setStatusBarMessage(`Sealed what-if: ${found.name}, ${bytes}`, 5000);
}

async function remove(session: SealscopeSession): Promise<void> {
  const { seals } = await all(session);
  if (seals.length === 0) {
    void window.showInformationMessage('Nothing is sealed what-if.');
    return;
  }
  const chosen = await window.showQuickPick(seals.map(item), {
    title: 'What-if seals to remove',
    canPickMany: true,
    matchOnDetail: true,
  });
  if (chosen === undefined || chosen.length === 0) return;
  await session.request('sealscope/whatIfRemove', { ids: chosen.map(({ id }) => id) });
}

async function hold(session: SealscopeSession): Promise<void> {
  const { sealed } = await session.request('sealscope/whatIfSeal', {});
  const text = sealed ? 'What-if seals hold from now on.' : 'Nothing is sealed what-if.';
  window.setStatusBarMessage(text, 5000);
}

/** An unsaved document: to be read, completed and then saved, wherever that may be. */
async function show(session: SealscopeSession): Promise<void> {
  const content = reportOf(await all(session));
  await window.showTextDocument(await workspace.openTextDocument({ language: 'markdown', content }));
}

async function all(session: SealscopeSession): Promise<WhatIf> {
  const seals: WhatIfSeal[] = [];
  for (;;) {
    const portion = await session.request('sealscope/whatIf', { first: seals.length, count: PORTION });
    seals.push(...portion.seals);
    if (portion.seals.length === 0 || seals.length >= portion.total) return { ...portion, seals };
  }
}

const item = (found: WhatIfSeal) => ({
  label: nameOf(found),
  description: `${found.address}, ${found.size} bytes`,
  detail: verdictText(found),
  id: found.id,
});

/** Of a row of one of our own views. */
function sizeIn(context: unknown): number | undefined {
  const { size } = (context ?? {}) as { readonly size?: unknown };
  return typeof size === 'number' ? size : undefined;
}
