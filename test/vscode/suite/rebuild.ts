/** The image is built anew between two runs, as it is all day in somebody's work. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { appendFile, cp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { after, before, describe, it } from 'mocha';
import { Uri, commands } from 'vscode';
import { endSession, launch, recorder, recordsSessions, session } from './guest.ts';
import { hoverOnceThere } from './hovers.ts';
import { ask, editorAt } from './session.ts';
import { folder } from './workspace.ts';

const copy = join(folder.fsPath, 'rebuilt');
const source = join(copy, 'cpufeature.c');

async function build(): Promise<void> {
  await promisify(execFile)('make', ['-C', copy, '-j2']);
}

/** Runs to the refused store, and returns the line where VS Code shows it. */
async function run(): Promise<number> {
  await launch({ name: 'Rebuilt', program: '${workspaceFolder}/rebuilt/resume-bug.elf' });
  const { body } = await recorder().stopped();
  const { stackFrames } = await ask(session(), 'stackTrace', { threadId: body.threadId ?? 0 });
  const { line } = stackFrames[0]!;
  const { document } = await editorAt('rebuilt/cpufeature.c', line);
  assert.equal(document.lineAt(line - 1).text.trim(), 'cpu_caps.features[FEATURE_PM].bits = pm;');
  return line;
}

async function addressInHover(): Promise<string> {
  const text = await hoverOnceThere('rebuilt/cpufeature.c', '|cpu_caps.isa = ');
  return /0x[0-9a-f]{8,16}/.exec(text)?.[0] ?? text;
}

describe('An image that is built anew', () => {
  recordsSessions();
  before(async function () {
    if (spawnSync('riscv64-linux-gnu-gcc', ['--version']).status !== 0) this.skip();
    for (const name of await readdir(folder.fsPath))
      await cp(join(folder.fsPath, name), join(copy, name), { recursive: true });
  });
  after(() => rm(copy, { recursive: true, force: true }));

  it('is what the next run executes, shows and explains', async () => {
    await build();
    const line = await run();
    const address = await addressInHover();
    await endSession();
    recorder().clear();

    // The object in main.c lies before cpu_caps in the image; the lines move those behind them in the source.
    await appendFile(join(copy, 'main.c'), '\nu64 rebuilt[64] __ro_after_init = { 1 };\n');
    await writeFile(source, `\n\n\n${await readFile(source, 'utf8')}`);
    await build();
    await commands.executeCommand('workbench.action.files.revert', Uri.file(source));
    assert.equal(await run(), line + 3);
    const moved = await addressInHover();
    assert.notEqual(moved, address);
    const { address: now } = (await session().customRequest('sealscope/locate', {
      expression: '&cpu_caps',
    })) as { address: string };
    assert.equal(moved, now);
  });
});
