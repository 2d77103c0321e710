/** The window as the user sees it, through the launcher's Playwright (`../screen.ts`). Absent on a desktop. */
import type { Context } from 'mocha';
import type { ScreenAnswer, ScreenRequest } from '../screen.ts';

const bridge = process.env['SEALSCOPE_TEST_SCREEN'];

/** Skips a test that looks at the screen where nobody can. */
export function needsScreen(test: Context): void {
  if (bridge === undefined) test.skip();
}

/** A place in the window: a Playwright selector, perhaps inside of nested iframes (webviews). */
export class Element {
  readonly #selector: string;
  readonly #frames: readonly string[];

  constructor(selector: string, frames: readonly string[] = []) {
    this.#selector = selector;
    this.#frames = frames;
  }

  /** Waits until it is visible. */
  async wait(): Promise<void> {
    await this.#do({ action: 'wait' });
  }

  /** Waits until the first match is visible, then returns the text of all matches. */
  async texts(): Promise<readonly string[]> {
    return (await this.#do({ action: 'texts' })).texts ?? [];
  }

  async click(): Promise<void> {
    await this.#do({ action: 'click' });
  }

  #do(request: ScreenRequest): ReturnType<typeof perform> {
    return perform({ ...request, selector: this.#selector, frames: this.#frames });
  }
}

/** An element of a webview's document. */
export function inWebview(selector: string): Element {
  return new Element(selector, ['iframe.webview', '#active-frame']);
}

/** Presses keys as Playwright names them: `Escape`, `Control+Shift+P`. */
export async function press(keys: string): Promise<void> {
  await perform({ action: 'press', value: keys });
}

export async function type(text: string): Promise<void> {
  await perform({ action: 'type', value: text });
}

/** Writes NAME.png beside the other results of the run. */
export async function screenshot(name: string): Promise<void> {
  await perform({ action: 'screenshot', value: name });
}

async function perform(request: ScreenRequest): Promise<Exclude<ScreenAnswer, { error: string }>> {
  const response = await fetch(bridge ?? '', { method: 'POST', body: JSON.stringify(request) });
  const answer = (await response.json()) as ScreenAnswer;
  if ('error' in answer) throw new Error(answer.error);
  return answer;
}
