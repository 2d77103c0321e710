/** What-if seals by commands: a variable, a name in the editor; and the report on them. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'mocha';
import { Selection, commands, window } from 'vscode';
import { launch, recorder, recordsSessions, session } from './guest.ts';
import { openSource } from './workspace.ts';

async function report(): Promise<string> {
  await commands.executeCommand('sealscope.showWhatIf');
  const { document } = window.activeTextEditor!;
  assert.equal(document.languageId, 'markdown');
  return document.getText();
}

describe('What-if seals', () => {
  recordsSessions();
  afterEach(() => commands.executeCommand('workbench.action.closeAllEditors'));

  it('refuse a store to bytes that no page seals, and report who it was', async () => {
    await launch({ stopOnEntry: true, commandLine: 'scenario=resume' });
    await recorder().stopped();
    const variable = { name: 'cpu_caps', evaluateName: 'cpu_caps' };
    await commands.executeCommand('sealscope.whatIfSeal', { variable });
    await commands.executeCommand('workbench.action.debug.continue');
    const { body } = await recorder().stopped();
    assert.equal(body.reason, 'exception');
    const text = await report();
    assert.match(text, /^# What-if seals\n\nThey hold since /);
    assert.match(text, /\| `cpu_caps` 0x[\da-f]+ \|/);
    assert.match(text, /## Who writes `cpu_caps`\n\n- `\w+` at .*\.c:\d+/);
  });

  it('are set on the name under the cursor, and taken away', async () => {
    await launch({ stopOnEntry: true });
    await recorder().stopped();
    const editor = await openSource('cpufeature.c');
    const end = editor.document.positionAt(editor.document.getText().indexOf('cpu_caps') + 3);
    editor.selection = new Selection(end, end);
    await commands.executeCommand('sealscope.whatIfSeal', editor.document.uri);
    assert.match(await report(), /`cpu_caps`/);
    const { seals } = (await session().customRequest('sealscope/whatIf')) as { seals: { id: number }[] };
    const { showQuickPick } = window;
    // What a person chooses in the list.
    window.showQuickPick = ((items: readonly { id: number }[]) =>
      Promise.resolve(items.filter(({ id }) => id === seals[0]!.id))) as never;
    try {
      await commands.executeCommand('sealscope.removeWhatIf');
    } finally {
      window.showQuickPick = showQuickPick;
    }
    assert.match(await report(), /Nothing is sealed what-if\./);
  });
});
