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
  /** What the adapter wrote to its log so far. */
  log(): string;
  /** Goes away without a word, as an editor that crashes. */
  drop(): void;
}

const root = fileURLToPath(new URL('../../../..', import.meta.url));

/** The adapter as editors start it. */
export function overStdio(): Wire {
  const child = spawn(process.execPath, ['--import', 'tsx', 'server/debug/main.node.ts'], { cwd: root });
  let log = '';
  child.stderr.on('data', (bytes: Buffer) => (log += bytes.toString()));
  child.stdin.on('error', () => undefined);
  return {
    write: (bytes) => child.stdin.write(bytes),
    onData: (listener) => child.stdout.on('data', listener),
    closed: new Promise((resolve) => child.on('close', (code) => resolve(code ?? undefined))),
    log: () => log,
    drop: () => child.stdin.end(),
  };
}

/** A server on a free loopback port, and one connection to it; the server ends with the connection. */
export async function overTcp(): Promise<Wire> {
  let log = '';
  const server = await serveTcp(0, (text) => (log += `${text}\n`));
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
    log: () => log,
    drop: () => socket.destroy(),
  };
}
