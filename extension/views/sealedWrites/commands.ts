/** Taking the refused stores along: as documents for a bug report, and to the clipboard. */
import { Disposable, commands, env, window, workspace } from 'vscode';
import type { SealedWrite, SealedWrites } from './sealedWrites.ts';

export function registerSealedWritesCommands(sealedWrites: SealedWrites): Disposable {
  return Disposable.from(
    commands.registerCommand('sealscope.exportSealedWritesMarkdown', async () =>
      open('markdown', await sealedWrites.export('markdown')),
    ),
    commands.registerCommand('sealscope.exportSealedWritesJson', async () =>
      open('json', await sealedWrites.export('json')),
    ),
    // On a line its report, else all.
    commands.registerCommand('sealscope.copySealedWrites', async (node?: { write?: SealedWrite }) =>
      env.clipboard.writeText(node?.write?.report ?? (await sealedWrites.export('markdown'))),
    ),
  );
}

/** An unsaved document: to be read, completed and then saved, wherever that may be. */
async function open(language: string, content: string): Promise<void> {
  await window.showTextDocument(await workspace.openTextDocument({ language, content }));
}
