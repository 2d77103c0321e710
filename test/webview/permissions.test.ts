/**
 * The browser side of the permissions view in a browser: contents, keyboard, accessibility, and pictures of it in
 * VS Code's themes (build/webview). `npm run build` makes what is tested.
 */
import { statSync } from 'node:fs';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Permissions } from '../../extension/views/permissions/messages.ts';
import { type View, openView, screenshot, startBrowser, tabTo, violations } from './browser.ts';
import { found, pagesOf, permissions, phases, regions } from './permissionsStory.ts';
import { syntheticSpace } from './synthetic.ts';
import { themeNames } from './themes.ts';

let browser: Browser;
let view: View;

beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(async () => browser.close());
afterEach(async () => {
  expect(view.complaints).toEqual([]);
  await view.page.context().close();
});

type Options = Parameters<typeof openView>[2];

async function open(space: Permissions = permissions, options: Options = {}): Promise<void> {
  const answers = {
    'sealscope/pages': (args: Parameters<typeof pagesOf>[1]) => pagesOf(space, args),
    'sealscope/find': found,
  };
  view = await openView(browser, answers, options);
  await view.send({ type: 'stopped', session: 'one', permissions: space, regions, phases });
  await rows().first().waitFor();
}

const rows = (): Locator => view.page.locator('.body [role=row]');
const row = (text: string): Locator => rows().filter({ hasText: text });
const focused = (): Locator => view.page.locator('[role=row]:focus');
const active = (): Locator => view.page.locator('[role=row][aria-selected=true]');

async function press(...keys: string[]): Promise<void> {
  for (const key of keys) await view.page.keyboard.press(key);
}

const scrolled = async (): Promise<number> =>
  view.page
    .locator('.scroller')
    .evaluate((scroller: unknown) => (scroller as { scrollTop: number }).scrollTop);

describe('What the tree shows', () => {
  it('says what a mapping permits, what it permitted before, and who sealed it', async () => {
    await open();
    const sealed = row('0xffffffff80204000');
    await expect.poll(() => sealed.textContent()).toMatch(/RW-.*→.*R--·G·AD/);
    const text = await sealed.textContent();
    expect(text).toContain('8 KiB');
    expect(text).toContain('sealed by seal_kernel · .data..ro_after_init');
    expect(text).toContain('1 alias: linear map R--');
    expect(text).toContain('readable, not writable, not executable, global, accessed, dirty');
  });

  it('goes to the faulting page, and leaves the focus where it is', async () => {
    await open();
    await expect
      .poll(() => active().textContent())
      .toContain('● store refused: cpu_caps.features[2] 0x15 → 0x15');
    expect(await focused().count()).toBe(0);
  });

  it('names who can still write, where a region is sealed in part', async () => {
    await open();
    const writers = row('0xffffffff80207000').locator('.writers');
    expect(await writers.textContent()).toBe('alias 0xffffffd800207000 RW-, TLB of hart 1');
    expect(await writers.locator('span').last().getAttribute('title')).toContain('no sfence.vma came after');
  });

  it('says in words that a row is degraded, or no longer mapped', async () => {
    await open();
    expect(await row('0xffffffff80206000').textContent()).toContain('degraded: no longer protected');
    expect(await row('0xffffffff80300000').textContent()).toContain('no longer mapped');
  });

  it('tells the phases, with a way to the line that sealed', async () => {
    await open();
    const items = await view.page.locator('.phases li').allTextContents();
    expect(items[1]).toContain('SEALED at step 1,204,311 by seal_kernel (hart 0)');
    await view.page.locator('.phases button').click();
    await expect
      .poll(() => view.told)
      .toContainEqual({ type: 'openSource', path: '/src/mm/seal.c', line: 40 });
  });

  it('keeps what was opened, what is active and what is scrolled to when the machine stops again', async () => {
    await open(syntheticSpace(2000));
    await row('0xffffffd800000000').click();
    await press('ArrowRight', 'PageDown', 'PageDown', 'PageDown');
    const before = await active().getAttribute('aria-rowindex');
    const scroll = await scrolled();
    await view.send({ type: 'running', session: 'one' });
    await expect.poll(() => view.page.locator('main').getAttribute('class')).toContain('stale');
    await expect.poll(() => view.page.locator('.notice').textContent()).toContain('The machine runs');
    await view.send({
      type: 'stopped',
      session: 'one',
      permissions: { ...syntheticSpace(2000), stop: 4 },
      ...{ regions, phases },
    });
    await expect.poll(() => view.page.locator('main').getAttribute('class')).not.toContain('stale');
    expect(await active().getAttribute('aria-rowindex')).toBe(before);
    expect(await focused().getAttribute('aria-rowindex')).toBe(before);
    expect(await scrolled()).toBe(scroll);
    expect(await row('0xffffffd800000000').count()).toBe(0);
    await press('Home');
    expect(await focused().getAttribute('aria-expanded')).toBe('true');
  });

  it('comes back as it was left', async () => {
    await open();
    await row('0xffffffff8020a000').click();
    await press('ArrowRight');
    await expect.poll(() => row('8020b000').count()).toBe(1);
    const kept = await view.page.evaluate('window.keptState');
    await view.page.context().close();
    await open(
      { ...permissions, mappings: permissions.mappings.map((mapping) => ({ ...mapping, fault: false })) },
      { kept },
    );
    await expect.poll(() => row('8020b000').count()).toBe(1);
    expect(await active().textContent()).toContain('0xffffffff8020a000');
  });

  it('has elements for what is on the screen only, with 100,000 mappings', async () => {
    await open(syntheticSpace(100_000));
    expect(await rows().count()).toBeLessThan(60);
    expect(await view.page.getByRole('treegrid').getAttribute('aria-rowcount')).toBe('100001');
    await rows().first().click();
    await press('End');
    expect(await focused().getAttribute('aria-rowindex')).toBe('100001');
    expect(await rows().count()).toBeLessThan(60);
  });

  it('says what it is for before there is a session', async () => {
    view = await openView(browser, {});
    await view.page.getByRole('button', { name: 'Start debugging' }).click();
    await expect.poll(() => view.told).toContainEqual({ type: 'startDebugging' });
    expect(await violations(view)).toEqual([]);
    await screenshot(view, 'help');
  });

  it('shows what went wrong', async () => {
    view = await openView(browser, {});
    await view.send({ type: 'failed', message: 'The machine runs: pause it first.' });
    await expect
      .poll(() => view.page.locator('.notice').textContent())
      .toBe('The machine runs: pause it first.');
  });
});

describe('Without a mouse', () => {
  it('opens mappings, pages and symbols, and goes back out', async () => {
    await open();
    await view.page.locator('.row.refused').waitFor();
    await tabTo(view, view.page.locator('[role=row][tabindex="0"]'));
    expect(await focused().textContent()).toContain('store refused');
    await press('ArrowRight');
    await expect.poll(() => focused().getAttribute('aria-expanded')).toBe('true');
    await press('ArrowRight');
    expect(await focused().textContent()).toContain('cpu_caps');
    expect(await focused().getAttribute('aria-level')).toBe('3');
    await press('ArrowLeft', 'ArrowLeft', 'ArrowLeft');
    expect(await focused().textContent()).toContain('0xffffffff80204000');
    await press('Home');
    expect(await focused().getAttribute('aria-rowindex')).toBe('2');
    await press('End');
    expect(await focused().textContent()).toContain('no longer mapped');
  });

  it('jumps to an alias', async () => {
    await open();
    await view.page.locator('.row.refused').waitFor();
    await tabTo(view, view.page.locator('[role=row][tabindex="0"]'));
    await press('ArrowUp');
    expect(await focused().textContent()).toContain('1 alias');
    await press('Enter');
    await expect.poll(() => focused().getAttribute('aria-expanded')).toBe('true');
    await press('ArrowRight', 'Enter');
    await expect.poll(() => focused().textContent()).toContain('00204000');
    expect(await focused().getAttribute('aria-level')).toBe('2');
  });

  it('finds by typing, and by searching', async () => {
    await open();
    await view.page.locator('.row.refused').waitFor();
    await tabTo(view, view.page.locator('[role=row][tabindex="0"]'));
    await view.page.keyboard.type('.text.p');
    await expect.poll(() => focused().textContent()).toContain('.text.patch');
    await press('/');
    await view.page.keyboard.type('console_o');
    await view.page.locator('.hit').waitFor();
    await press('ArrowDown', 'Enter');
    await expect.poll(() => focused().textContent()).toContain('console_ops');
    expect(await focused().getAttribute('aria-level')).toBe('3');
    await press('Control+c');
    await expect.poll(() => view.told).toContainEqual({ type: 'copyAddress', address: '0xffffffff80205080' });
  });

  it('says what is not mapped', async () => {
    await open();
    await tabTo(view, view.page.locator('vscode-textfield'));
    await view.page.keyboard.type('console_i');
    await press('Enter');
    await expect
      .poll(() => view.page.locator('.notice').textContent())
      .toContain('console_init is not mapped');
  });

  it('filters', async () => {
    await open();
    await tabTo(view, view.page.locator('vscode-single-select').nth(1));
    await press('Enter', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'Enter');
    await expect.poll(() => rows().count()).toBe(1);
    expect(await rows().first().textContent()).toContain('.text.patch');
  });

  it('compares with another stop', async () => {
    await open();
    await tabTo(view, view.page.locator('vscode-single-select').first());
    await press('Enter', 'ArrowDown', 'ArrowDown', 'Enter');
    await expect.poll(() => view.told).toContainEqual({ type: 'since', since: 2 });
  });

  it('moves over the map, zooms, and goes to the row', async () => {
    await open();
    const slider = view.page.getByRole('slider', { name: 'Page map' });
    await tabTo(view, slider);
    await press('Home', 'ArrowRight', 'ArrowRight', 'ArrowRight');
    expect(await slider.getAttribute('aria-valuetext')).toContain('.data..ro_after_init sealed');
    expect(await slider.getAttribute('aria-valuenow')).toBe('4');
    await press('+');
    expect(await view.page.locator('.band').count()).toBe(1);
    await press('0');
    expect(await view.page.locator('.band').count()).toBe(4);
    await press('Enter');
    await expect.poll(() => focused().textContent()).toContain('0xffffffd800204000');
  });
});

describe('On the map', () => {
  it('a click goes to the row, also of a mapping that the filter hides', async () => {
    await open(permissions, { kept: { filter: 'wx' } });
    const canvas = view.page.locator('.band canvas').nth(3);
    await canvas.click({ position: { x: 3, y: 12 } });
    await expect.poll(() => focused().textContent()).toContain('0xffffffff80200000');
  });

  it('can be put away', async () => {
    await open();
    await view.page.getByRole('switch', { name: 'Page map' }).click();
    await expect.poll(() => view.page.locator('.map').isVisible()).toBe(false);
  });
});

describe.each(themeNames)('In the theme %s', (theme) => {
  it.each([
    ['editor', { width: 1280, height: 620 }],
    ['side-bar', { width: 330, height: 820 }],
  ])('axe finds nothing in the %s', async (place, size) => {
    await open(permissions, { theme, ...size });
    await view.page.locator('.row.refused').waitFor();
    await screenshot(view, `${place}-${theme}`);
    expect(await violations(view)).toEqual([]);
    await view.page.locator('vscode-textfield').click();
    await view.page.keyboard.type('console');
    await view.page.locator('.hit').first().waitFor();
    expect(await violations(view)).toEqual([]);
  });
});

it('is small', async () => {
  view = await openView(browser, {});
  expect(statSync('dist/webview/permissions.js').size).toBeLessThan(150_000);
});
