/** The page permissions as a person sees them: in the debug side bar, and in an editor. */
import { commands } from 'vscode';
import { Element, press } from './screen.ts';

export class PermissionsView {
  readonly #frames: readonly string[];

  private constructor(frame: string) {
    this.#frames = [frame, '#active-frame'];
  }

  /** Opens the view in the side bar and gives it the keyboard. */
  static async inSideBar(): Promise<PermissionsView> {
    await commands.executeCommand('sealscope.permissions.focus');
    return new PermissionsView('iframe.webview[src*="purpose=webviewView"]');
  }

  static async inEditor(): Promise<PermissionsView> {
    await commands.executeCommand('sealscope.openPermissions');
    return new PermissionsView('iframe.webview:not([src*="purpose="])');
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
