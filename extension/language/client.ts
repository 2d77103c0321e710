/**
 * The language client: starts the server as a process of its own and adds to its hovers what the running session
 * knows. A bundle by itself, loaded when there is an image to answer from.
 */
import { MarkdownString, type Hover, type TextDocument, type Position } from 'vscode';
import {
  LanguageClient,
  type LanguageClientOptions,
  type ServerOptions,
  TransportKind,
} from 'vscode-languageclient/node';
import { IMAGES, SYMBOL, type ImageConfiguration, type SymbolAt } from '../../server/language/protocol.ts';
import type { SealscopeSessions } from '../session/index.ts';
import { sessionText, whatIfCommand } from './sessionFacts.ts';

/** Languages of VS Code and of the usual extensions, and linker scripts whatever they are taken for. */
const DOCUMENTS = [
  ...['c', 'cpp', 'rust', 'asm', 'assembly', 'gas', 'riscv', 'ld', 'ldscript', 'linkerscript'].map(
    (language) => ({ scheme: 'file', language }),
  ),
  { scheme: 'file', pattern: '**/*.{lds,ld,ldscript,lds.S,lds.s,lds.h,ld.S,ld.in}' },
];

/** A client whose server runs. */
export interface LanguageSupport {
  setImages(images: readonly ImageConfiguration[]): Promise<void>;
  stop(): Promise<void>;
}

/** @param server The server's script. */
export async function startLanguageClient(
  server: string,
  images: readonly ImageConfiguration[],
  sessions: SealscopeSessions,
): Promise<LanguageSupport> {
  // A process of VS Code's own Node.js, as the debug adapter's.
  const run = { module: server, transport: TransportKind.stdio };
  const serverOptions: ServerOptions = { run, debug: run };
  const clientOptions: LanguageClientOptions = {
    documentSelector: DOCUMENTS,
    initializationOptions: { images },
    outputChannelName: 'Sealscope Language Server',
    middleware: {
      provideHover: async (document, position, token, next) => {
        const hover = await next(document, position, token);
        return hover && withSession(hover, document, position);
      },
    },
  };
  const client = new LanguageClient('sealscope', 'Sealscope', serverOptions, clientOptions);

  async function withSession(hover: Hover, document: TextDocument, position: Position): Promise<Hover> {
    const session = sessions.active;
    if (session?.state !== 'stopped') return hover;
    try {
      const textDocument = client.code2ProtocolConverter.asTextDocumentIdentifier(document);
      const symbol = await client.sendRequest<SymbolAt | null>(SYMBOL, { textDocument, position });
      if (symbol === null) return hover;
      const { name, address } = symbol;
      const facts = await session.request('sealscope/describe', { name, address });
      const text = sessionText(facts);
      if (text !== '') hover.contents.push(new MarkdownString(text));
      const command = whatIfCommand(facts);
      if (command !== '') {
        const link = new MarkdownString(command);
        link.isTrusted = { enabledCommands: ['sealscope.whatIfSeal'] };
        hover.contents.push(link);
      }
    } catch {
      // The guest has just gone on, or the session ended: the image's own facts stand.
    }
    return hover;
  }

  await client.start();
  return {
    setImages: (changed) => client.sendNotification(IMAGES, { images: changed }),
    stop: () => client.stop(),
  };
}
