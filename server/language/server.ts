/**
 * The language server: what sealing has to do with the names in a source file, from the image alone. Only this file
 * and `main.node.ts` speak the Language Server Protocol. See hover.ts for what there are hovers on.
 */
import {
  type Connection,
  type InitializeParams,
  type InitializeResult,
  type TextDocumentPositionParams,
  TextDocuments,
  TextDocumentSyncKind,
} from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { hex } from '../session/report/format.ts';
import type { LanguageHost } from './host.ts';
import { factsFor, hoverText } from './hover.ts';
import type { Image } from './image/image.ts';
import { ImageStore } from './image/imageStore.ts';
import type { Place } from './image/scope.ts';
import { isInside } from './paths.ts';
import { IMAGES, SYMBOL, type Images, type SymbolAt } from './protocol.ts';
import { assignmentsOf, scriptLinks, type SourcePlace, type Surroundings } from './scripts.ts';
import { documentKind } from './text/kind.ts';
import { subjectAt, type Subject } from './text/subject.ts';

/** Longer texts are generated, and nobody reads them word by word. */
const MAXIMUM_LENGTH = 8 << 20;

/** A place in a document that an image may have an answer about. */
interface Question {
  readonly document: TextDocument;
  readonly subject: Subject;
  readonly place: Place;
}

/** Answers requests on `connection` until it is closed. */
export function serve(connection: Connection, host: LanguageHost): void {
  const documents = new TextDocuments(TextDocument);
  const store = new ImageStore(host, (message) => connection.console.warn(message));
  const exists = (path: string): boolean => host.identity(path) !== undefined;
  const folders = new Folders(host);

  const questionAt = ({ textDocument, position }: TextDocumentPositionParams): Question | undefined => {
    const document = documents.get(textDocument.uri);
    const path = host.toPath(textDocument.uri);
    if (document === undefined || path === undefined) return undefined;
    const text = document.getText();
    const kind = documentKind(path, document.languageId);
    if (kind === undefined || text.length > MAXIMUM_LENGTH) return undefined;
    const subject = subjectAt(text, kind, document.offsetAt(position));
    return subject && { document, subject, place: { path, line: position.line + 1, kind } };
  };

  const around = (path: string): Surroundings => ({
    host,
    folder: folders.of(path),
    ask: <T>(question: (image: Image) => T | undefined) => store.firstAnswer(path, question),
  });

  connection.onInitialize((params: InitializeParams): InitializeResult => {
    store.configure((params.initializationOptions as Partial<Images> | undefined)?.images ?? []);
    folders.change(
      (params.workspaceFolders ?? []).map(({ uri }) => uri),
      [],
    );
    return {
      capabilities: {
        textDocumentSync: TextDocumentSyncKind.Incremental,
        hoverProvider: true,
        definitionProvider: true,
        documentLinkProvider: {},
        workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
      },
      serverInfo: { name: 'Sealscope' },
    };
  });
  connection.onNotification(IMAGES, ({ images }: Images) => store.configure(images));
  connection.onNotification(
    'workspace/didChangeWorkspaceFolders',
    ({ event }: { event: { added: { uri: string }[]; removed: { uri: string }[] } }) =>
      folders.change(
        event.added.map(({ uri }) => uri),
        event.removed.map(({ uri }) => uri),
      ),
  );

  connection.onHover((params) => {
    const question = questionAt(params);
    if (question === undefined) return null;
    const { document, subject, place } = question;
    const value = store.firstAnswer(place.path, (image) => hoverText(image, subject, place, exists));
    if (value === undefined) return null;
    const range = { start: document.positionAt(subject.start), end: document.positionAt(subject.end) };
    return { contents: { kind: 'markdown', value }, range };
  });

  connection.onRequest(SYMBOL, (params: TextDocumentPositionParams): SymbolAt | null => {
    const question = questionAt(params);
    if (question === undefined) return null;
    const { subject, place } = question;
    const found = store.firstAnswer(place.path, (image): SymbolAt | undefined => {
      const facts = factsFor(image, subject, place, exists);
      return (
        facts && {
          name: facts.symbol.name,
          address: hex(facts.symbol.address),
          image: image.configuration.path,
        }
      );
    });
    return found ?? null;
  });

  connection.onDocumentLinks(async ({ textDocument: { uri } }) => {
    const document = documents.get(uri);
    const path = host.toPath(uri);
    if (document === undefined || path === undefined) return [];
    const text = document.getText();
    const isScript = documentKind(path, document.languageId) === 'linker-script';
    if (!isScript || text.length > MAXIMUM_LENGTH) return [];
    const links = await scriptLinks(path, text, around(path));
    return links.map(({ start, end, target }) => ({
      range: { start: document.positionAt(start), end: document.positionAt(end) },
      target: linkTo(host, target),
      tooltip: `Go to ${target.path.replace(/^.*[/\\]/, '')}:${target.line}`,
    }));
  });

  connection.onDefinition(async (params) => {
    const question = questionAt(params);
    if (question?.subject.kind !== 'name' || question.place.kind === 'linker-script') return [];
    const { subject, place } = question;
    const found = await assignmentsOf(subject.text, around(place.path));
    return found.map(({ path, line, column, length }) => ({
      uri: host.toUri(path),
      range: {
        start: { line: line - 1, character: column - 1 },
        end: { line: line - 1, character: column - 1 + length },
      },
    }));
  });

  connection.onShutdown(() => store.dispose());
  documents.listen(connection);
  connection.listen();
}

/** VS Code opens `#L12,5` at that line and column. */
function linkTo(host: LanguageHost, { path, line, column }: SourcePlace): string {
  return `${host.toUri(path)}#L${line},${column}`;
}

/** The folders of the workspace. */
class Folders {
  readonly #host: LanguageHost;
  readonly #paths = new Set<string>();

  constructor(host: LanguageHost) {
    this.#host = host;
  }

  change(added: readonly string[], removed: readonly string[]): void {
    for (const uri of removed) this.#paths.delete(this.#host.toPath(uri) ?? '');
    for (const uri of added) {
      const path = this.#host.toPath(uri);
      if (path !== undefined) this.#paths.add(path);
    }
  }

  /** The innermost folder that a file is in. */
  of(path: string): string | undefined {
    return [...this.#paths].filter((folder) => isInside(path, folder)).sort((a, b) => b.length - a.length)[0];
  }
}
