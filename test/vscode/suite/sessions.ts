/** More than one session: one after the other, and two at once. */
import assert from 'node:assert/strict';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { describe, it } from 'mocha';
import { type DebugConfiguration, type DebugSession, commands, debug, window } from 'vscode';
import { f5, launch, recorder, recordsSessions, session } from './guest.ts';
import { PermissionsView } from './permissionsView.ts';
import { Element, needsScreen } from './screen.ts';

async function threadNames(of: DebugSession): Promise<string[]> {
  const { threads } = (await of.customRequest('threads')) as DebugProtocol.ThreadsResponse['body'];
  return threads.map(({ name }) => name);
}

async function stop(running: DebugSession): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    const listener = debug.onDidTerminateDebugSession(({ id }) => {
      if (id !== running.id) return;
      listener.dispose();
      resolve();
    });
  });
  await debug.stopDebugging(running);
  await ended;
}

/** Starts a session and waits for its first stop. */
async function started(attributes: Partial<DebugConfiguration>): Promise<DebugSession> {
  const starting = new Promise<DebugSession>((resolve) => {
    const listener = debug.onDidStartDebugSession((begun) => {
      listener.dispose();
      resolve(begun);
    });
  });
  await launch(attributes);
  await recorder().stopped();
  return starting;
}

/** Makes a session the one that the debug views are about. */
async function look(name: string): Promise<void> {
  const picked = commands.executeCommand('workbench.action.debug.selectDebugSession');
  await new Element(`.quick-input-list .monaco-list-row:has-text("${name}")`).click();
  await picked;
}

const terminal = (text: string): Element =>
  new Element(`.terminal-wrapper.active .xterm-rows:has-text("${text}")`);

describe('Sessions', () => {
  recordsSessions();

  it('can be started again: views and hart names are those of the new run', async function () {
    needsScreen(this);
    await f5();
    const view = await PermissionsView.inSideBar();
    await view.element('.row.refused').wait();
    recorder().clear();
    await commands.executeCommand('workbench.action.debug.restart');
    await recorder().event('sealscope/phase');
    await recorder().stopped();
    await view.element('main:not(.stale) .row.refused').wait();
    assert.deepEqual(await threadNames(session()), ['hart 0 (S-mode)', 'hart 1 (S-mode)']);
  });

  it('can be two at once, each with its own memory, harts and console', async function () {
    needsScreen(this);
    const sealed = await started({ name: 'Sealed' });
    const view = await PermissionsView.inSideBar();
    await view.element('.row.refused').wait();
    const early = await started({ name: 'Early', harts: 1, stopOnEntry: true });
    assert.deepEqual(await threadNames(sealed), ['hart 0 (S-mode)', 'hart 1 (S-mode)']);
    assert.equal((await threadNames(early)).length, 1);

    // The session that is looked at is the one that the views are about.
    await look('Early');
    await view.element('.notice:has-text("Address translation is off")').wait();
    await look('Sealed');
    await view.element('.row.refused').wait();
    assert.equal(debug.activeDebugSession?.id, sealed.id);

    // One goes on, the other stays where it is.
    await commands.executeCommand('sealscope.writeOnce');
    await recorder().event<DebugProtocol.ExitedEvent>('exited');
    assert.equal((await threadNames(early)).length, 1);
    const names = window.terminals.map(({ name }) => name);
    for (const name of ['Sealed (guest)', 'Early (guest)']) assert.ok(names.includes(name), names.join());
    window.terminals.find(({ name }) => name === 'Sealed (guest)')?.show();
    await terminal('resume: done').wait();
    window.terminals.find(({ name }) => name === 'Early (guest)')?.show();
    await new Element('.terminal-wrapper.active .xterm-rows:not(:has-text("resume: done"))').wait();
    await stop(early);
  });
});
