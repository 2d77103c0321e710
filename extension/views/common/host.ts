/** The extension's side of a page: its document, and what every page may ask for and want done. */
import { randomUUID } from 'node:crypto';
import { Uri, type Webview, commands, env } from 'vscode';
import type { CustomCommand } from '../../../server/debug/protocol.ts';
import { openPlace } from '../../places.ts';
import type { SealscopeSession } from '../../session/index.ts';
import { documentOf } from './document.ts';
import type { Answer, Ask, Deed } from './messages.ts';

export interface PageParts {
  /** Of its script and its style sheet, without extension. */
  readonly name: string;
  readonly title: string;
}

/** Fills a webview. Whoever listens to it does so before: the page speaks as soon as it is there. */
export function fillWebview(webview: Webview, folder: Uri, { name, title }: PageParts): void {
  const address = (file: string): string => webview.asWebviewUri(Uri.joinPath(folder, file)).toString();
  webview.options = { enableScripts: true, localResourceRoots: [folder] };
  webview.html = documentOf({
    title,
    script: address(`${name}.js`),
    style: address(`${name}.css`),
    source: webview.cspSource,
    nonce: randomUUID(),
  });
}

/** The adapter's answer, if the view may ask that. */
export async function answerTo(
  { id, question, arguments: args }: Ask,
  allowed: readonly CustomCommand[],
  session: SealscopeSession | undefined,
): Promise<Answer> {
  try {
    if (session === undefined || !allowed.includes(question)) throw new Error('There is no session to ask.');
    return { type: 'answer', id, result: await session.request(question, args) };
  } catch (error) {
    return { type: 'refused', id, message: (error as Error).message };
  }
}

export async function perform(deed: Deed): Promise<void> {
  switch (deed.type) {
    case 'copyAddress':
      await env.clipboard.writeText(deed.address);
      break;
    case 'openSource': {
      const open = openPlace(deed);
      if (open !== undefined) await commands.executeCommand(open.command, ...(open.arguments as unknown[]));
      break;
    }
    case 'showPermissions':
      await commands.executeCommand('sealscope.revealAddress', deed.spot);
      break;
    case 'startDebugging':
      await commands.executeCommand('workbench.action.debug.start');
      break;
  }
}
