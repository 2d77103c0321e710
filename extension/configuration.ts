/** From what the user asked for (often nothing) to a launch request that the debug adapter can carry out. */
import { basename, relative } from 'node:path';
import {
  type CancellationToken,
  type DebugConfiguration,
  type DebugConfigurationProvider,
  type WorkspaceFolder,
  commands,
  window,
  workspace,
} from 'vscode';
import { type Image, pickKernel, searchKernels } from './kernelPicker.ts';
import { type Search, findKernels } from './kernels.ts';
import { absolutePaths, problemOf } from './launch.ts';

/** Where an image begins that runs in M-mode, without firmware. */
const RESET_ENTRY = 0x8000_0000n;

/** What to tell VS Code in place of a configuration. */
const ABORT = undefined;
const ABORT_AND_OPEN_LAUNCH_JSON = null;

export class ConfigurationProvider implements DebugConfigurationProvider {
  /** F5 without a launch.json arrives here as an empty object: finds the kernel to debug. */
  async resolveDebugConfiguration(
    folder: WorkspaceFolder | undefined,
    configuration: DebugConfiguration,
  ): Promise<DebugConfiguration | undefined | null> {
    const isEmpty = (configuration as Partial<DebugConfiguration>).type === undefined;
    if (!isEmpty) return withConsole(configuration);
    const searched = folder ?? workspace.workspaceFolders?.[0];
    if (searched?.uri.scheme !== 'file')
      return explain('Open the folder of your kernel first, then press F5.');
    const kernel = await choose(await searchKernels(searched), searched);
    // The path as it is: where no folder goes with the session, VS Code has no meaning for `${workspaceFolder}`.
    return kernel && withConsole({ ...configurationFor(kernel, searched), program: kernel.path });
  }

  /** Variables such as `${workspaceFolder}` are replaced by now, so that files can be checked. */
  resolveDebugConfigurationWithSubstitutedVariables(
    folder: WorkspaceFolder | undefined,
    configuration: DebugConfiguration,
  ): DebugConfiguration | Promise<undefined | null> {
    const resolved = folder === undefined ? configuration : absolutePaths(configuration, folder.uri.fsPath);
    const problem = problemOf(resolved);
    return problem === undefined ? resolved : explain(problem);
  }
}

/** The kernels of a folder as entries of "Run and Debug" and of "Debug: Select and Start Debugging". */
export class KernelConfigurations implements DebugConfigurationProvider {
  async provideDebugConfigurations(
    folder: WorkspaceFolder | undefined,
    token?: CancellationToken,
  ): Promise<DebugConfiguration[]> {
    if (folder?.uri.scheme !== 'file') return [];
    const { kernels } = await findKernels(folder.uri.fsPath);
    if (token?.isCancellationRequested === true) return [];
    return kernels.map((kernel) => configurationFor(kernel, folder));
  }
}

/** The guest gets a terminal unless launch.json says otherwise; then the Debug Console need not come to the front. */
function withConsole(configuration: DebugConfiguration): DebugConfiguration {
  const completed: DebugConfiguration = { console: 'integratedTerminal', ...configuration };
  return completed['console'] === 'integratedTerminal'
    ? { internalConsoleOptions: 'neverOpen', ...completed }
    : completed;
}

export function configurationFor(kernel: Image, folder: WorkspaceFolder): DebugConfiguration {
  const path = relative(folder.uri.fsPath, kernel.path).replaceAll('\\', '/');
  return {
    type: 'sealscope',
    request: 'launch',
    name: `Debug ${basename(kernel.path)}`,
    program: `\${workspaceFolder}/${path}`,
    // Seals break where CPUs come back, so there is a second one. It sleeps until the kernel starts it, except in an
    // image that is entered in M-mode, straight out of reset.
    harts: kernel.entry === RESET_ENTRY ? 1 : 2,
  };
}

async function choose(
  { kernels, complete }: Search,
  folder: WorkspaceFolder,
): Promise<Image | undefined | null> {
  if (kernels.length === 0) return explainNoKernel(folder, complete);
  return kernels.length === 1 ? kernels[0] : pickKernel(kernels, folder);
}

async function explainNoKernel(folder: WorkspaceFolder, complete: boolean): Promise<undefined | null> {
  const where = complete ? `in ${folder.name}` : `in the first directories of ${folder.name}`;
  const message = `Sealscope found no RISC-V kernel image ${where}.`;
  const detail =
    'It looks for 64-bit RISC-V ELF files linked at 0x80000000 or above. Build your kernel first, ' +
    'name the image in launch.json, or open the sample to see what a session looks like.';
  const configure = 'Open launch.json';
  const sample = 'Open the Sample';
  const answer = await window.showErrorMessage(message, { modal: true, detail }, configure, sample);
  if (answer === sample) void commands.executeCommand('sealscope.openSample');
  return answer === configure ? ABORT_AND_OPEN_LAUNCH_JSON : ABORT;
}

async function explain(problem: string): Promise<undefined | null> {
  const configure = 'Open launch.json';
  const answer = await window.showErrorMessage(problem, { modal: true }, configure);
  return answer === configure ? ABORT_AND_OPEN_LAUNCH_JSON : ABORT;
}
