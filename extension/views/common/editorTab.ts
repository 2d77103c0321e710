/** A page as an editor: one tab, which VS Code opens again with its window. */
import { Disposable, ViewColumn, type Webview, type WebviewPanel, window } from 'vscode';

export class EditorTab<Feed extends { dispose(): void }> implements Disposable {
  readonly #id: string;
  readonly #title: string;
  readonly #fill: (webview: Webview) => Feed;
  readonly #registration: Disposable;
  #open: { readonly panel: WebviewPanel; readonly feed: Feed } | undefined;

  /** @param fill Gives a webview its page, and returns what feeds that. */
  constructor(id: string, title: string, fill: (webview: Webview) => Feed) {
    this.#id = id;
    this.#title = title;
    this.#fill = fill;
    this.#registration = window.registerWebviewPanelSerializer(id, {
      deserializeWebviewPanel: async (panel) => {
        this.#adopt(panel);
        return Promise.resolve();
      },
    });
  }

  show(): void {
    if (this.#open !== undefined) this.#open.panel.reveal();
    else this.#adopt(window.createWebviewPanel(this.#id, this.#title, ViewColumn.Active));
  }

  /** Of the tab, if it is on the screen. */
  get visibleFeed(): Feed | undefined {
    return this.#open?.panel.visible === true ? this.#open.feed : undefined;
  }

  dispose(): void {
    this.#registration.dispose();
    this.#open?.panel.dispose();
  }

  #adopt(panel: WebviewPanel): void {
    const feed = this.#fill(panel.webview);
    this.#open = { panel, feed };
    panel.onDidDispose(() => {
      feed.dispose();
      if (this.#open?.panel === panel) this.#open = undefined;
    });
  }
}
