/** The permission timeline at the refused store: who took W from the page, and what two moments differ in. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'mocha';
import { commands } from 'vscode';
import { atRefusedStore, recordsSessions } from './guest.ts';
import { Element, needsScreen, press, screenshot, type } from './screen.ts';
import { WebviewPage } from './webviewPage.ts';

describe('The permission timeline', () => {
  recordsSessions();
  afterEach(() => commands.executeCommand('workbench.action.closeAllEditors'));

  it('tells who took W from the page of the refused store, with a way to the line', async function () {
    needsScreen(this);
    await atRefusedStore();
    const view = await WebviewPage.openedBy('sealscope.openTimeline');
    await view.element('#panel-events .body [role=row]').wait();
    await view.element('vscode-textfield').click();
    await type('cpu_caps');
    await view.row('mark_rodata_ro').wait();
    const [sealed = ''] = await view.row('mark_rodata_ro').texts();
    assert.match(sealed, /R\s*W\s*-[^]*→[^]*R\s*-\s*-[^]*change[^]*mark_rodata_ro/);
    assert.deepEqual(await view.element('html').violations(), []);
    await screenshot('timeline');
    await view.row('mark_rodata_ro').click();
    await view.element('.details .stack button').click();
    await new Element('.tab.active:has-text("pageattr.c")').wait();
  });

  it('compares two moments, without a mouse', async function () {
    needsScreen(this);
    await atRefusedStore();
    const view = await WebviewPage.openedBy('sealscope.openTimeline');
    await view.element('[role=slider]').wait();
    await view.tabTo('[role=slider]');
    await press('Home');
    await view.element('[role=slider][aria-valuenow="0"]').wait();
    await view.element('vscode-button:has-text("Mark A")').click();
    await view.element('[role=slider]').click();
    await press('End');
    await view.element('vscode-button:has-text("Mark B")').click();
    await view.element('#panel-difference .none:has-text("differ")').wait();
    const differences = await view.element('#panel-difference .body [role=row]').texts();
    assert.ok(differences.length > 2, differences.join('\n'));
    await screenshot('timeline-difference');
  });
});
