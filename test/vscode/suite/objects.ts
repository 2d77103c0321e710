/** Write-once memory: lives of the objects of the second sample, and the rule that one of them broke. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { afterEach, describe, it } from 'mocha';
import { commands, debug, extensions, workspace } from 'vscode';
import { recorder, recordsSessions } from './guest.ts';
import { Element, needsScreen, press, screenshot } from './screen.ts';
import { WebviewPage } from './webviewPage.ts';

/** Runs a scenario of the sample until a rule is broken. */
async function atViolation(commandLine: string): Promise<void> {
  const { extensionPath } = extensions.getExtension('sealscope.sealscope')!;
  const program = join(extensionPath, 'samples', 'write-once-slab', 'write-once-slab.elf');
  const configuration = {
    ...{ type: 'sealscope', request: 'launch', name: 'Slab', program, commandLine, harts: 2 },
  };
  assert.equal(await debug.startDebugging(workspace.workspaceFolders![0], configuration), true);
  await recorder().stopped();
}

describe('Write-once memory', () => {
  recordsSessions();
  afterEach(() => commands.executeCommand('workbench.action.closeAllEditors'));

  it('shows lives, pages, and the broken rule with a way to its line', async function () {
    needsScreen(this);
    await atViolation('variant=private scenario=second-init');
    await new Element('.debug-top-stack-frame-line').wait();
    const view = await WebviewPage.openedBy('sealscope.openObjects');
    await view.element('.violations li:has-text("second-init")').wait();
    const [figures = ''] = await view.element('.figures').texts();
    assert.match(figures, /Live objects[^]*Pages[^]*Used[^]*If each object had pages of its own/);
    await view.element('.pages .body [role=row]').wait();
    const lives = await view.element('.lanes .body [role=row]').texts();
    assert.ok(
      lives.some((life) => /sealed/.test(life)),
      lives.join('\n'),
    );
    assert.deepEqual(await view.element('html').violations(), []);
    await screenshot('objects');
    await view.tabTo('.lanes .body [role=row]');
    await press('End');
    await view.element('.violations li:has-text("second-init") .source').click();
    await new Element('.tab.active:has-text(".c")').wait();
  });
});
