/**
 * The page permissions: as a view in the debug side bar, and as an editor where there is more room. Both show the
 * same page (extension/webview/permissions), each fed on its own.
 */
import {
  Disposable,
  type ExtensionContext,
  Uri,
  type Webview,
  type WebviewView,
  commands,
  env,
  window,
} from 'vscode';
import type { SealscopeSessions } from '../../session/index.ts';
import { EditorTab } from '../common/editorTab.ts';
import { fillWebview } from '../common/host.ts';
import type { Spot } from '../common/messages.ts';
import { Feed } from './feed.ts';
import { showMemory } from './memory.ts';

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
  readonly #tab: EditorTab<Feed>;
  /** What the side bar's page has to go to when it opens. */
  #waiting: Spot | undefined;

  constructor(parts: Uri, sessions: SealscopeSessions) {
    this.#parts = parts;
    this.#sessions = sessions;
    this.#tab = new EditorTab(EDITOR, TITLE, (webview) => this.#fill(webview));
    this.#registrations = Disposable.from(
      this.#tab,
      window.registerWebviewViewProvider(VIEW, {
        resolveWebviewView: (view) => {
          this.#openView(view);
        },
      }),
      commands.registerCommand('sealscope.openPermissions', () => this.#tab.show()),
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

  /** In the editor if it is on the screen, else in the side bar. */
  async #reveal(spot: Spot): Promise<void> {
    const editor = this.#tab.visibleFeed;
    if (editor !== undefined) {
      this.#tab.show();
      editor.reveal(spot);
      return;
    }
    if (this.#side === undefined) this.#waiting = spot;
    else this.#side.reveal(spot);
    await commands.executeCommand(`${VIEW}.focus`);
  }

  #fill(webview: Webview): Feed {
    const feed = new Feed(webview, this.#sessions);
    fillWebview(webview, this.#parts, { name: 'permissions', title: TITLE });
    return feed;
  }
}
