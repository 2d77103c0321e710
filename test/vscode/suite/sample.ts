/** The command that opens the bundled sample. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'mocha';
import { Uri, commands, window, workspace } from 'vscode';
import { exists, folder } from './workspace.ts';

const parent = Uri.joinPath(folder, 'build');
const copy = Uri.joinPath(parent, 'resume-bug');

/** Runs the command, with `parent` picked in the dialog. Returns the folder that it wants opened, unopened. */
async function openSample(): Promise<Uri | undefined> {
  const { showOpenDialog } = window;
  const { executeCommand } = commands;
  let opened: Uri | undefined;
  window.showOpenDialog = () => Promise.resolve([parent]);
  commands.executeCommand = (command: string, ...rest: unknown[]) => {
    if (command !== 'vscode.openFolder') return executeCommand(command, ...rest);
    opened = rest[0] as Uri;
    return Promise.resolve(undefined as never);
  };
  try {
    await executeCommand('sealscope.openSample');
  } finally {
    window.showOpenDialog = showOpenDialog;
    commands.executeCommand = executeCommand;
  }
  return opened;
}

describe('Opening the sample', () => {
  afterEach(() => workspace.fs.delete(parent, { recursive: true, useTrash: false }));

  it('copies it where the user says, with configurations to launch', async () => {
    assert.equal((await openSample())?.fsPath, copy.fsPath);
    for (const file of ['resume-bug.elf', 'main.c', '.vscode/launch.json'])
      assert.ok(await exists(Uri.joinPath(copy, file)), file);
  });

  it('opens an earlier copy as it is', async () => {
    await openSample();
    const changed = Uri.joinPath(copy, 'main.c');
    await workspace.fs.writeFile(changed, Buffer.from('mine'));
    await openSample();
    assert.equal(Buffer.from(await workspace.fs.readFile(changed)).toString(), 'mine');
  });
});
