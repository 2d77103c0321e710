/**
 * Decides whether there is a language server: only once an image is known, because a launch configuration of type
 * `sealscope` names one or a session runs one. Until then a C project pays for reading its launch.json, no more.
 */
import { homedir } from 'node:os';
import { Disposable, type ExtensionContext, workspace } from 'vscode';
import type { ImageConfiguration } from '../../server/language/protocol.ts';
import type { SealscopeSessions } from '../session/index.ts';
import type { LanguageSupport } from './client.ts';
import { distinct, imageOf, type Variables } from './launchImages.ts';

export function registerLanguageSupport(context: ExtensionContext, sessions: SealscopeSessions): Disposable {
  let support: Promise<LanguageSupport> | undefined;
  let told = '[]';

  const update = (): void => {
    const images = knownImages(sessions);
    const text = JSON.stringify(images);
    if (text === told) return;
    told = text;
    if (support === undefined) support = start(context, sessions, images);
    else void support.then((running) => running.setImages(images));
  };

  const subscriptions = [
    workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration('launch')) update();
    }),
    workspace.onDidChangeWorkspaceFolders(update),
    sessions.onDidStart(update),
    sessions.onDidEnd(update),
    sessions.onDidChangeActive(update),
  ];
  update();
  return Disposable.from(
    ...subscriptions,
    new Disposable(() => void support?.then((running) => running.stop())),
  );
}

/** The client is a bundle of its own, loaded here: see scripts/build.ts. */
async function start(
  context: ExtensionContext,
  sessions: SealscopeSessions,
  images: readonly ImageConfiguration[],
): Promise<LanguageSupport> {
  const { startLanguageClient } = await import('./client.ts');
  return startLanguageClient(context.asAbsolutePath('dist/language-server.js'), images, sessions);
}

/** The active session's image answers first, then those of other sessions, then those of launch configurations. */
function knownImages(sessions: SealscopeSessions): ImageConfiguration[] {
  const running = [...(sessions.active === undefined ? [] : [sessions.active]), ...sessions.all];
  const ofSessions = running.map(({ debugSession }) => {
    const image = imageOf(debugSession.configuration, variablesOf(debugSession.workspaceFolder?.uri.fsPath));
    return image && { ...image, folder: '' };
  });
  return distinct([...ofSessions, ...launchImages()]);
}

function launchImages(): (ImageConfiguration | undefined)[] {
  const ofFolders = (workspace.workspaceFolders ?? [])
    .filter(({ uri }) => uri.scheme === 'file')
    .flatMap(({ uri }) => {
      const launch = workspace.getConfiguration('launch', uri).inspect('configurations');
      return listOf(launch?.workspaceFolderValue).map((each) => imageOf(each, variablesOf(uri.fsPath)));
    });
  // In a workspace of one folder, that folder's launch.json is the workspace's, too.
  const [first, ...others] = workspace.workspaceFolders ?? [];
  const shared = workspace.getConfiguration('launch').inspect('configurations')?.workspaceValue;
  const folder = others.length === 0 ? first?.uri.fsPath : undefined;
  return [...ofFolders, ...listOf(shared).map((each) => imageOf(each, variablesOf(folder)))];
}

function variablesOf(folder: string | undefined): Variables {
  const folders = workspace.workspaceFolders ?? [];
  return {
    folder,
    folders: new Map(folders.map(({ name, uri }) => [name, uri.fsPath])),
    home: homedir(),
    environment: process.env,
  };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
