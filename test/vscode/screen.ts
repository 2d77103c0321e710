/**
 * Lets the tests in the extension host look at the window and use it: the host knows the model (sessions, editors),
 * Playwright knows the screen. The host's side of the bridge is `suite/screen.ts`.
 */
import { type IncomingMessage, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import axe from 'axe-core';
import type { FrameLocator, Locator, Page } from 'playwright-core';

/** One thing to do. */
export interface ScreenRequest {
  action: 'texts' | 'count' | 'click' | 'press' | 'type' | 'wait' | 'gone' | 'show' | 'axe';
  /** A Playwright selector; the first match is used. */
  selector?: string;
  /** Selectors of the frames that it is in, outermost first. */
  frames?: readonly string[];
  /** Text to type, keys to press, or the name of a screenshot. */
  value?: string;
}

export type ScreenAnswer = { texts?: readonly string[] } | { error: string };

/** How long an element may take to appear. */
const PATIENCE = 30_000;

export interface ScreenBridge {
  /** Where the tests reach it. */
  readonly url: string;
  close(): void;
}

/** Serves requests on loopback. A screenshot of the moment when something failed goes to `artefacts`. */
export async function serveScreen(page: () => Page, artefacts: string): Promise<ScreenBridge> {
  const server = createServer((request, response) => {
    void readBody(request)
      .then((body) => answer(page(), artefacts, JSON.parse(body) as ScreenRequest))
      .catch(async (error: unknown): Promise<ScreenAnswer> => {
        await page().screenshot({ path: join(artefacts, 'failure.png') });
        return { error: String(error) };
      })
      .then((result) => response.end(JSON.stringify(result)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function answer(
  page: Page,
  artefacts: string,
  { action, selector = 'body', frames = [], value = '' }: ScreenRequest,
): Promise<ScreenAnswer> {
  const place = frames.reduce<Page | FrameLocator>((outer, frame) => outer.frameLocator(frame), page);
  const element = place.locator(selector);
  switch (action) {
    case 'wait':
      await element.first().waitFor({ timeout: PATIENCE });
      return {};
    case 'gone':
      await element.first().waitFor({ state: 'hidden', timeout: PATIENCE });
      return {};
    case 'show':
      await page.screenshot({ path: join(artefacts, `${value}.png`) });
      return {};
    case 'texts':
      await element.first().waitFor({ timeout: PATIENCE });
      return { texts: await element.allInnerTexts() };
    case 'count':
      return { texts: await element.allInnerTexts() };
    case 'click':
      await element.first().click({ timeout: PATIENCE });
      return {};
    case 'axe':
      return { texts: await violations(element.first()) };
    case 'press':
      await page.keyboard.press(value);
      return {};
    case 'type':
      await page.keyboard.type(value);
      return {};
  }
}

/** What axe finds wrong in an element: a line for each rule. */
async function violations(element: Locator): Promise<string[]> {
  const handle = await element.elementHandle({ timeout: PATIENCE });
  const frame = await handle.ownerFrame();
  await frame!.evaluate(axe.source);
  const run = await frame!.evaluateHandle<(root: unknown) => Promise<axe.AxeResults>>(
    '(root) => axe.run(root, { resultTypes: ["violations"] })',
  );
  const results = await handle.evaluate((root, axeOn) => axeOn(root), run);
  return results.violations.map(
    ({ id, nodes }) =>
      `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary ?? ''}`).join('; ')}`,
  );
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
