/** A page of ours as a person sees it, in a view or in an editor. */
import { commands } from 'vscode';
import { Element, press } from './screen.ts';

export class WebviewPage {
  readonly #frames: readonly string[];

  /** @param frame Selects the webview. */
  constructor(frame: string) {
    this.#frames = [frame, '#active-frame'];
  }

  /** What a command opens as an editor; no other webview may be in one. */
  static async openedBy(command: string): Promise<WebviewPage> {
    await commands.executeCommand(command);
    return new WebviewPage('iframe.webview:not([src*="purpose="])');
  }

  element(selector: string): Element {
    return new Element(selector, this.#frames);
  }

  /** Rows with all these texts, among those on the screen. */
  row(...texts: readonly string[]): Element {
    return this.element(`.body [role=row]${texts.map((text) => `:has-text("${text}")`).join('')}`);
  }

  /** Goes there as a person without a mouse does. */
  async tabTo(selector: string): Promise<void> {
    for (let presses = 0; presses < 20; presses++) {
      if ((await this.element(`${selector}:focus`).count()) > 0) return;
      await press('Tab');
    }
    throw new Error(`${selector} cannot be reached by Tab.`);
  }

  /** Picks an option of the select with this label. */
  async select(label: string, option: string): Promise<void> {
    const select = `vscode-single-select[label="${label}"]`;
    await this.element(select).click();
    await this.element(`${select} li.option:has-text("${option}")`).click();
  }
}
