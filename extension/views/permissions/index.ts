/**
 * The page permissions: as a view in the debug side bar, and as an editor where there is more room. Both show the
 * same page (extension/webview/permissions), each fed on its own.
 */
import { randomUUID } from 'node:crypto';
import {
  Disposable,
  type ExtensionContext,
  Uri,
  ViewColumn,
  type Webview,
  type WebviewPanel,
  type WebviewView,
  commands,
  env,
  window,
} from 'vscode';
import type { SealscopeSessions } from '../../session/index.ts';
import { documentOf } from './document.ts';
import { Feed } from './feed.ts';
import { showMemory } from './memory.ts';
import type { Spot } from './messages.ts';

const VIEW = 'sealscope.permissions';
const EDITOR = 'sealscope.permissionsEditor';
const TITLE = 'Page permissions';

export function registerPermissionsView(
  { extensionUri }: Pick<ExtensionContext, 'extensionUri'>,
  sessions: SealscopeSessions,
): { dispose(): void } {
  return new PermissionsViews(Uri.joinPath(extensionUri, 'dist/webview'), sessions);
}

class PermissionsViews {
  readonly #parts: Uri;
  readonly #sessions: SealscopeSessions;
  readonly #registrations: Disposable;
  #side: Feed | undefined;
  #panel: { readonly panel: WebviewPanel; readonly feed: Feed } | undefined;
  /** What the side bar's page has to go to when it opens. */
  #waiting: Spot | undefined;

  constructor(parts: Uri, sessions: SealscopeSessions) {
    this.#parts = parts;
    this.#sessions = sessions;
    this.#registrations = Disposable.from(
      window.registerWebviewViewProvider(VIEW, {
        resolveWebviewView: (view) => {
          this.#openView(view);
        },
      }),
      window.registerWebviewPanelSerializer(EDITOR, {
        deserializeWebviewPanel: async (panel) => {
          this.#openPanel(panel);
          return Promise.resolve();
        },
      }),
      commands.registerCommand('sealscope.openPermissions', () => this.#showPanel()),
      commands.registerCommand('sealscope.revealAddress', async (spot: Spot) => this.#reveal(spot)),
      commands.registerCommand('sealscope.copyAddress', async ({ address }: Spot) =>
        env.clipboard.writeText(address),
      ),
      commands.registerCommand('sealscope.showMemory', async ({ address }: Spot) => {
        const session = sessions.active;
        if (session !== undefined) await showMemory(session.debugSession, address);
      }),
    );
  }

  dispose(): void {
    this.#registrations.dispose();
    this.#side?.dispose();
    this.#panel?.panel.dispose();
  }

  #openView(view: WebviewView): void {
    const feed = this.#fill(view.webview);
    this.#side = feed;
    view.onDidDispose(() => {
      feed.dispose();
      if (this.#side === feed) this.#side = undefined;
    });
    if (this.#waiting !== undefined) feed.reveal(this.#waiting);
    this.#waiting = undefined;
  }

  #showPanel(): void {
    if (this.#panel !== undefined) this.#panel.panel.reveal();
    else this.#openPanel(window.createWebviewPanel(EDITOR, TITLE, ViewColumn.Active));
  }

  #openPanel(panel: WebviewPanel): void {
    const feed = this.#fill(panel.webview);
    this.#panel = { panel, feed };
    panel.onDidDispose(() => {
      feed.dispose();
      if (this.#panel?.panel === panel) this.#panel = undefined;
    });
  }

  /** In the editor if it is on the screen, else in the side bar. */
  async #reveal(spot: Spot): Promise<void> {
    if (this.#panel?.panel.visible === true) {
      this.#panel.panel.reveal();
      this.#panel.feed.reveal(spot);
      return;
    }
    if (this.#side === undefined) this.#waiting = spot;
    else this.#side.reveal(spot);
    await commands.executeCommand(`${VIEW}.focus`);
  }

  #fill(webview: Webview): Feed {
    webview.options = { enableScripts: true, localResourceRoots: [this.#parts] };
    const address = (name: string): string =>
      webview.asWebviewUri(Uri.joinPath(this.#parts, name)).toString();
    // The feed listens before the page can speak.
    const feed = new Feed(webview, this.#sessions);
    webview.html = documentOf({
      script: address('permissions.js'),
      style: address('permissions.css'),
      source: webview.cspSource,
      nonce: randomUUID(),
    });
    return feed;
  }
}
