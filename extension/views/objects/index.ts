/** Write-once memory as an editor: lives of its objects, their pages, and the rules that were broken. */
import { Disposable, type ExtensionContext, Uri, commands } from 'vscode';
import type { SealscopeSessions } from '../../session/index.ts';
import { EditorTab } from '../common/editorTab.ts';
import { fillWebview } from '../common/host.ts';
import { SessionFeed } from '../common/sessionFeed.ts';
import { questions } from './messages.ts';

const TITLE = 'Write-once memory';

export function registerObjectsView(
  { extensionUri }: Pick<ExtensionContext, 'extensionUri'>,
  sessions: SealscopeSessions,
): Disposable {
  const folder = Uri.joinPath(extensionUri, 'dist/webview');
  const tab = new EditorTab('sealscope.objects', TITLE, (webview) => {
    const feed = new SessionFeed(webview, sessions, questions);
    fillWebview(webview, folder, { name: 'objects', title: TITLE });
    return feed;
  });
  return Disposable.from(
    tab,
    commands.registerCommand('sealscope.openObjects', () => tab.show()),
  );
}
