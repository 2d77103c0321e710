/** The view that lists every refused store, and what can be taken from it. */
import assert from 'node:assert/strict';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { describe, it } from 'mocha';
import { commands, env, window } from 'vscode';
import { atRefusedStore, f5, launch, recorder, recordsSessions } from './guest.ts';
import { Element, needsScreen, press, screenshot } from './screen.ts';
import { editorAt } from './session.ts';

const row = new Element(
  '.customview-tree .monaco-list-row[aria-label^="Store to cpu_caps.features[2].bits"]',
);

interface Exported {
  readonly sealedWrites: readonly { readonly symbol: string; readonly count: number }[];
}

async function ranToItsEnd(): Promise<void> {
  await recorder().event<DebugProtocol.ExitedEvent>('exited');
}

describe('The sealed writes', () => {
  recordsSessions();

  it('show a store while it waits, and go to its line', async function () {
    needsScreen(this);
    const { threadId } = await f5();
    assert.ok(threadId);
    await commands.executeCommand('sealscope.sealedWrites.focus');
    const [text = ''] = await row.texts();
    assert.match(
      text,
      /cpu_caps\.features\[2\]\.bits.*×1.*waits for a choice.*redundant.*cpufeature\.c:70.*(0x[0-9a-f]+) → \1/s,
    );
    await screenshot('sealed-writes');
    await commands.executeCommand('workbench.action.closeAllEditors');
    await row.click();
    await editorAt('cpufeature.c', 70);
  });

  it('are reached, and left for the line, by keyboard alone', async function () {
    needsScreen(this);
    await atRefusedStore();
    await commands.executeCommand('workbench.action.closeAllEditors');
    await commands.executeCommand('sealscope.sealedWrites.focus');
    await row.wait();
    // An empty view takes the keyboard as a whole; its list does once there is one.
    await commands.executeCommand('sealscope.sealedWrites.focus');
    // Above it is the probe that the kernel tests its own protection with.
    await press('End');
    await new Element('.customview-tree .monaco-list-row.focused[aria-label^="Store to cpu_caps"]').wait();
    await press('Enter');
    await editorAt('cpufeature.c', 70);
  });

  it('and the refused store have no accessibility violations that axe finds', async function () {
    needsScreen(this);
    await atRefusedStore();
    for (const [view, title] of Object.entries({ sealedWrites: 'Sealed Writes', fault: 'Refused Store' })) {
      await commands.executeCommand(`sealscope.${view}.focus`);
      const pane = new Element(`.pane:has(.pane-header:has-text("${title}")) .customview-tree`);
      // VS Code's trees put label and description side by side without a space: no name could contain that.
      const found = (await pane.violations()).filter(
        (each) => !each.startsWith('label-content-name-mismatch'),
      );
      assert.deepEqual(found, [], title);
    }
  });

  it('also list what a policy let through, after the end too', async function () {
    needsScreen(this);
    await launch({ name: 'Policy', onSealedWrite: 'write-once' });
    await ranToItsEnd();
    await commands.executeCommand('sealscope.sealedWrites.focus');
    await new Element(
      '.customview-tree .monaco-list-row[aria-label^="Store to cpu_caps"][aria-label*="Write once"]',
    ).wait();
  });

  it('are exported as Markdown and as JSON, and copied', async () => {
    await launch({ name: 'Export', onSealedWrite: 'write-once' });
    await ranToItsEnd();
    await commands.executeCommand('sealscope.exportSealedWritesMarkdown');
    assert.equal(window.activeTextEditor?.document.languageId, 'markdown');
    assert.match(
      window.activeTextEditor.document.getText(),
      /cpu_caps\.features\[2\]\.bits[^]*mark_rodata_ro/,
    );
    await commands.executeCommand('sealscope.exportSealedWritesJson');
    const { sealedWrites } = JSON.parse(window.activeTextEditor.document.getText()) as Exported;
    assert.ok(
      sealedWrites.some(({ symbol, count }) => symbol === 'cpu_caps.features[2].bits' && count === 1),
    );
    const { clipboard } = env;
    await clipboard.writeText('');
    await commands.executeCommand('sealscope.copySealedWrites');
    assert.match(await clipboard.readText(), /cpu_caps/);
    await commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    await commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  });
});
