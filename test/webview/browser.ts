/**
 * The browser side of the permissions view in Chromium, as VS Code shows it: its own page under its own content
 * security policy, a theme's variables, and a host that answers from data.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type Page, chromium } from 'playwright-core';
import { documentOf } from '../../extension/views/permissions/document.ts';
import type {
  Ask,
  Question,
  QuestionArguments,
  ToHost,
  ToView,
} from '../../extension/views/permissions/messages.ts';
import type { CustomResult } from '../../server/debug/protocol.ts';
import { type ThemeName, themeCss } from './themes.ts';

const root = join(import.meta.dirname, '../..');
const ORIGIN = 'http://view.test';
const NONCE = 'n0nce';

/** Answers what the view asks; throws what the adapter would refuse with. */
export type Answers = { [Q in Question]: (args: QuestionArguments[Q]) => CustomResult<Q> };

export interface View {
  readonly page: Page;
  /** What the view has told its host, questions excepted. */
  readonly told: ToHost[];
  /** Complaints of the browser: errors, and violations of the policy. */
  readonly complaints: string[];
  send(message: ToView): Promise<void>;
}

export async function startBrowser(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
  if (!existsSync(executablePath))
    throw new Error(`${executablePath} is missing: apt-get install chromium, or set CHROMIUM.`);
  const home = mkdtempSync(join(tmpdir(), 'sealscope-chromium-'));
  const browser = await chromium.launch({
    executablePath,
    headless: true,
    env: { ...process.env, HOME: home, XDG_CONFIG_HOME: home },
    args: [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-dev-shm-usage',
    ],
  });
  browser.once('disconnected', () => rmSync(home, { recursive: true, force: true, maxRetries: 3 }));
  return browser;
}

export async function openView(
  browser: Browser,
  answers: Partial<Answers>,
  {
    theme = 'dark',
    width = 1100,
    height = 640,
    kept,
  }: { theme?: ThemeName; width?: number; height?: number; kept?: unknown } = {},
): Promise<View> {
  const context = await browser.newContext({ viewport: { width, height }, forcedColors: 'none' });
  const page = await context.newPage();
  const told: ToHost[] = [];
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  const send = async (message: ToView): Promise<void> =>
    page.evaluate(`postMessage(JSON.parse(${JSON.stringify(JSON.stringify(message))}))`);
  await page.exposeFunction('tellHost', async (message: ToHost) => {
    if (message.type === 'ask') await send(answer(answers, message));
    else told.push(message);
  });
  await page.addInitScript(`
    window.keptState = ${JSON.stringify(kept ?? null)};
    window.acquireVsCodeApi = () => ({
      postMessage: (message) => window.tellHost(message),
      getState: () => window.keptState ?? undefined,
      setState: (state) => { window.keptState = state; },
    });`);
  await page.route(`${ORIGIN}/**`, async (route) => {
    const path = new URL(route.request().url()).pathname;
    if (path === '/') {
      const parts = {
        script: `${ORIGIN}/permissions.js`,
        style: `${ORIGIN}/permissions.css`,
        source: ORIGIN,
        nonce: NONCE,
      };
      const html = documentOf(parts)
        .replace('<html', `<html style="${themeCss(theme).replaceAll('"', "'")}"`)
        .replace('<body', `<body class="vscode-${theme}"`);
      await route.fulfill({ contentType: 'text/html', body: html });
    } else {
      const file = join(root, 'dist/webview', path);
      if (!existsSync(file)) await route.fulfill({ status: 404 });
      else
        await route.fulfill({
          body: readFileSync(file),
          contentType: path.endsWith('.css') ? 'text/css' : 'text/javascript',
        });
    }
  });
  await page.goto(`${ORIGIN}/`);
  return { page, told, complaints, send };
}

function answer(answers: Partial<Answers>, { id, question, arguments: args }: Ask): ToView {
  try {
    const respond = answers[question] as ((given: typeof args) => CustomResult<Question>) | undefined;
    if (respond === undefined) throw new Error(`No answer to ${question}.`);
    return { type: 'answer', id, result: respond(args) };
  } catch (error) {
    return { type: 'refused', id, message: (error as Error).message };
  }
}

/** Pictures for people, in build/webview. */
export async function screenshot({ page }: View, name: string): Promise<void> {
  const directory = join(root, 'build/webview');
  mkdirSync(directory, { recursive: true });
  await page.screenshot({ path: join(directory, `${name}.png`) });
}
