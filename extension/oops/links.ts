/** Links in the text of an oops: to source lines that it names, and by the active session to those that it means. */
import { isAbsolute, posix } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import {
  type CancellationToken,
  Disposable,
  DocumentLink,
  type DocumentLinkProvider,
  Range,
  type TextDocument,
  Uri,
  commands,
  languages,
  window,
  workspace,
} from 'vscode';
import { openPlace } from '../places.ts';
import type { SealscopeSession, SealscopeSessions } from '../session/index.ts';
import { type MachineTarget, referencesIn } from './references.ts';

/** Part of a log is enough to look at: who has more of it has cut out the oops. */
const MAXIMUM_LINES = 10_000;

const GO_TO = 'sealscope.goToAddress';

export function registerOopsLinks(sessions: SealscopeSessions): Disposable {
  return Disposable.from(
    languages.registerDocumentLinkProvider({ language: 'sealscope-oops' }, new OopsLinks()),
    commands.registerCommand(GO_TO, (target: MachineTarget) => goTo(sessions.active, target)),
  );
}

class OopsLink extends DocumentLink {
  readonly path: string;
  readonly line: number;

  constructor(range: Range, path: string, line: number) {
    super(range);
    this.path = path;
    this.line = line;
    this.tooltip = `Go to line ${line}`;
  }
}

class OopsLinks implements DocumentLinkProvider {
  provideDocumentLinks(document: TextDocument): DocumentLink[] {
    const links: DocumentLink[] = [];
    for (let number = 0; number < Math.min(document.lineCount, MAXIMUM_LINES); number++) {
      for (const { start, end, target } of referencesIn(document.lineAt(number).text)) {
        const range = new Range(number, start, number, end);
        if ('path' in target) links.push(new OopsLink(range, target.path, target.line));
        else links.push(commandLink(range, target));
      }
    }
    return links;
  }

  async resolveDocumentLink(link: DocumentLink, token: CancellationToken): Promise<DocumentLink | undefined> {
    if (!(link instanceof OopsLink)) return link;
    const file = await findSource(link.path, token);
    if (file === undefined) return undefined;
    link.target = file.with({ fragment: `L${link.line}` });
    return link;
  }
}

function commandLink(range: Range, target: MachineTarget): DocumentLink {
  const link = new DocumentLink(
    range,
    Uri.parse(`command:${GO_TO}?${encodeURIComponent(JSON.stringify([target]))}`),
  );
  link.tooltip = 'Go to the source line, or to the page';
  return link;
}

/** A path as a compiler wrote it: whole, from a folder of the workspace, or of a tree that was built elsewhere. */
async function findSource(path: string, token: CancellationToken): Promise<Uri | undefined> {
  const folders = workspace.workspaceFolders ?? [];
  const candidates = isAbsolute(path)
    ? [Uri.file(path)]
    : folders.map(({ uri }) => Uri.joinPath(uri, path.replaceAll('\\', '/')));
  for (const uri of candidates) if (await isFile(uri)) return uri;
  const parts = path
    .replaceAll('\\', '/')
    .split('/')
    .filter((part) => part !== '' && part !== '.');
  const [found] = await workspace.findFiles(`**/${posix.basename(parts.join('/'))}`, undefined, 1, token);
  return found;
}

async function isFile(uri: Uri): Promise<boolean> {
  return workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
}

/** Shows the source line of code, and the page of what is no code. */
async function goTo(session: SealscopeSession | undefined, target: MachineTarget): Promise<void> {
  if (session === undefined) {
    void window.showInformationMessage(
      'Start a session with this kernel first: its symbols tell which line an address belongs to.',
    );
    return;
  }
  const address =
    'address' in target ? target.address : await addressOf(session, target.symbol, target.offset);
  const place = await sourceOf(session, address);
  const open = openPlace(place);
  if (open === undefined) await commands.executeCommand('sealscope.showPermissionsOf', { address });
  else await commands.executeCommand(open.command, ...(open.arguments as unknown[]));
}

async function addressOf(session: SealscopeSession, symbol: string, offset: string): Promise<string> {
  const { memoryReference } = await session.standardRequest('evaluate', {
    expression: `&${symbol}`,
    context: 'watch',
  });
  if (memoryReference === undefined) throw new Error(`This session's kernel has no symbol ${symbol}.`);
  return `0x${(BigInt(memoryReference) + BigInt(offset)).toString(16)}`;
}

async function sourceOf(
  session: SealscopeSession,
  address: string,
): Promise<{ path?: string | undefined; line?: number | undefined }> {
  const { instructions } = (await session.debugSession.customRequest('disassemble', {
    memoryReference: address,
    instructionCount: 1,
  } satisfies DebugProtocol.DisassembleArguments)) as NonNullable<DebugProtocol.DisassembleResponse['body']>;
  const [first] = instructions;
  return { path: first?.location?.path, line: first?.line };
}
