/** One client on a pair of Node streams. */
import type { Readable, Writable } from 'node:stream';
import type { SessionHost } from '../session/index.ts';
import { nodeHost } from '../session/nodeHost.node.ts';
import { SealscopeAdapter } from './adapter.ts';
import { encodeMessage, MessageDecoder, type Trust } from './framing.ts';

export interface ConnectionOptions {
  /** Called once: after the answer to `disconnect`, or when the client went without a word. */
  readonly onEnd: () => void;
  /** Malformed messages and internal errors, a line each. Never to stdout: that may be the connection. */
  readonly log: (text: string) => void;
  /** What becomes of a client that does not speak the protocol; `guarded` where anybody can connect. */
  readonly trust: Trust;
}

/** Serves until the client disconnects or the input ends; everything it started is over then. */
export function serve(input: Readable, output: Writable, { onEnd, log, trust }: ConnectionOptions): void {
  const decoder = new MessageDecoder(trust);
  let ended = false;
  const end = () => {
    if (ended) return;
    ended = true;
    adapter.dispose();
    onEnd();
  };
  const adapter = new SealscopeAdapter({ session: pacedBy(output), log, ended: end });
  adapter.onDidSendMessage((message) => {
    try {
      output.write(encodeMessage(message));
    } catch (error) {
      // The emitter would swallow it: a message with something in it that is not JSON.
      log(`A message could not be sent: ${String(error)}`);
    }
  });
  input.on('data', (bytes: Uint8Array) => {
    if (ended) return;
    for (const decoded of decoder.push(bytes)) adapter.receive(decoded);
    if (decoder.refusal !== undefined) {
      log(`The connection was closed, its sender is no debug client: ${decoder.refusal}`);
      input.destroy();
      end();
    } else if (output.writableNeedDrain) {
      // Requests whose answers nobody reads would fill this process's memory as well.
      input.pause();
      void drained(output).then(() => input.resume());
    }
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

/** A guest that prints faster than the client reads waits for it, or the messages would fill this process's memory. */
function pacedBy(output: Writable): SessionHost {
  const host = nodeHost();
  const turn = async (): Promise<void> => {
    await host.scheduler.turn();
    if (output.writableNeedDrain) await drained(output);
  };
  return { ...host, scheduler: { ...host.scheduler, turn } };
}

/** Resolves when the client has read on, or is gone. */
function drained(output: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      output.off('drain', done).off('close', done);
      resolve();
    };
    output.once('drain', done).once('close', done);
  });
}
