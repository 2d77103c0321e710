/** What bench/vscode.ts measures, in the extension host of a window that has just been opened. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { DebugStackFrame, debug, extensions, workspace } from 'vscode';

/** Milliseconds. */
export interface Startup {
  /** From the call of `activate` to its end; reading and compiling the bundle is part of it. */
  activation: number;
  /** From the start of the session until VS Code has the frame at which the guest stands. */
  firstStop: number;
  /** The same, to the refused store: the guest boots, seals itself, suspends and resumes before. */
  fault: number;
}

/** Leaves a `Startup`, or what went wrong as text, in the file that the environment names. */
export async function run(): Promise<void> {
  const outcome = await measure().catch(String);
  writeFileSync(process.env['SEALSCOPE_BENCH_RESULTS']!, JSON.stringify(outcome));
}

async function measure(): Promise<Startup> {
  const extension = extensions.getExtension('sealscope.sealscope');
  assert.ok(extension, 'the extension is not there');
  assert.equal(extension.isActive, false, 'the extension was activated before anything needed it');
  const begun = performance.now();
  await extension.activate();
  const activation = performance.now() - begun;
  const firstStop = await toTheStop({ stopOnEntry: true });
  const fault = await toTheStop({ onSealedWrite: 'ask' });
  return { activation, firstStop, fault };
}

/** Starts the sample, waits for its first stop, and ends it. */
async function toTheStop(attributes: object): Promise<number> {
  const stopped = new Promise<void>((resolve) => {
    const watching = debug.onDidChangeActiveStackItem((item) => {
      if (!(item instanceof DebugStackFrame)) return;
      watching.dispose();
      resolve();
    });
  });
  const ended = new Promise<void>((resolve) => {
    const watching = debug.onDidTerminateDebugSession(() => {
      watching.dispose();
      resolve();
    });
  });
  const begun = performance.now();
  await debug.startDebugging(workspace.workspaceFolders?.[0], {
    type: 'sealscope',
    request: 'launch',
    name: 'Sample',
    program: '${workspaceFolder}/resume-bug.elf',
    harts: 2,
    ...attributes,
  });
  await stopped;
  const duration = performance.now() - begun;
  await debug.stopDebugging();
  await ended;
  return duration;
}
