/** The story of the resume bug in VS Code, by keys and clicks as a person has it, with a picture of every view. */
import { join } from 'node:path';
import type { FrameLocator, Locator, Page } from 'playwright-core';
import { repository } from '../../test/vscode/fixture.ts';

/** The sample's launch configurations, beside those that VS Code offers by itself. */
const configuration = (name: string, attributes: object): object => ({
  type: 'sealscope',
  request: 'launch',
  name,
  program: '${workspaceFolder}/resume-bug.elf',
  harts: 2,
  ...attributes,
});

const TO_THE_SEAL = 'Stop at the seal';
const TO_THE_FAULT = 'Resume bug';
const TWO_STORES = 'Late registration';
const SLAB = 'Write-once slab';

/** What .vscode/launch.json of the folder has to hold. */
export const launchJson = {
  version: '0.2.0',
  configurations: [
    configuration(TO_THE_FAULT, { commandLine: 'scenario=resume' }),
    configuration(TO_THE_SEAL, { commandLine: 'scenario=resume', stopAtSeal: true }),
    configuration(TWO_STORES, { commandLine: 'scenario=late-list' }),
    configuration(SLAB, {
      program: join(repository, 'samples/write-once-slab/write-once-slab.elf'),
      commandLine: 'variant=private scenario=second-init',
    }),
  ],
};

/** Takes a picture of the window as it is. */
export type Camera = (name: string) => Promise<void>;

/** `page` shows the folder of the sample, at rest. Each picture has a name that nothing else has. */
export async function tellStory(page: Page, take: Camera): Promise<void> {
  const window = new Workbench(page);
  await window.settle();

  // In a narrow editor a walkthrough has no pictures.
  await window.command('View: Toggle Primary Side Bar Visibility');
  await window.command('Welcome: Open Walkthrough...');
  await window.pick('Sealscope');
  const described = page
    .locator('iframe.webview')
    .last()
    .contentFrame()
    .locator('#active-frame')
    .contentFrame();
  await page.locator('.getting-started-step[data-step-id$="#fault"]').click();
  await loaded(described.locator('img[src*="3-fault"]'));
  await window.settle();
  await take('walkthrough');
  await window.command('View: Toggle Primary Side Bar Visibility');
  await window.command('View: Close All Editors');

  await window.goTo('resume-bug.lds.S:52');
  await take('linker-script');
  await window.goTo('cpufeature.c:10');
  await take('source');

  await window.goTo('cpufeature.c:10:20');
  await window.command('Show or Focus Hover');
  await page.locator('.monaco-hover:visible', { hasText: 'Sealed after init' }).waitFor();
  await window.stillness();
  await take('hover');
  await page.keyboard.press('Escape');

  await window.start(TO_THE_SEAL);
  await page.locator('.debug-top-stack-frame-line').waitFor();
  await window.settle();
  await take('seal');
  await window.stop();

  await window.start(TO_THE_FAULT);
  await page.locator('.exception-widget').waitFor();
  await window.fold();
  await window.settle();
  await take('fault');

  await page.locator('.statusbar-item', { hasText: 'refused' }).click();
  await page.locator('.quick-input-list .monaco-list-row', { hasText: 'Write once' }).waitFor();
  await window.settle();
  await take('choices');
  await page.keyboard.press('Escape');

  await window.command('View: Hide Panel');
  await window.unfoldOnly('Refused store');
  await take('fault-view');

  await window.unfoldOnly('Page permissions');
  await take('permissions');

  await window.command('Sealscope: Open page permissions in an editor');
  await page.locator('.tab.active', { hasText: 'Page permissions' }).waitFor();
  await window.command('View: Close Other Editors in Group');
  await window.command('View: Toggle Primary Side Bar Visibility');
  await window.settle();
  await take('permissions-editor');

  await window.command('Sealscope: Open permission timeline');
  await page.locator('.tab.active', { hasText: 'Permission timeline' }).waitFor();
  await window.command('View: Close Other Editors in Group');
  const changes = window.pageInEditor().locator('#panel-events .body [role=row]');
  await changes.filter({ hasText: 'mark_rodata_ro' }).first().click();
  await window.settle();
  await take('timeline');
  await window.command('View: Toggle Primary Side Bar Visibility');
  await window.command('View: Close All Editors');

  await window.command('Sealscope: Make writable and retry');
  await page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
  await window.command('Sealscope: Show the guest console');
  await window.settle();
  await take('console');
  await window.command('View: Hide Panel');

  await window.start(TWO_STORES);
  await page.locator('.exception-widget').waitFor();
  await window.command('Sealscope: Write once');
  await page.locator('.statusbar-item', { hasText: 'alarm_syscore_ops' }).waitFor();
  // The view of the refused store opens by itself.
  await window.settle();
  await window.unfoldOnly('Sealed writes');
  await take('sealed-writes');
  await window.stop();

  await window.start(SLAB);
  await page.locator('.debug-top-stack-frame-line').waitFor();
  // The editor takes the keyboard when it opens.
  await window.settle();
  await window.command('View: Hide Panel');
  await window.command('Sealscope: Open write-once memory');
  await page.locator('.tab.active', { hasText: 'Write-once memory' }).waitFor();
  await window.settle();
  await window.command('View: Close Other Editors in Group');
  await window.pageInEditor().locator('.lanes .body [role=row]').last().click();
  await window.command('View: Toggle Primary Side Bar Visibility');
  await window.settle();
  await take('write-once');
  await window.command('View: Toggle Primary Side Bar Visibility');
  await window.command('View: Close All Editors');
  await window.stop();

  await window.command('Sealscope: Show where the sample kernel is fixed');
  // It takes the keyboard when it opens, and closes what is being typed.
  await page.locator('.tab.active', { hasText: 'smp.c' }).waitFor();
  await window.settle();
  await window.command('View: Hide Panel');
  await window.settle();
  await take('fix');
}

/** Waits until a picture shows something. */
async function loaded(picture: Locator): Promise<void> {
  await picture.waitFor();
  for (;;) {
    if (await picture.evaluate((image) => (image as unknown as { complete: boolean }).complete)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** VS Code's window, as far as the story uses it. */
class Workbench {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** Runs a command by its title. */
  async command(title: string): Promise<void> {
    await this.#page.keyboard.press('F1');
    await this.#page.locator('.quick-input-widget input').first().fill(`>${title}`);
    await this.pick(title);
  }

  /** Takes a line of the list that is open. */
  async pick(text: string): Promise<void> {
    const row = this.#page.locator('.quick-input-list .monaco-list-row', { hasText: text }).first();
    await row.click();
    // Another list may follow.
    await row.waitFor({ state: 'hidden' });
  }

  /** Opens a file of the folder: `file`, `file:line` or `file:line:column`. */
  async goTo(place: string): Promise<void> {
    const [file = ''] = place.split(':');
    await this.#page.keyboard.press('Control+P');
    await this.#page.locator('.quick-input-widget input').first().fill(place);
    await this.pick(file);
    await this.#page.locator('.tab.active', { hasText: file }).waitFor();
    await this.settle();
  }

  /** The page in the editor; there is no other webview but in views. */
  pageInEditor(): FrameLocator {
    return this.#page
      .locator('iframe.webview:not([src*="purpose="])')
      .contentFrame()
      .locator('#active-frame')
      .contentFrame();
  }

  /** Starts a launch configuration. */
  async start(name: string): Promise<void> {
    await this.command('Debug: Select and Start Debugging');
    await this.pick(name);
    await this.#page.locator('.debug-toolbar').waitFor();
  }

  async stop(): Promise<void> {
    await this.#page.keyboard.press('Shift+F5');
    await this.#page.locator('.debug-toolbar').waitFor({ state: 'hidden' });
  }

  /** Closes all views of the side bar but what VS Code itself keeps open. */
  async unfoldOnly(title: string): Promise<void> {
    await this.fold();
    const header = this.#header(title);
    await header.click();
    await this.#page.locator('.pane-header.expanded', { hasText: title }).waitFor();
    await this.settle();
  }

  async fold(): Promise<void> {
    const open = this.#page.locator('.sidebar .pane-header.expanded');
    for (let left = await open.count(); left > 0; left--) await open.last().click();
  }

  #header(title: string): Locator {
    return this.#page.locator('.sidebar .pane-header', { hasText: title }).first();
  }

  /** Takes the mouse away from everything that would say what it is, and waits for stillness. */
  async settle(): Promise<void> {
    await this.#page.mouse.move(0, 0);
    await this.stillness();
  }

  /** Waits until the window looks the same twice in a row: views fill one after the other. */
  async stillness(): Promise<void> {
    let last = await this.#page.screenshot({ caret: 'hide' });
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      const now = await this.#page.screenshot({ caret: 'hide' });
      if (now.equals(last)) return;
      last = now;
    }
  }
}
