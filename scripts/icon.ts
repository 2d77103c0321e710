/** Renders media/icon.svg to media/icon.png, as marketplaces want it: `npx tsx scripts/icon.ts`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { setUpTestEditor } from './vscode/setup.ts';

const SIDE = 128;

const media = fileURLToPath(new URL('../media', import.meta.url));
const browser = await chromium.launch({
  executablePath: setUpTestEditor(console.log).browser,
  args: ['--headless=new', '--no-sandbox', '--disable-gpu'],
});
try {
  const page = await browser.newPage({ viewport: { width: SIDE, height: SIDE } });
  const svg = readFileSync(join(media, 'icon.svg'), 'utf8');
  await page.setContent(`<style>body { margin: 0 } svg { display: block }</style>${svg}`);
  await page.screenshot({ path: join(media, 'icon.png'), omitBackground: true });
} finally {
  await browser.close();
}
