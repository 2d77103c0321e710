/** Runs the tests of `suite/` in a real VS Code, and then uses it as a person does: by keys and eyes. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { setUpTestEditor } from '../../scripts/vscode/setup.ts';
import { Editor } from './editor.ts';
import { artefacts, bundleTests, copySample, expectBuilt, repository } from './fixture.ts';
import type { TestResult } from './results.ts';
import { type ScreenBridge, serveScreen } from './screen.ts';

/** The first time the editor has to be downloaded and partly compiled. */
const SETUP_LIMIT = 900_000;
const RUN_LIMIT = 600_000;

const results = join(artefacts, 'results.json');
const folders: string[] = [];
let screen: ScreenBridge;
let editor: Editor;

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sealscope-workspace-'));
  folders.push(folder);
  return folder;
}

beforeAll(async () => {
  expectBuilt();
  const installed = setUpTestEditor(console.log);
  mkdirSync(artefacts, { recursive: true });
  screen = await serveScreen(() => editor.page, artefacts);
  const environment = { SEALSCOPE_TEST_RESULTS: results, SEALSCOPE_TEST_SCREEN: screen.url };
  editor = await Editor.start(installed, environment, join(artefacts, 'code-server.log'));
}, SETUP_LIMIT);

afterAll(async () => {
  // Either is missing if the set-up failed.
  await (editor as Editor | undefined)?.close();
  (screen as ScreenBridge | undefined)?.close();
  for (const folder of folders) rmSync(folder, { recursive: true });
});

describe('The extension in VS Code', { timeout: RUN_LIMIT + 30_000 }, () => {
  it('passes the tests in the extension host', async () => {
    rmSync(results, { force: true });
    const folder = newFolder();
    copySample(folder);
    const status = await editor.run({ folder, extension: repository, tests: await bundleTests() }, RUN_LIMIT);
    const records = JSON.parse(readFileSync(results, 'utf8')) as TestResult[];
    for (const { state, title, milliseconds } of records)
      console.log(`${state} ${title} (${milliseconds} ms)`);
    const failures = records.filter(({ state }) => state === 'failed');
    expect(failures.map(({ title, error }) => `${title}: ${error ?? ''}`)).toEqual([]);
    expect(records.filter(({ state }) => state === 'pending')).toEqual([]);
    expect(records).not.toHaveLength(0);
    expect(status).toBe(0);
  });

  it('shows the refused store to somebody who presses F5', async () => {
    const folder = newFolder();
    copySample(folder);
    const page = await open(folder, 'main.c');
    await page.keyboard.press('F5');
    await page.locator('.exception-widget').waitFor();
    await page.locator('.debug-top-stack-frame-line').waitFor();
    const scope = page.locator('.debug-variables .monaco-list-row', { hasText: 'Sealed write' });
    await scope.waitFor();
    if ((await scope.getAttribute('aria-expanded')) === 'false') await scope.click();
    await page.locator('.debug-variables .monaco-list-row', { hasText: 'action' }).waitFor();
    await page.screenshot({ path: join(artefacts, 'refused-store.png') });
    expect(await page.locator('.exception-widget').innerText()).toContain('cpu_caps.features[2].bits');
    await page.locator('.tab.active', { hasText: 'cpufeature.c' }).waitFor();
    await page.keyboard.press('Shift+F5');
    await page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
    await page.close();
  });

  it('shows the way to somebody who presses F5 without a kernel', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'main.c'), 'int main(void) { return 0; }\n');
    const page = await open(folder, 'main.c');
    await page.keyboard.press('F5');
    await page.locator('.monaco-dialog-box').waitFor();
    await page.screenshot({ path: join(artefacts, 'no-kernel.png') });
    expect(await page.locator('.monaco-dialog-box').innerText()).toMatch(/found no RISC-V kernel image/);
    await page.locator('.monaco-dialog-box').getByText('Open launch.json').click();
    await page.locator('.tab.active', { hasText: 'launch.json' }).waitFor();
    await page.close();
  });
});

/** Opens a folder, a file of it in the editor, and the view "Run and Debug"; the keyboard is with the file. */
async function open(folder: string, file: string): Promise<Page> {
  const page = await editor.open({ folder, extension: repository });
  onTestFailed(async () => {
    await page.screenshot({ path: join(artefacts, 'failure.png') });
  });
  await page.locator(`.explorer-viewlet [aria-label^="${file}"]`).dblclick();
  await page.locator('.tab.active', { hasText: file }).waitFor();
  await page.keyboard.press('Control+Shift+D');
  // It says so once VS Code has learnt which debuggers there are. Before, F5 means nothing.
  await page.getByText('create a launch.json file').waitFor();
  await page.locator('.monaco-editor .view-line').first().click();
  return page;
}
