/** Asks which kernel: one of the folder's, or any file. */
import { basename, dirname, relative } from 'node:path';
import { ProgressLocation, type QuickPickItem, type WorkspaceFolder, window } from 'vscode';
import { type Kernel, type Search, findKernels } from './kernels.ts';

/** A kernel image; of a file picked freely no more is known than its path. */
export interface Image {
  readonly path: string;
  readonly entry?: bigint;
}

interface ImageItem extends QuickPickItem {
  readonly pick: () => Promise<Image | undefined>;
}

/** Looks through a folder, and says in the status bar that it does: a large one takes a second. */
export async function searchKernels({ uri, name }: WorkspaceFolder): Promise<Search> {
  const options = { location: ProgressLocation.Window, title: `Looking for kernels in ${name}` };
  return window.withProgress(options, () => findKernels(uri.fsPath));
}

/** Undefined if the user picks none. */
export async function pickKernel(
  kernels: readonly Kernel[],
  folder: WorkspaceFolder,
): Promise<Image | undefined> {
  const found = kernels.map((kernel): ImageItem => ({
    label: basename(kernel.path),
    description: relative(folder.uri.fsPath, dirname(kernel.path)),
    detail: kernel.hasDebugInfo ? '' : 'No debug information: addresses and symbols only.',
    pick: () => Promise.resolve(kernel),
  }));
  const another: ImageItem = {
    label: '$(folder-opened) Another file…',
    pick: async () => {
      const path = await pickFile(folder);
      return path === undefined ? undefined : { path };
    },
  };
  if (found.length === 0) return another.pick();
  const item = await window.showQuickPick([...found, another], {
    title: 'Which kernel do you want to debug?',
    placeHolder: 'The newest is first. A launch.json makes the choice permanent.',
    matchOnDescription: true,
  });
  return item?.pick();
}

/** The path of a file. */
export async function pickFile(folder: WorkspaceFolder | undefined): Promise<string | undefined> {
  const picked = await window.showOpenDialog({
    title: 'Which file shall the guest get?',
    openLabel: 'Use This File',
    ...(folder === undefined ? {} : { defaultUri: folder.uri }),
  });
  return picked?.[0]?.fsPath;
}
