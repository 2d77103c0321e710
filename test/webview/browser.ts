/**
 * The browser side of a view in Chromium, as VS Code shows it: its own page under its own content security policy, a
 * theme's variables, and a host that answers from data.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import { type Browser, type Locator, type Page, chromium } from 'playwright-core';
import { documentOf } from '../../extension/views/common/document.ts';
import type { Answer, Ask, QuestionArguments } from '../../extension/views/common/messages.ts';
import type { CustomCommand, CustomResult } from '../../server/debug/protocol.ts';
import { type ThemeName, themeCss } from './themes.ts';

const root = join(import.meta.dirname, '../..');
const ORIGIN = 'http://view.test';
const NONCE = 'n0nce';

/** Answers what the view asks; throws what the adapter would refuse with. */
type Answers = { readonly [C in CustomCommand]?: (args: QuestionArguments<C>) => CustomResult<C> };

interface Message {
  readonly type: string;
  readonly [detail: string]: unknown;
}

export interface View {
  readonly page: Page;
  /** What the view has told its host, questions excepted. */
  readonly told: Message[];
  /** Complaints of the browser: errors, and violations of the policy. */
  readonly complaints: string[];
  send(message: Message): Promise<void>;
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
  answers: Answers,
  {
    name = 'permissions',
    theme = 'dark',
    width = 1100,
    height = 640,
    kept,
  }: { name?: string; theme?: ThemeName; width?: number; height?: number; kept?: unknown } = {},
): Promise<View> {
  const context = await browser.newContext({ viewport: { width, height }, forcedColors: 'none' });
  const page = await context.newPage();
  const told: Message[] = [];
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  const send = async (message: Message): Promise<void> =>
    page.evaluate(`postMessage(JSON.parse(${JSON.stringify(JSON.stringify(message))}))`);
  await page.exposeFunction('tellHost', async (message: Message) => {
    if (isQuestion(message)) await send({ ...answer(answers, message) });
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
        title: 'View',
        script: `${ORIGIN}/${name}.js`,
        style: `${ORIGIN}/${name}.css`,
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

const isQuestion = (message: Message): message is Ask & Message => message.type === 'ask';

function answer(answers: Answers, { id, question, arguments: args }: Ask): Answer {
  try {
    const respond = answers[question] as ((given: typeof args) => CustomResult<CustomCommand>) | undefined;
    if (respond === undefined) throw new Error(`No answer to ${question}.`);
    return { type: 'answer', id, result: respond(args) };
  } catch (error) {
    return { type: 'refused', id, message: (error as Error).message };
  }
}

/** What axe finds wrong in the page: a line for each rule. */
export async function violations({ page }: View): Promise<string[]> {
  await page.evaluate(axe.source);
  const result = await page.evaluate<axe.AxeResults>('axe.run(document, { resultTypes: ["violations"] })');
  return result.violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary ?? ''}`).join('; ')}`,
  );
}

/** Goes there as a person without a mouse does. */
export async function tabTo({ page }: View, target: Locator): Promise<void> {
  for (let presses = 0; presses < 20; presses++) {
    if ((await target.and(page.locator(':focus')).count()) === 1) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${String(target)} cannot be reached by Tab.`);
}

/** Pictures for people, in build/webview. */
export async function screenshot({ page }: View, name: string): Promise<void> {
  const directory = join(root, 'build/webview');
  mkdirSync(directory, { recursive: true });
  await page.screenshot({ path: join(directory, `${name}.png`) });
}
