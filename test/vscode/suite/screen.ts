/** The window as the user sees it, through the launcher's Playwright (`../screen.ts`). Absent on a desktop. */
import type { Context } from 'mocha';
import type { ScreenAnswer, ScreenRequest } from '../screen.ts';

const bridge = process.env['SEALSCOPE_TEST_SCREEN'];

/** Skips a test that looks at the screen where nobody can. */
export function needsScreen(test: Context): void {
  if (bridge === undefined) test.skip();
}

/** A place in the window: a Playwright selector, and the selectors of the frames that it is in. */
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

  /** Waits until it is not there, or no longer visible. */
  async gone(): Promise<void> {
    await this.#do({ action: 'gone' });
  }

  /** Waits until the first match is visible, then returns the text of all matches. */
  async texts(): Promise<readonly string[]> {
    return (await this.#do({ action: 'texts' })).texts ?? [];
  }

  /** How many there are now, without waiting for any. */
  async count(): Promise<number> {
    return (await this.#do({ action: 'count' })).texts?.length ?? 0;
  }

  async click(): Promise<void> {
    await this.#do({ action: 'click' });
  }

  /** What axe finds wrong in it; in a document as a whole, if it is `html`. */
  async violations(): Promise<readonly string[]> {
    return (await this.#do({ action: 'axe' })).texts ?? [];
  }

  #do(request: ScreenRequest): ReturnType<typeof perform> {
    return perform({ ...request, selector: this.#selector, frames: this.#frames });
  }
}

/** Presses keys as Playwright names them: `Escape`, `Control+Shift+P`. */
export async function press(keys: string): Promise<void> {
  await perform({ action: 'press', value: keys });
}

export async function type(text: string): Promise<void> {
  await perform({ action: 'type', value: text });
}

/** Leaves a picture of the window among the artefacts, where there is a window to be seen. */
export async function screenshot(name: string): Promise<void> {
  if (bridge !== undefined) await perform({ action: 'show', value: name });
}

async function perform(request: ScreenRequest): Promise<Exclude<ScreenAnswer, { error: string }>> {
  const response = await fetch(bridge ?? '', { method: 'POST', body: JSON.stringify(request) });
  const answer = (await response.json()) as ScreenAnswer;
  if ('error' in answer) throw new Error(answer.error);
  return answer;
}
