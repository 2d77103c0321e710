/** The browser side of the permission timeline: contents, keyboard, accessibility, pictures in all themes. */
import { statSync } from 'node:fs';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type View, openView, screenshot, startBrowser, tabTo, violations } from './browser.ts';
import { themeNames } from './themes.ts';
import { answersOf } from './timelineStory.ts';

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

/** A run of `count` changes, one every 1000 steps. */
async function open(count = 100, options: Options = {}): Promise<void> {
  view = await openView(browser, answersOf(count), { name: 'timeline', width: 1280, ...options });
  await view.send({ type: 'session', state: 'stopped', session: 'one' });
  await slider().waitFor();
}

const slider = (): Locator => view.page.getByRole('slider', { name: 'Moment' });
const rows = (panel: string): Locator => view.page.locator(`#panel-${panel} .body [role=row]`);
const focused = (): Locator => view.page.locator('[role=row]:focus');
const details = (): Locator => view.page.locator('.details');
const said = async (): Promise<string | null> => slider().getAttribute('aria-valuetext');
const tab = (name: string): Locator => view.page.getByRole('tab', { name });
const count = async (panel: string): Promise<string | null> =>
  view.page.locator(`#panel-${panel} [role=grid]`).getAttribute('aria-rowcount');

async function press(...keys: string[]): Promise<void> {
  for (const key of keys) await view.page.keyboard.press(key);
}

describe('The list of changes', () => {
  it('tells step, hart, addresses, permissions before and after, kind, and by whom', async () => {
    await open();
    const [newest, opened] = [
      await rows('events').nth(0).textContent(),
      await rows('events').nth(1).textContent(),
    ];
    expect(newest).toContain('99,000');
    expect(newest).toMatch(/R--.*→.*none.*unmap.*patch_map patch\.c:61.*cpu_caps\+0x8/);
    expect(opened).toMatch(/R--.*readable, not writable.*→ before, now.*RW-/);
  });

  it('shows the stack of the active one, whose lines open', async () => {
    await open();
    await tabTo(view, view.page.locator('#panel-events [role=row][tabindex="0"]'));
    await press('ArrowDown', 'Enter');
    await expect.poll(() => details().locator('button:focus').textContent()).toBe('pgtable.h:30');
    expect(await details().textContent()).toContain(
      'page tables 0x8000000000080240; by a store to a page table',
    );
    await press('Enter');
    await expect
      .poll(() => view.told)
      .toContainEqual({ type: 'openSource', path: '/src/pgtable.h', line: 30 });
  });

  it('gets older changes when they are scrolled to, and keeps elements for the screen only', async () => {
    await open(5000);
    expect(await count('events')).toBe('201');
    await rows('events').first().click();
    await press('End');
    await expect.poll(() => count('events')).toBe('401');
    expect(await focused().getAttribute('aria-rowindex')).toBe('201');
    expect(await rows('events').count()).toBeLessThan(60);
  });

  it('is filtered by what happened to W, by sealed region, by address and by symbol', async () => {
    await open();
    const select = async (label: string): Promise<void> => {
      await view.page.locator('vscode-single-select').click();
      await view.page.locator('vscode-single-select li.option', { hasText: label }).click();
    };
    await select('Gains W');
    await expect.poll(() => count('events')).toBe('51');
    await select('W and X');
    await expect.poll(() => view.page.locator('#panel-events .none').isVisible()).toBe(true);
    await select('Sealed: rodata');
    await expect.poll(() => count('events')).toBe('5');
    const find = view.page.locator('vscode-textfield');
    await find.click();
    await view.page.keyboard.type('cpu_caps');
    await expect.poll(() => count('events')).toBe('3');
    await press('Escape');
    await view.page.keyboard.type('nobody');
    await expect.poll(() => view.page.locator('.notice').textContent()).toBe('Nothing is called nobody.');
  });
});

describe('The scrubber', () => {
  it('moves by keys: parts, leaps, ends, and from phase to phase', async () => {
    await open();
    await tabTo(view, slider());
    expect(await said()).toBe('Now, after: store to cpu_caps refused');
    await press('Home');
    await expect.poll(said).toMatch(/^Step 624: 1 change around it, 0 gain W, after: the machine starts$/);
    await press('ArrowRight', 'PageUp');
    expect(await slider().getAttribute('aria-valuenow')).toBe('11');
    await press('ArrowLeft', 'PageDown');
    expect(await slider().getAttribute('aria-valuenow')).toBe('0');
    await press('Control+ArrowRight');
    expect(await said()).toContain('Step 40,000');
    await expect.poll(() => rows('events').first().textContent()).toContain('40,000');
    await press('End', 'Control+ArrowLeft');
    expect(await said()).toContain('Step 90,000');
    await press('End');
    expect(await said()).toMatch(/^Now/);
  });

  it('moves by the mouse, also to a phase', async () => {
    await open();
    const box = (await slider().boundingBox())!;
    await view.page.mouse.click(box.x + box.width / 2, box.y + 30);
    await expect.poll(() => rows('events').first().textContent()).toContain('50,000');
    await view.page.getByRole('button', { name: 'hart 0 suspends' }).click();
    expect(await said()).toContain('Step 60,000');
  });

  it('marks two moments, and tells what differs between them', async () => {
    await open();
    await tabTo(view, slider());
    await press('Control+ArrowLeft', 'Control+ArrowLeft');
    await view.page.getByRole('button', { name: 'Mark A' }).click();
    expect(await view.page.locator('#panel-difference').textContent()).toContain(
      'A: step 70,000. B: not set.',
    );
    await slider().focus();
    await press('End');
    await view.page.getByRole('button', { name: 'Mark B' }).click();
    await expect
      .poll(() => view.page.locator('#panel-difference').textContent())
      .toContain('1 range differs');
    expect(await rows('difference').first().textContent()).toMatch(/RW-.*→.*R--.*99,000.*cpu_caps/);
    expect(await view.page.locator('.marks .line').allTextContents()).toEqual(['A', 'B']);
  });
});

describe('The windows', () => {
  it('are told with opener, end, and broken rules, and by their lengths', async () => {
    await open();
    await tab('Windows (2)').click();
    expect(await rows('windows').nth(0).textContent()).toMatch(
      /patch_map \(allowed\).*300closed by its opener/,
    );
    expect(await rows('windows').nth(1).textContent()).toMatch(
      /mark_rodata_ro.*still open; open over a trap; TLB of hart 1 was not told.*opener, length/,
    );
    expect(await view.page.locator('.histogram li').last().getAttribute('aria-label')).toBe(
      '1 window of 256 to 511 steps',
    );
  });

  it('tell the stores inside and the objects that they exposed', async () => {
    await open();
    await tabTo(view, view.page.locator('[role=tab][tabindex="0"]'));
    await press('End', 'Tab', 'Home');
    expect(await focused().getAttribute('aria-rowindex')).toBe('2');
    await expect.poll(() => details().textContent()).toContain('Exposed sealed objects: limits');
    expect(await details().textContent()).toContain(
      'step 42,100, hart 0: limits+0x10 0x1 → 0x2 by patch_map',
    );
    await press('Enter', 'Enter');
    await expect.poll(() => view.told).toContainEqual({ type: 'openSource', path: '/src/patch.c', line: 61 });
  });
});

it('says what it is for before there is a session', async () => {
  view = await openView(browser, {}, { name: 'timeline' });
  expect(await view.page.locator('.help').isVisible()).toBe(true);
  expect(await violations(view)).toEqual([]);
});

describe.each(themeNames)('In the theme %s', (theme) => {
  it.each([
    ['wide', { width: 1280, height: 760 }],
    ['narrow', { width: 640, height: 800 }],
  ])('axe finds nothing (%s)', async (room, size) => {
    await open(100, { theme, ...size });
    await rows('events').nth(1).click();
    await screenshot(view, `timeline-${room}-${theme}`);
    expect(await violations(view)).toEqual([]);
    await tab('Windows').click();
    await rows('windows').first().click();
    await details().locator('.inside').waitFor();
    await screenshot(view, `timeline-windows-${room}-${theme}`);
    expect(await violations(view)).toEqual([]);
  });
});

it('is small', async () => {
  view = await openView(browser, {}, { name: 'timeline' });
  expect(statSync('dist/webview/timeline.js').size).toBeLessThan(150_000);
});
