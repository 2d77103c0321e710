/** The page permissions while the guest is stepped through the code that seals. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'mocha';
import { commands, debug } from 'vscode';
import { launch, recorder, recordsSessions } from './guest.ts';
import { PermissionsView } from './permissionsView.ts';
import { Element, needsScreen, screenshot } from './screen.ts';
import type { WebviewPage } from './webviewPage.ts';
import { breakpointAt, openSource } from './workspace.ts';

/** Where VS Code then shows the next stop, rather than over the view. */
async function focusSource(): Promise<void> {
  await commands.executeCommand('workbench.action.focusFirstEditorGroup');
}

/** The view beside the source, with those mappings alone that are sealed or will be. */
async function besideTheSource(): Promise<WebviewPage> {
  await new Element('.debug-top-stack-frame-line').wait();
  const view = await PermissionsView.inEditor();
  await commands.executeCommand('workbench.action.moveEditorToRightGroup');
  await view.select('Show', 'Sealed');
  await focusSource();
  return view;
}

describe('The page permissions while memory is sealed', () => {
  recordsSessions();
  afterEach(() => commands.executeCommand('workbench.action.closeAllEditors'));

  it('change row by row with each step', async function () {
    needsScreen(this);
    const sealing = breakpointAt(await openSource('mm/rodata.c'), 'set_memory_ro(__start_rodata, _data);');
    debug.addBreakpoints([sealing]);
    await launch({});
    await recorder().stopped();
    const view = await besideTheSource();
    await view.row('.data..ro_after_init', 'not sealed yet', 'linear map RW-').wait();
    await view.element('.row.mapping:has-text(".data..ro_after_init") .twistie').click();
    const page = '.row.page:has-text("cpu_caps")';
    await view.element(`${page}:has-text("RW-")`).wait();
    await focusSource();
    await commands.executeCommand('workbench.action.debug.stepOver');
    await recorder().stopped();
    await view.row('.data..ro_after_init', 'before, now', 'R--', 'partly sealed', 'linear map RW-').wait();
    await view.element(`${page}:has-text("before, now"):has-text("R--")`).wait();
    await screenshot('permissions-partly-sealed');
    await commands.executeCommand('workbench.action.debug.stepOver');
    await recorder().stopped();
    await view.row('.data..ro_after_init', 'R--', 'sealed', 'linear map R--').wait();
    await view.row('0xffffffd6', 'before, now', 'R--', 'sealed').wait();
    assert.equal(await view.row('not sealed yet').count(), 0);
    await view.element('.phases li[aria-current]:has-text("SEALED")').wait();
    await screenshot('permissions-sealed');
  });

  it('are current at the seal to which the guest is run', async function () {
    needsScreen(this);
    await launch({ stopOnEntry: true });
    await recorder().stopped();
    const view = await besideTheSource();
    await view.element('.notice:has-text("Address translation is off")').wait();
    await commands.executeCommand('sealscope.runToSeal');
    assert.match((await recorder().stopped()).body.text ?? '', /sealed/);
    await view.element('.phases li[aria-current]:has-text("SEALED")').wait();
    await view.row('.data..ro_after_init', 'R--', 'sealed').wait();
  });
});
