/** The browser side of the view of write-once memory: contents, keyboard, accessibility, pictures in all themes. */
import { statSync } from 'node:fs';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type View, openView, screenshot, startBrowser, tabTo, violations } from './browser.ts';
import { answersOf, objectsOf } from './objectsStory.ts';
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

async function open(count = 40, options: Options = {}): Promise<void> {
  view = await openView(browser, answersOf(objectsOf(count)), { name: 'objects', ...options });
  await view.send({ type: 'session', state: 'stopped', session: 'one' });
  await lanes().first().waitFor();
}

const lanes = (): Locator => view.page.locator('.lanes .body [role=row]');
const pages = (): Locator => view.page.locator('.pages .body [role=row]');
const focused = (): Locator => view.page.locator('[role=row]:focus');
const press = async (...keys: string[]): Promise<void> => {
  for (const key of keys) await view.page.keyboard.press(key);
};

describe('Write-once memory', () => {
  it('tells the life of each object, in letters as well as in patterns', async () => {
    await open();
    const [first] = await lanes().all();
    expect(await first!.textContent()).toMatch(/0xffffffd600a54000cred128 B13S sealedAIS/);
    expect(await lanes().nth(2).textContent()).toContain('1 violations');
    const title = await lanes().nth(0).locator('.segment.initialising').getAttribute('title');
    expect(title).toBe('init-once began at step 1,000,900 on hart 0 by kmem_cache_init_once');
  });

  it('puts later things further right, and gives each event the same room or each step', async () => {
    await open();
    const left = async (index: number): Promise<number> =>
      (await lanes().nth(index).locator('.segment.sealed').boundingBox())!.x;
    const places = [await left(0), await left(2), await left(3)];
    expect([...places].sort((a, b) => a - b)).toEqual(places);
    const before = await left(0);
    await tabTo(view, view.page.locator('vscode-single-select'));
    await press('Enter', 'ArrowDown', 'Enter');
    await expect.poll(() => left(0)).not.toBe(before);
  });

  it('says what the fragmentation costs, and what single pages would', async () => {
    await open();
    const text = await view.page.locator('.figures').textContent();
    expect(text).toContain('Pages2, 8 KiB');
    expect(text).toMatch(/Used\d+\.\d %/);
    expect(text).toContain('If each object had pages of its own27 pages, 108 KiB');
  });

  it('names the broken rules, with a way to the line and to the object', async () => {
    await open();
    const item = view.page.locator('.violations li').first();
    expect(await item.textContent()).toContain(
      'init-after-seal (3 times) a store to an object that is sealed',
    );
    await item.getByRole('button', { name: 'slab.c:77' }).click();
    await expect.poll(() => view.told).toContainEqual({ type: 'openSource', path: '/src/slab.c', line: 77 });
    await item.getByRole('button', { name: '0xffffffd600a54100' }).click();
    await expect.poll(() => focused().textContent()).toContain('0xffffffd600a54100');
    expect(await view.page.locator('.details').textContent()).toContain('violation: init-after-seal');
  });

  it('goes from a page to the objects on it, and back to all', async () => {
    await open();
    await pages().nth(1).click();
    await press('Enter');
    await expect.poll(() => view.page.locator('.lanes').getAttribute('aria-rowcount')).toBe('9');
    expect(await focused().textContent()).toContain('0xffffffd600a55000');
    await view.page.getByRole('button', { name: 'All pages' }).click();
    await expect.poll(() => view.page.locator('.lanes').getAttribute('aria-rowcount')).toBe('41');
  });

  it('goes from a cell of the heat map to its object', async () => {
    await open();
    await view.page.locator('[data-object="0xffffffd600a54200"]').click();
    await expect.poll(() => focused().textContent()).toContain('0xffffffd600a54200');
  });

  it('is walked through without a mouse, down to the line of an event', async () => {
    await open();
    await tabTo(view, view.page.locator('.lanes [role=row][tabindex="0"]'));
    await press('End');
    expect(await focused().getAttribute('aria-rowindex')).toBe('41');
    await press('Control+c');
    await expect.poll(() => view.told).toContainEqual({ type: 'copyAddress', address: '0xffffffd600a55380' });
    await press('Home', 'Enter');
    await expect.poll(() => view.page.locator('.details button:focus').count()).toBe(1);
    await press('Enter');
    await expect.poll(() => view.told).toContainEqual({ type: 'openSource', path: '/src/slab.c', line: 131 });
  });

  it('has elements for what is on the screen only, with 3,000 objects', async () => {
    await open(3000);
    expect(await view.page.locator('.lanes').getAttribute('aria-rowcount')).toBe('3001');
    expect(await lanes().count()).toBeLessThan(60);
  });

  it('says what it is for where there is nothing of the kind', async () => {
    view = await openView(
      browser,
      {
        ...answersOf([]),
        'sealscope/objects': () => ({ memories: [], complete: true, total: 0, objects: [] }),
      },
      { name: 'objects' },
    );
    await view.send({ type: 'session', state: 'running', session: 'one' });
    await expect
      .poll(() => view.page.locator('.notice').textContent())
      .toBe('This session watches no write-once memory.');
    expect(await violations(view)).toEqual([]);
  });
});

describe.each(themeNames)('In the theme %s', (theme) => {
  it.each([
    ['wide', { width: 1280, height: 900 }],
    ['narrow', { width: 620, height: 800 }],
  ])('axe finds nothing (%s)', async (room, size) => {
    await open(40, { theme, ...size });
    await screenshot(view, `objects-${room}-${theme}`);
    expect(await violations(view)).toEqual([]);
  });
});

it('is small', async () => {
  view = await openView(browser, {}, { name: 'objects' });
  expect(statSync('dist/webview/objects.js').size).toBeLessThan(150_000);
});
