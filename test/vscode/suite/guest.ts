/** Sessions on the sample: what every test of a session begins and ends with. */
import assert from 'node:assert/strict';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { after, afterEach, before, beforeEach } from 'mocha';
import { type DebugConfiguration, type DebugSession, commands, debug, workspace } from 'vscode';
import { Recorder, sessionEnd } from './session.ts';
import { Element, screenshot } from './screen.ts';
import { openSource } from './workspace.ts';

let current: Recorder | undefined;

/** The protocol of the running test, inside of `recordsSessions()`. */
export function recorder(): Recorder {
  assert.ok(current, 'nothing is recorded outside of recordsSessions()');
  return current;
}

/** To be called in a `describe`: records the protocol, shows it beside failures, ends what a test leaves running. */
export function recordsSessions(): void {
  before(() => (current = new Recorder()));
  after(() => current?.dispose());
  beforeEach(() => recorder().clear());
  afterEach(async function () {
    if (this.currentTest?.isFailed() === true) {
      process.stderr.write(`${recorder().transcript()}\n`);
      await screenshot('failure');
    }
    debug.removeBreakpoints(debug.breakpoints);
    await endSession();
  });
}

export async function endSession(): Promise<void> {
  if (debug.activeDebugSession === undefined) return;
  const ended = sessionEnd();
  // It may be ending by itself just now, and then cannot be told to.
  await debug.stopDebugging().then(undefined, () => undefined);
  await ended;
}

export function session(): DebugSession {
  assert.ok(debug.activeDebugSession, 'no session is active');
  return debug.activeDebugSession;
}

/** Presses F5 in a source of the sample and waits for the first stop. */
export async function f5(): Promise<DebugProtocol.StoppedEvent['body']> {
  await openSource('main.c');
  await commands.executeCommand('workbench.action.debug.start');
  return (await recorder().stopped()).body;
}

/** F5, until VS Code shows the line of the store: it opens that editor over the one that is active then. */
export async function atRefusedStore(): Promise<void> {
  await f5();
  await new Element('.exception-widget').wait();
}

/** Starts the sample, or another program of the folder, with attributes as in a launch.json. */
export async function launch(attributes: Partial<DebugConfiguration>): Promise<void> {
  const configuration = {
    type: 'sealscope',
    request: 'launch',
    name: 'Sample',
    program: '${workspaceFolder}/resume-bug.elf',
    harts: 2,
    ...attributes,
  };
  assert.equal(await debug.startDebugging(workspace.workspaceFolders![0], configuration), true);
}
