/** Starting a session, up to the launch request: what F5 finds, asks, and refuses. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'mocha';
import { type MessageOptions, Uri, commands, debug, window, workspace } from 'vscode';
import { Element, needsScreen, press } from './screen.ts';
import { exists, folder, openSource } from './workspace.ts';

const kernel = Uri.joinPath(folder, 'resume-bug.elf');
const hidden = Uri.joinPath(folder, '.hidden.elf');
const build = Uri.joinPath(folder, 'build');
const settings = Uri.joinPath(folder, '.vscode');

const pick = new Element('.quick-input-list .monaco-list-row');

/** Presses F5. Resolves when VS Code has started a session or given up. */
async function f5(): Promise<void> {
  await openSource('main.c');
  await commands.executeCommand('workbench.action.debug.start');
}

interface Dialog {
  message: string;
  options: MessageOptions;
  buttons: readonly string[];
}

/** Answers the next message by itself: VS Code shows no dialogs while tests run. */
function answerDialog(answer: string | undefined): Promise<Dialog> {
  const { showErrorMessage } = window;
  return new Promise((resolve) => {
    const stand = (
      message: string,
      options: MessageOptions,
      ...buttons: string[]
    ): Promise<string | undefined> => {
      window.showErrorMessage = showErrorMessage;
      resolve({ message, options, buttons });
      return Promise.resolve(answer);
    };
    window.showErrorMessage = stand;
  });
}

describe('Starting a session', () => {
  afterEach(async () => {
    if (await exists(hidden)) await workspace.fs.rename(hidden, kernel);
    for (const uri of [build, settings]) {
      if (await exists(uri)) await workspace.fs.delete(uri, { recursive: true, useTrash: false });
    }
    assert.equal(debug.activeDebugSession, undefined);
  });

  it('asks which kernel, if the folder has several', async function () {
    needsScreen(this);
    await workspace.fs.copy(kernel, Uri.joinPath(build, 'other.elf'));
    const started = f5();
    const offered = (await pick.texts()).join('\n');
    assert.match(offered, /other\.elf\s*build/);
    assert.match(offered, /resume-bug\.elf/);
    await press('Escape');
    await started;
  });

  it('shows the way, if the folder has no kernel', async () => {
    await workspace.fs.rename(kernel, hidden);
    const dialog = answerDialog(undefined);
    const started = f5();
    const { message, options, buttons } = await dialog;
    assert.match(message, /found no RISC-V kernel image/);
    assert.match(options.detail ?? '', /0x80000000/);
    assert.deepEqual(buttons, ['Open launch.json', 'Open the Sample']);
    await started;
  });

  it('lists the kernels among the configurations to start', async function () {
    needsScreen(this);
    const listed = commands.executeCommand('workbench.action.debug.selectandstart', 'sealscope');
    await pick.wait();
    assert.match((await pick.texts()).join('\n'), /Debug resume-bug\.elf/);
    await press('Escape');
    await listed;
  });

  it('refuses a configuration with the reason, and opens launch.json', async () => {
    const attributes = { type: 'sealscope', request: 'launch', name: 'Mistaken' };
    const launchJson = Uri.joinPath(settings, 'launch.json');
    const configurations = [{ ...attributes, program: '${workspaceFolder}/resume-bug.elf', harts: 9 }];
    await workspace.fs.writeFile(
      launchJson,
      Buffer.from(JSON.stringify({ version: '0.2.0', configurations })),
    );
    const dialog = answerDialog('Open launch.json');
    const started = debug.startDebugging(workspace.workspaceFolders![0], 'Mistaken');
    assert.match((await dialog).message, /"harts" is 9, but has to be a number of harts from 1 to 8/);
    assert.equal(await started, false);
    assert.equal(window.activeTextEditor?.document.uri.fsPath, launchJson.fsPath);
  });
});
