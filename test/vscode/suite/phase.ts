/** From init to sealed: the status bar follows, and commands go to the seal. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { commands, debug } from 'vscode';
import { f5, launch, recorder, recordsSessions } from './guest.ts';
import { Element, needsScreen, press } from './screen.ts';
import { breakpointAt, openSource } from './workspace.ts';

const statusWith = (text: string): Element => new Element(`.statusbar-item:has-text("${text}")`);

describe('From init to sealed', () => {
  recordsSessions();

  it('the status bar says how far the guest is', async function () {
    needsScreen(this);
    const done = breakpointAt(await openSource('cpufeature.c'), 'pr_info("resume: done');
    debug.addBreakpoints([done]);
    await launch({ stopOnEntry: true, onSealedWrite: 'ask' });
    await recorder().stopped();
    await statusWith('Booting').wait();
    await commands.executeCommand('sealscope.runToSeal');
    const { body } = await recorder().stopped();
    assert.match(body.text ?? '', /sealed/);
    await commands.executeCommand('workbench.action.debug.continue');
    await recorder().stopped();
    await statusWith('Store to cpu_caps.features[2].bits refused').wait();
    await commands.executeCommand('sealscope.makeWritableAndRetry');
    await recorder().stopped();
    await statusWith('Degraded').wait();
    debug.removeBreakpoints([done]);
  });

  it('the stop at seals can be switched while the guest stands', async function () {
    needsScreen(this);
    await launch({ stopOnEntry: true });
    await recorder().stopped();
    await commands.executeCommand('sealscope.stopAtSeal');
    await commands.executeCommand('workbench.action.debug.continue');
    assert.match((await recorder().stopped()).body.text ?? '', /sealed/);
    await statusWith('ealed').wait();
    await commands.executeCommand('sealscope.stopAtSeal');
    await commands.executeCommand('workbench.action.debug.continue');
    assert.equal((await recorder().stopped()).body.reason, 'exception');
  });

  it('the status bar item opens a menu', async function () {
    needsScreen(this);
    await launch({ stopOnEntry: true });
    await recorder().stopped();
    await statusWith('Booting').click();
    const offered = (await new Element('.quick-input-list .monaco-list-row').texts()).join('\n');
    assert.match(offered, /Run to the seal[^]*Show the guest console/);
    await press('Escape');
  });

  it('at a refused store it opens the choices', async function () {
    needsScreen(this);
    await f5();
    await statusWith('refused').click();
    await new Element('.quick-input-list .monaco-list-row:has-text("Write once")').wait();
    await press('Escape');
  });
});
