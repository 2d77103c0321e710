/** The adapter on a loopback port: for clients that connect, and for debugging the adapter itself. */
import { createServer, type Server } from 'node:net';
import { serve } from './connection.node.ts';

/** Never another interface: whoever can connect can read this machine's files. */
const LOOPBACK = '127.0.0.1';

/**
 * Listens on 127.0.0.1:`port` (0: any that is free) and serves each connection with a session of its own. Resolves
 * once it listens, rejects where the port is taken. `close()` of the server ends it when the last client is gone.
 */
export function serveTcp(port: number, log: (text: string) => void): Promise<Server> {
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    serve(socket, socket, { log, trust: 'guarded', onEnd: () => socket.end() });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, LOOPBACK, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}
