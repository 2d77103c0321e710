/** A language server in a process of its own, and a client of it as an editor has one. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  createProtocolConnection,
  DefinitionRequest,
  DidChangeWorkspaceFoldersNotification,
  DidOpenTextDocumentNotification,
  DocumentLinkRequest,
  HoverRequest,
  type DocumentLink,
  type InitializeResult,
  type Location,
  type LogMessageParams,
  type MarkupContent,
  type Position,
  type ProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';
import { IMAGES, SYMBOL, type ImageConfiguration, type SymbolAt } from '../../../server/language/protocol.ts';

const SERVER = 'dist/language-server.js';

const LANGUAGES: Readonly<Record<string, string>> = {
  '.c': 'c',
  // As VS Code has it, unless a setting says otherwise.
  '.h': 'cpp',
  '.rs': 'rust',
  '.S': 'asm',
};

export function image(path: string, more: Partial<ImageConfiguration> = {}): ImageConfiguration {
  return { path, folder: '', sealed: [], policy: 'ask', sourceMap: {}, ...more };
}

export interface FoundHover {
  readonly text: string;
  /** What the hover covers. */
  readonly word: string;
}

export class Client {
  /** What the server wrote to its output channel. */
  readonly log: string[] = [];
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #connection: ProtocolConnection;
  readonly #texts = new Map<string, string>();
  initialized: InitializeResult | undefined;

  private constructor() {
    this.#process = spawn(process.execPath, [SERVER, '--stdio'], { stdio: 'pipe' });
    this.#connection = createProtocolConnection(
      new StreamMessageReader(this.#process.stdout),
      new StreamMessageWriter(this.#process.stdin),
    );
    this.#connection.onNotification('window/logMessage', ({ message }: LogMessageParams) => {
      this.log.push(message);
    });
    this.#connection.listen();
  }

  static async start(
    images: readonly ImageConfiguration[],
    folders: readonly string[] = [],
  ): Promise<Client> {
    const client = new Client();
    client.initialized = await client.#connection.sendRequest<InitializeResult>('initialize', {
      processId: process.pid,
      capabilities: {},
      workspaceFolders: folders.map((path) => ({ uri: uriOf(path), name: path })),
      initializationOptions: { images },
    });
    await client.#connection.sendNotification('initialized', {});
    return client;
  }

  /** Ends the server as an editor does; returns its exit status. */
  async stop(): Promise<number | null> {
    const ended = new Promise<number | null>((resolve) => this.#process.on('exit', resolve));
    await this.#connection.sendRequest('shutdown');
    await this.#connection.sendNotification('exit');
    return ended;
  }

  async setImages(images: readonly ImageConfiguration[]): Promise<void> {
    await this.#connection.sendNotification(IMAGES, { images });
  }

  async addFolder(path: string): Promise<void> {
    const added = [{ uri: uriOf(path), name: path }];
    await this.#connection.sendNotification(DidChangeWorkspaceFoldersNotification.type, {
      event: { added, removed: [] },
    });
  }

  async open(
    path: string,
    text = readFileSync(path, 'utf8'),
    languageId = LANGUAGES[extname(path)] ?? 'plaintext',
  ): Promise<void> {
    this.#texts.set(path, text);
    await this.#connection.sendNotification(DidOpenTextDocumentNotification.type, {
      textDocument: { uri: uriOf(path), languageId, version: 1, text },
    });
  }

  /** At an offset of an opened file. */
  async hover(path: string, offset: number): Promise<FoundHover | undefined> {
    const found = await this.#connection.sendRequest(HoverRequest.type, this.#at(path, offset));
    if (found === null) return undefined;
    const { start, end } = found.range!;
    const lines = this.#texts.get(path)!.split('\n');
    const word = lines[start.line]!.slice(start.character, end.character);
    return { text: (found.contents as MarkupContent).value, word };
  }

  async symbol(path: string, offset: number): Promise<SymbolAt | null> {
    return this.#connection.sendRequest(SYMBOL, this.#at(path, offset));
  }

  async links(path: string): Promise<DocumentLink[]> {
    const textDocument = { uri: uriOf(path) };
    return (await this.#connection.sendRequest(DocumentLinkRequest.type, { textDocument })) ?? [];
  }

  async definitions(path: string, offset: number): Promise<Location[]> {
    return (await this.#connection.sendRequest(DefinitionRequest.type, this.#at(path, offset))) as Location[];
  }

  /** Where in an opened file `marked` stands, at the place of its `|`. */
  find(path: string, marked: string): number {
    const at = this.#texts.get(path)!.indexOf(marked.replace('|', ''));
    if (at < 0) throw new Error(`${path} has no "${marked.replace('|', '')}"`);
    return at + marked.indexOf('|');
  }

  #at(path: string, offset: number): { textDocument: { uri: string }; position: Position } {
    const before = this.#texts.get(path)!.slice(0, offset).split('\n');
    return {
      textDocument: { uri: uriOf(path) },
      position: { line: before.length - 1, character: before.at(-1)!.length },
    };
  }
}

export function uriOf(path: string): string {
  return pathToFileURL(path).href;
}
