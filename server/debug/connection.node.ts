/** One client on a pair of Node streams. */
import type { Readable, Writable } from 'node:stream';
import { nodeHost } from '../session/nodeHost.node.ts';
import { SealscopeAdapter } from './adapter.ts';
import { encodeMessage, MessageDecoder } from './framing.ts';

export interface ConnectionOptions {
  /** Called once: after the answer to `disconnect`, or when the client went without a word. */
  readonly onEnd: () => void;
  /** Malformed messages and internal errors, a line each. Never to stdout: that may be the connection. */
  readonly log: (text: string) => void;
}

/** Serves until the client disconnects or the input ends; everything it started is over then. */
export function serve(input: Readable, output: Writable, { onEnd, log }: ConnectionOptions): void {
  const decoder = new MessageDecoder();
  let ended = false;
  const end = () => {
    if (ended) return;
    ended = true;
    adapter.dispose();
    onEnd();
  };
  const adapter = new SealscopeAdapter({ session: nodeHost(), log, ended: end });
  adapter.onDidSendMessage((message) => output.write(encodeMessage(message)));
  input.on('data', (bytes: Uint8Array) => {
    for (const decoded of decoder.push(bytes)) adapter.receive(decoded);
  });
  input.on('end', end);
  input.on('close', end);
  const broken = (error: Error) => {
    log(`The connection broke: ${error.message}`);
    end();
  };
  input.on('error', broken);
  output.on('error', broken);
}
