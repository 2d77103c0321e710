/** The main job in VS Code: F5 without a launch.json, the refused store, its diagnosis, a choice, a clean end. */
import assert from 'node:assert/strict';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { describe, it } from 'mocha';
import { commands, debug } from 'vscode';
import { endSession, f5, launch, recorder, recordsSessions, session } from './guest.ts';
import { ask, editorAt, sessionEnd } from './session.ts';
import { Element, needsScreen, press, type } from './screen.ts';
import { breakpointAt, openSource } from './workspace.ts';

/** The store in cpufeature.c that the scenario is about. */
const STORE = 'cpu_caps.features[FEATURE_PM].bits = pm;';

async function scopeNamed(frame: DebugProtocol.StackFrame, name: string): Promise<DebugProtocol.Variable[]> {
  const { scopes } = await ask(session(), 'scopes', { frameId: frame.id });
  const scope = scopes.find((each) => each.name === name);
  assert.ok(scope, `no scope ${name} among ${scopes.map((each) => each.name).join(', ')}`);
  const { variables } = await ask(session(), 'variables', { variablesReference: scope.variablesReference });
  return variables;
}

async function topFrames(threadId: number): Promise<DebugProtocol.StackFrame[]> {
  return (await ask(session(), 'stackTrace', { threadId })).stackFrames;
}

/** Types a line into the Debug Console, as a person does, and returns what then stands there. */
async function debugConsole(line: string): Promise<string> {
  // It takes the keyboard when it opens.
  await new Element('.exception-widget').wait();
  await commands.executeCommand('workbench.debug.action.focusRepl');
  await type(line);
  // Escape leaves the suggestions, or Enter would take one.
  await press('Escape');
  await press('Enter');
  await new Element(`.repl-tree .evaluation-result`).wait();
  return (await new Element('.repl-tree .monaco-list-row').texts()).join('\n');
}

describe('A session on the sample', () => {
  recordsSessions();

  it('stops at the refused store, and shows the line', async () => {
    const stopped = await f5();
    assert.equal(stopped.reason, 'exception');
    assert.equal(stopped.allThreadsStopped, true);
    const [top, caller] = await topFrames(stopped.threadId ?? 0);
    assert.equal(top?.name.split('(')[0], 'cpu_detect_features');
    assert.equal(caller?.name.split('(')[0], 'secondary_start_kernel');
    const editor = await editorAt('cpufeature.c', top.line);
    assert.equal(editor.document.lineAt(top.line - 1).text.trim(), STORE);
  });

  it('diagnoses the store in a scope of its own', async () => {
    const { threadId = 0 } = await f5();
    const [top] = await topFrames(threadId);
    const facts = await scopeNamed(top!, 'Sealed write');
    const fact = (name: string): string | undefined => facts.find((each) => each.name === name)?.value;
    assert.equal(fact('action'), 'oops');
    assert.equal(fact('variable'), 'cpu_caps.features[2].bits');
    assert.match(fact('redundant') ?? '', /^yes/);
    assert.equal(fact('old value'), fact('new value'));
    assert.match(fact('sealed by') ?? '', /^mark_rodata_ro.*, hart 0, step [\d,]+$/);
  });

  it('shows story, stack and diagnosis in the window', async function () {
    needsScreen(this);
    const { text = '' } = await f5();
    await commands.executeCommand('workbench.view.debug');
    const [widget = ''] = await new Element('.exception-widget').texts();
    assert.ok(widget.includes('cpu_caps.features[2].bits'), widget);
    assert.ok(text.includes('cpu_caps.features[2].bits'), text);
    // VS Code asks for the top frame first, and for its callers a little later.
    await new Element('.debug-call-stack .monaco-list-row:has-text("secondary_start_kernel")').wait();
    const stack = await new Element('.debug-call-stack .monaco-list-row').texts();
    assert.match(stack.join('\n'), /cpu_detect_features[^]*secondary_start_kernel/);
    await new Element('.debug-variables .monaco-list-row:has-text("Sealed write")').wait();
    await new Element('.debug-top-stack-frame-line').wait();
  });

  it('goes on after "fault retry" in the Debug Console, to a clean end', async function () {
    needsScreen(this);
    await f5();
    const ended = sessionEnd();
    assert.match(await debugConsole('fault retry'), /make the page writable and store again/);
    await press('F5');
    assert.equal((await recorder().event<DebugProtocol.ExitedEvent>('exited')).body.exitCode, 0);
    await ended;
    assert.match(recorder().output(), /resume: done, cpu_caps\.features\[2\]\.bits=0x/);
  });

  it("delivers the trap on a plain continue: the guest's own oops", async () => {
    const { threadId } = await f5();
    const ended = sessionEnd();
    await ask(session(), 'continue', { threadId: threadId ?? 0 });
    await ended;
    assert.match(recorder().output(), /Oops/);
  });

  it('restarts, and stops at the same store again', async () => {
    const first = await f5();
    recorder().clear();
    await commands.executeCommand('workbench.action.debug.restart');
    const { body } = await recorder().stopped();
    assert.deepEqual([body.reason, body.threadId, body.text], [first.reason, first.threadId, first.text]);
  });

  it('stops at a breakpoint that was set in the editor', async () => {
    const editor = await openSource('main.c');
    const breakpoint = breakpointAt(editor, 'scenario_run();');
    debug.addBreakpoints([breakpoint]);
    await commands.executeCommand('workbench.action.debug.start');
    const { body } = await recorder().stopped();
    assert.equal(body.reason, 'breakpoint');
    const [top] = await topFrames(body.threadId ?? 0);
    assert.equal(top?.line, breakpoint.location.range.start.line + 1);
    debug.removeBreakpoints([breakpoint]);
  });

  it('ends when it is told to, with the guest in full run', async () => {
    await launch({ rodata: 'off' });
    await endSession();
  });
});
