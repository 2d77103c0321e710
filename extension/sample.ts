import { basename } from 'node:path';
import { Uri, commands, window, workspace } from 'vscode';

/**
 * The command that copies the bundled sample into a folder and opens it. The folder is asked for unless given, and
 * an earlier copy is opened as it is: it may hold the user's changes.
 */
export function openSample(sample: string): (parent?: Uri) => Promise<void> {
  return async (parent) => {
    const folder = parent ?? (await pickFolder());
    if (folder === undefined) return;
    const copy = Uri.joinPath(folder, basename(sample));
    if (!(await exists(copy))) await workspace.fs.copy(Uri.file(sample), copy);
    const forceNewWindow = (workspace.workspaceFolders ?? []).length > 0;
    await commands.executeCommand('vscode.openFolder', copy, { forceNewWindow });
  };
}

async function pickFolder(): Promise<Uri | undefined> {
  const picked = await window.showOpenDialog({
    title: 'Where should the sample kernel go?',
    openLabel: 'Copy the Sample Here',
    canSelectFiles: false,
    canSelectFolders: true,
  });
  return picked?.[0];
}

async function exists(uri: Uri): Promise<boolean> {
  return workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
}
