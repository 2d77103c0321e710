/** Files for launch.json: picked when a session starts (`${command:PickKernel}`), or written into it once. */
import {
  type DebugConfiguration,
  Disposable,
  Uri,
  type WorkspaceFolder,
  commands,
  window,
  workspace,
} from 'vscode';
import { configurationFor } from './configuration.ts';
import { type Image, pickFile, pickKernel, searchKernels } from './kernelPicker.ts';

export function registerLaunchJson(): Disposable {
  return Disposable.from(
    // Variables of launch.json: undefined ends the start without a message, as for every pick that is left.
    commands.registerCommand('sealscope.pickKernel', async () => {
      const folder = await folderAtHand();
      return folder === undefined ? pickFile(folder) : (await pickImage(folder))?.path;
    }),
    commands.registerCommand('sealscope.pickFile', async () => pickFile(await folderAtHand())),
    commands.registerCommand('sealscope.addConfiguration', addConfiguration),
  );
}

/** Writes a configuration for a kernel into launch.json, and shows it there. */
async function addConfiguration(): Promise<void> {
  const folder = await folderAtHand();
  if (folder === undefined) {
    void window.showErrorMessage('Open the folder of your kernel first: launch.json belongs to a folder.');
    return;
  }
  const image = await pickImage(folder);
  if (image === undefined) return;
  const launch = workspace.getConfiguration('launch', folder.uri);
  const existing = launch.get<DebugConfiguration[]>('configurations') ?? [];
  const added = uniquelyNamed(configurationFor(image, folder), existing);
  await launch.update('configurations', [...existing, added]);
  await window.showTextDocument(Uri.joinPath(folder.uri, '.vscode', 'launch.json'));
}

function uniquelyNamed(
  configuration: DebugConfiguration,
  existing: readonly DebugConfiguration[],
): DebugConfiguration {
  const taken = new Set(existing.map(({ name }) => name));
  let name = configuration.name;
  for (let number = 2; taken.has(name); number++) name = `${configuration.name} (${number})`;
  return { ...configuration, name };
}

async function pickImage(folder: WorkspaceFolder): Promise<Image | undefined> {
  const { kernels } = await searchKernels(folder);
  return pickKernel(kernels, folder);
}

/** The folder of the file that is looked at, or the only one, or the one that is picked. */
async function folderAtHand(): Promise<WorkspaceFolder | undefined> {
  const folders = (workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  const shown = window.activeTextEditor?.document.uri;
  const around = shown && workspace.getWorkspaceFolder(shown);
  if (folders.length < 2) return folders[0];
  if (around !== undefined && folders.includes(around)) return around;
  return window.showWorkspaceFolderPick({ placeHolder: 'Which folder is the kernel in?' });
}
