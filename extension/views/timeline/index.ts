/** The permission timeline as an editor: what changed on which pages, when and by whom, and the windows. */
import { Disposable, type ExtensionContext, Uri, commands } from 'vscode';
import type { SealscopeSessions } from '../../session/index.ts';
import { EditorTab } from '../common/editorTab.ts';
import { fillWebview } from '../common/host.ts';
import { SessionFeed } from '../common/sessionFeed.ts';
import { questions } from './messages.ts';

const TITLE = 'Permission timeline';

export function registerTimelineView(
  { extensionUri }: Pick<ExtensionContext, 'extensionUri'>,
  sessions: SealscopeSessions,
): Disposable {
  const folder = Uri.joinPath(extensionUri, 'dist/webview');
  const tab = new EditorTab('sealscope.timeline', TITLE, (webview) => {
    const feed = new SessionFeed(webview, sessions, questions);
    fillWebview(webview, folder, { name: 'timeline', title: TITLE });
    return feed;
  });
  return Disposable.from(
    tab,
    commands.registerCommand('sealscope.openTimeline', () => tab.show()),
  );
}
