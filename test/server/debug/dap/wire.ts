/** Ways to reach the adapter: a process of its own over stdio, and a socket. */
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { serveTcp } from '../../../../server/debug/tcp.node.ts';

export interface Wire {
  write(bytes: Uint8Array | string): void;
  onData(listener: (bytes: Uint8Array) => void): void;
  /** The other side has ended; with a process, its exit code. */
  readonly closed: Promise<number | undefined>;
  readonly log: Log;
  /** Goes away without a word, as an editor that crashes. */
  drop(): void;
}

/** What the adapter writes for whoever maintains it. */
class Log {
  #text = '';
  #wake: (() => void) | undefined;

  get text(): string {
    return this.#text;
  }

  add(text: string): void {
    this.#text += text;
    this.#wake?.();
  }

  /** Resolves when the log says so: it takes another way than the messages, and may come later. */
  async says(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.#text)) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}

const root = fileURLToPath(new URL('../../../..', import.meta.url));

/** The adapter as editors start it. */
export function overStdio(): Wire {
  const child = spawn(process.execPath, ['--import', 'tsx', 'server/debug/main.node.ts'], { cwd: root });
  const log = new Log();
  child.stderr.on('data', (bytes: Buffer) => log.add(bytes.toString()));
  child.stdin.on('error', () => undefined);
  return {
    write: (bytes) => child.stdin.write(bytes),
    onData: (listener) => child.stdout.on('data', listener),
    closed: new Promise((resolve) => child.on('close', (code) => resolve(code ?? undefined))),
    log,
    drop: () => child.stdin.end(),
  };
}

/** A server on a free loopback port, and one connection to it; the server ends with the connection. */
export async function overTcp(): Promise<Wire> {
  const log = new Log();
  const server = await serveTcp(0, (text) => log.add(`${text}\n`));
  const listening = server.address();
  if (listening === null || typeof listening === 'string') throw new Error('not a TCP address');
  const socket = connect(listening.port, listening.address);
  return {
    write: (bytes) => socket.write(bytes),
    onData: (listener) => socket.on('data', listener),
    closed: new Promise((resolve) =>
      socket.on('close', () => {
        server.close();
        resolve(undefined);
      }),
    ),
    log,
    drop: () => socket.destroy(),
  };
}
