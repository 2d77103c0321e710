/** From a variable, an expression, a symbol or an address to its page, and to a stop at the next store to it. */
import { Disposable, commands, window } from 'vscode';
import type { SealscopeSessions } from '../session/index.ts';
import { type Located, locate, standingSession, targetOf } from './target.ts';
import type { Watch, Watches } from './watches.ts';

export function registerJumpCommands(sessions: SealscopeSessions, watches: Watches): Disposable {
  /** What the command is about, or undefined if there is nothing to be done. */
  const located = async (context: unknown): Promise<Located | undefined> => {
    const session = standingSession(sessions);
    const target = session && (await targetOf(session, context));
    return session && target && locate(session, target);
  };
  return Disposable.from(
    commands.registerCommand('sealscope.showPermissionsOf', async (context: unknown) => {
      const found = await located(context);
      if (found === undefined) return;
      if (found.mapped) await commands.executeCommand('sealscope.revealAddress', { address: found.address });
      else
        void window.showWarningMessage(`${found.name} is at ${found.address}, where nothing is mapped now.`);
    }),
    commands.registerCommand('sealscope.watchWritesTo', async (context: unknown) => {
      const found = await located(context);
      if (found !== undefined) window.setStatusBarMessage(await watches.add(found), 5000);
    }),
    commands.registerCommand('sealscope.removeWatch', ({ watch }: { watch: Watch }) =>
      watches.remove(watch.id),
    ),
  );
}
