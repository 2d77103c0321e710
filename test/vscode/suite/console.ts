/** The guest's console: a terminal of its own, with a keyboard. */
import assert from 'node:assert/strict';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { after, before, describe, it } from 'mocha';
import { Uri, commands, window, workspace } from 'vscode';
import { code, makeElf } from '../../server/session/elf.ts';
import { endSession, launch, recorder, recordsSessions } from './guest.ts';
import { Element, needsScreen, press, type } from './screen.ts';
import { folder } from './workspace.ts';

/** A guest in M-mode that sends back what it is sent: waits for the UART's LSR.DR, reads RBR, writes THR. */
const ECHO = makeElf([
  {
    address: 0x8000_0000n,
    bytes: code(0x10000537, 0x00554583, 0x0015f593, 0xfe058ce3, 0x00054583, 0x00b50023, 0xfedff06f),
  },
]);
const echo = Uri.joinPath(folder, 'build', 'echo.elf');

const terminalWith = (text: string): Element =>
  new Element(`.terminal-wrapper.active .xterm-rows:has-text("${text}")`);
const terminals = (name: string): number => window.terminals.filter((each) => each.name === name).length;

describe('The console of the guest', () => {
  recordsSessions();
  before(() => workspace.fs.writeFile(echo, ECHO));
  after(() => workspace.fs.delete(Uri.joinPath(folder, 'build'), { recursive: true, useTrash: false }));

  it('is a terminal that comes with the session, and says how the guest ended', async function () {
    needsScreen(this);
    await launch({ name: 'Ends', onSealedWrite: 'write-once' });
    await recorder().event<DebugProtocol.ExitedEvent>('exited');
    await terminalWith('reboot: Power down').wait();
    await terminalWith('The guest has ended with status 0.').wait();
    assert.equal(terminals('Ends (guest)'), 1);
  });

  it('sends keys to the guest as they are typed, and echoes none itself', async function () {
    needsScreen(this);
    await launch({ name: 'Echo', program: '${workspaceFolder}/build/echo.elf', harts: 1 });
    await commands.executeCommand('sealscope.showConsole');
    await new Element('.terminal-wrapper.active .xterm.focus').wait();
    await type('seal');
    await press('Enter');
    await type('ed');
    await terminalWith('edal').wait();
  });

  it('is used again when the session is started again', async function () {
    needsScreen(this);
    const again = { name: 'Again', program: '${workspaceFolder}/build/echo.elf', harts: 1 };
    await launch(again);
    await terminalWith('').wait();
    await commands.executeCommand('workbench.action.debug.restart');
    await terminalWith('Started again.').wait();
    await endSession();
    await terminalWith('The session was stopped.').wait();
    await launch(again);
    await endSession();
    assert.equal(terminals('Again (guest)'), 1);
  });

  it('can be the Debug Console', async () => {
    await launch({ name: 'Inside', onSealedWrite: 'write-once', console: 'internalConsole' });
    await recorder().event<DebugProtocol.ExitedEvent>('exited');
    assert.match(recorder().output('stdout'), /reboot: Power down/);
    assert.equal(terminals('Inside (guest)'), 0);
  });
});
