/** The package, installed in a real VS Code as people install it, and its walkthrough followed by hand. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { setUpTestEditor } from '../../scripts/vscode/setup.ts';
import { Editor } from '../vscode/editor.ts';
import { artefacts } from '../vscode/fixture.ts';

/** The first time the editor has to be downloaded and partly compiled. */
const SETUP_LIMIT = 900_000;

const directory = mkdtempSync(join(tmpdir(), 'sealscope-installed-'));
let editor: Editor;

beforeAll(async () => {
  const vsix = join(directory, 'sealscope.vsix');
  execFileSync(process.execPath, ['--import', 'tsx', 'scripts/package.ts', vsix]);
  mkdirSync(artefacts, { recursive: true });
  editor = await Editor.start(setUpTestEditor(console.log), {}, join(artefacts, 'installed.log'), { vsix });
}, SETUP_LIMIT);

afterAll(async () => {
  // Missing if the set-up failed.
  await (editor as Editor | undefined)?.close();
  rmSync(directory, { recursive: true });
});

/** Opens an empty folder: everything that is used comes with the package. */
async function open(): Promise<Page> {
  const folder = mkdtempSync(join(directory, 'folder-'));
  const page = await editor.open({ folder });
  onTestFailed(async () => {
    await page.screenshot({ path: join(artefacts, 'installed-failure.png') });
  });
  await page.locator('.monaco-workbench').waitFor();
  await page.locator('.explorer-viewlet').waitFor();
  return page;
}

/** Runs a command by its title. */
async function command(page: Page, title: string): Promise<void> {
  await page.keyboard.press('F1');
  await page.locator('.quick-input-widget input').fill(`>${title}`);
  await page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first().waitFor();
  await page.keyboard.press('Enter');
}

/** Answers the question where the sample should go, and returns the window that opens there. */
async function copyTo(page: Page, folder: string): Promise<Page> {
  const input = page.locator('.quick-input-widget input');
  await input.waitFor();
  await input.fill(`${folder}/`);
  const window = page.context().waitForEvent('page');
  await page.locator('.quick-input-widget').getByRole('button', { name: 'Copy the Sample Here' }).click();
  return window;
}

describe('The package in VS Code', { timeout: 180_000 }, () => {
  it('shows the walkthrough, whose buttons lead to the refused store', async () => {
    const page = await open();
    await command(page, 'Welcome: Open Walkthrough...');
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'Sealscope' }).first().click();
    const step = (id: string) => page.locator(`.getting-started-step[data-step-id$="#${id}"]`);
    await step('open').waitFor();
    expect(await page.locator('.getting-started-step').count()).toBe(5);
    // Each step's picture is there, and shows something.
    for (const picture of ['2-run', '3-fault', '4-choose', '5-fix', '1-open']) {
      const [, id = ''] = picture.split('-');
      await step(id).click();
      await step(id).and(page.locator('.expanded')).waitFor();
      const frame = page
        .locator('iframe.webview')
        .last()
        .contentFrame()
        .locator('#active-frame')
        .contentFrame();
      const width = () =>
        frame
          .locator(`img[src*="${picture}"]`)
          .evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth);
      await expect.poll(width, { timeout: 30_000 }).toBeGreaterThan(400);
    }
    await page.screenshot({ path: join(artefacts, 'walkthrough.png') });

    await step('open').click();
    await page.getByRole('button', { name: 'Open the Sample', exact: true }).click();
    const copied = await copyTo(page, mkdtempSync(join(directory, 'copies-')));
    await copied.locator('.explorer-viewlet .monaco-list-row', { hasText: 'cpufeature.c' }).waitFor();
    await copied.close();

    await step('run').click();
    await page.getByRole('button', { name: 'Run the Sample' }).click();
    await page.locator('.exception-widget').waitFor();
    await page.locator('.tab.active', { hasText: 'cpufeature.c' }).waitFor();
    expect(await page.locator('.exception-widget').innerText()).toContain('cpu_caps.features[2].bits');
    await page.screenshot({ path: join(artefacts, 'installed.png') });
    await page.keyboard.press('Shift+F5');
    await page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
    await page.close();
  });
});
