/**
 * Lets the tests in the extension host look at the window and use it: the host knows the model (sessions, editors),
 * Playwright knows the screen. The host's side of the bridge is `suite/screen.ts`.
 */
import { type IncomingMessage, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';

/** One thing to do. `frames` are selectors of nested iframes to go through, outermost first. */
export interface ScreenRequest {
  action: 'texts' | 'click' | 'press' | 'type' | 'wait' | 'screenshot';
  /** A Playwright selector; the first match is used. */
  selector?: string;
  frames?: readonly string[];
  /** Text to type, keys to press, or a screenshot's name. */
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

/** Serves requests on loopback. Screenshots go to `artefacts`, with one of the moment when something failed. */
export async function serveScreen(page: () => Page, artefacts: string): Promise<ScreenBridge> {
  const server = createServer((request, response) => {
    void readBody(request)
      .then((body) => answer(page(), JSON.parse(body) as ScreenRequest, artefacts))
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

async function answer(page: Page, request: ScreenRequest, artefacts: string): Promise<ScreenAnswer> {
  const { action, value = '' } = request;
  const element = locate(page, request);
  switch (action) {
    case 'wait':
      await element.first().waitFor({ timeout: PATIENCE });
      return {};
    case 'texts':
      await element.first().waitFor({ timeout: PATIENCE });
      return { texts: await element.allInnerTexts() };
    case 'click':
      await element.first().click({ timeout: PATIENCE });
      return {};
    case 'press':
      await page.keyboard.press(value);
      return {};
    case 'type':
      await page.keyboard.type(value);
      return {};
    case 'screenshot':
      await page.screenshot({ path: join(artefacts, `${value}.png`) });
      return {};
  }
}

function locate(page: Page, { selector = 'body', frames = [] }: ScreenRequest): Locator {
  const [outermost, ...inner] = frames;
  if (outermost === undefined) return page.locator(selector);
  let frame = page.frameLocator(outermost);
  for (const next of inner) frame = frame.frameLocator(next);
  return frame.locator(selector);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
