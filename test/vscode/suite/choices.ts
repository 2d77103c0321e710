/** Each choice at the refused store, by each of its ways: toolbar, quick pick, fault view, keyboard. */
import assert from 'node:assert/strict';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { describe, it } from 'mocha';
import { commands, window } from 'vscode';
import { f5, launch, recorder, recordsSessions } from './guest.ts';
import { Element, needsScreen, press, type } from './screen.ts';

/** What the guest does afterwards, on its console. */
const OOPS = /Unable to handle kernel paging request|Oops/;
const DONE = /resume: done, cpu_caps\.features\[2\]\.bits=0x/;

const choices: readonly { title: string; outcome: RegExp }[] = [
  { title: 'Oops', outcome: OOPS },
  { title: 'Make writable and retry', outcome: DONE },
  { title: 'Write once', outcome: DONE },
  { title: 'Skip the store', outcome: DONE },
];

const pick = new Element('.quick-input-list .monaco-list-row');
const rowOf = (title: string): Element =>
  new Element(`.customview-tree .monaco-list-row[aria-label^="${title}"]`);
const buttonOf = (title: string): Element =>
  new Element(`.debug-toolbar .action-label[aria-label^="${title}"]`);

async function expectOutcome(outcome: RegExp): Promise<void> {
  await recorder().event<DebugProtocol.ExitedEvent>('exited');
  assert.match(recorder().output(), outcome);
}

describe('The choices at a refused store', () => {
  recordsSessions();

  for (const { title, outcome } of choices.slice(0, 2)) {
    it(`${title}: a button of the debug toolbar`, async function () {
      needsScreen(this);
      await f5();
      await buttonOf(title).click();
      await expectOutcome(outcome);
    });
  }

  it('has no buttons in the toolbar while no store waits', async function () {
    needsScreen(this);
    await launch({ stopOnEntry: true });
    await recorder().stopped();
    await new Element('.debug-toolbar .codicon-debug-continue').wait();
    assert.equal(await buttonOf('Oops').count(), 0);
    await commands.executeCommand('workbench.action.debug.continue');
    await buttonOf('Oops').wait();
    await commands.executeCommand('workbench.action.debug.continue');
    await expectOutcome(OOPS);
  });

  for (const { title, outcome } of choices) {
    it(`${title}: picked from a list that says what follows`, async function () {
      needsScreen(this);
      await f5();
      await buttonOf('Oops').wait();
      // It takes the keyboard when it opens, which closes a pick.
      await new Element('.exception-widget').wait();
      const chosen = commands.executeCommand('sealscope.chooseFaultAction');
      const offered = await pick.texts();
      assert.equal(offered.length, choices.length);
      assert.match(
        offered[1] ?? '',
        /set W in the leaf PTE[^]*\d+ other symbols lose protection: \w+, [^]*4 KiB writable again/,
      );
      assert.match(offered[3] ?? '', /Unsafe: a dropped write may help an exploit \(PaX Team\)/);
      await type(title);
      await press('Enter');
      await chosen;
      await expectOutcome(outcome);
    });

    it(`${title}: a line of the fault view, which came by itself`, async function () {
      needsScreen(this);
      await f5();
      await rowOf(title).click();
      await expectOutcome(outcome);
    });
  }

  it('can be made by keyboard alone', async function () {
    needsScreen(this);
    await f5();
    await rowOf('Oops').wait();
    await commands.executeCommand('sealscope.fault.focus');
    // From the first line to the third: write once.
    for (const keys of ['Home', 'ArrowDown', 'ArrowDown', 'Enter']) await press(keys);
    await expectOutcome(DONE);
  });

  it('come with the facts, and with ways to their lines', async function () {
    needsScreen(this);
    await f5();
    await rowOf('Oops').wait();
    await commands.executeCommand('sealscope.fault.focus');
    const writer = rowOf('first writer');
    // The view is as low as a side bar with many views makes it, and has only those lines that can be seen.
    await press('End');
    while ((await writer.count()) === 0) await press('ArrowUp');
    await writer.click();
    await new Element('.tab.active:has-text("cpufeature.c")').wait();
    const [facts = ''] = await writer.texts();
    assert.match(facts, /cpu_detect_features.*cpufeature\.c:\d+/);
    assert.equal(window.activeTextEditor?.document.fileName.endsWith('cpufeature.c'), true);
  });
});
