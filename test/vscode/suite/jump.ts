/** From a variable or a name in a source to its page, and to a stop at the next store to it. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Selection, commands } from 'vscode';
import { f5, launch, recorder, recordsSessions, session } from './guest.ts';
import { Element, needsScreen } from './screen.ts';
import { openSource } from './workspace.ts';

/** Runs `jump`, and returns the address that it wants shown, unshown. */
async function addressShownBy(jump: () => Thenable<unknown>): Promise<string | undefined> {
  const { executeCommand } = commands;
  let shown: string | undefined;
  commands.executeCommand = (command: string, ...rest: unknown[]) => {
    if (command !== 'sealscope.revealAddress') return executeCommand(command, ...rest);
    shown = (rest[0] as { address: string }).address;
    return Promise.resolve(undefined as never);
  };
  try {
    await jump();
  } finally {
    commands.executeCommand = executeCommand;
  }
  return shown;
}

async function addressOf(expression: string): Promise<string> {
  const { address } = (await session().customRequest('sealscope/locate', { expression })) as {
    address: string;
  };
  return address;
}

/** Puts the cursor at the end of `text`, and returns what VS Code hands to a command of the editor's menu. */
async function cursorAfter(file: string, text: string): Promise<unknown> {
  const editor = await openSource(file);
  const end = editor.document.positionAt(editor.document.getText().indexOf(text) + text.length);
  editor.selection = new Selection(end, end);
  return editor.document.uri;
}

describe('Jumps', () => {
  recordsSessions();

  it('go from a name in the editor to its page', async () => {
    await f5();
    const uri = await cursorAfter('cpufeature.c', 'cpu_caps');
    const shown = await addressShownBy(() => commands.executeCommand('sealscope.showPermissionsOf', uri));
    assert.equal(shown, await addressOf('&cpu_caps'));
  });

  it('go from a variable, and from a line of the fault view', async () => {
    await f5();
    const variable = { name: 'features', evaluateName: 'cpu_caps.features[2]' };
    const shown = await addressShownBy(() =>
      commands.executeCommand('sealscope.showPermissionsOf', { variable }),
    );
    assert.equal(shown, await addressOf('&cpu_caps.features[2]'));
    const address = '0xffffffff80601188';
    assert.equal(
      await addressShownBy(() => commands.executeCommand('sealscope.showPermissionsOf', { address })),
      address,
    );
  });

  it('watch the stores to an object, until told otherwise', async function () {
    needsScreen(this);
    await launch({ stopOnEntry: true });
    await recorder().stopped();
    const variable = { name: 'cpu_caps', evaluateName: 'cpu_caps' };
    await commands.executeCommand('sealscope.watchWritesTo', { variable });
    await commands.executeCommand('workbench.action.debug.continue');
    assert.equal((await recorder().stopped()).body.reason, 'data breakpoint');
    await commands.executeCommand('sealscope.sealedWrites.focus');
    const watch = '.customview-tree .monaco-list-row[aria-label^="Watching stores to"]';
    await new Element(`${watch}[aria-label*="1 so far"]`).click();
    await new Element(`${watch} .action-label[aria-label^="Stop watching"]`).click();
    await new Element(watch).gone();
    await commands.executeCommand('workbench.action.debug.continue');
    assert.equal((await recorder().stopped()).body.reason, 'exception');
  });
});
