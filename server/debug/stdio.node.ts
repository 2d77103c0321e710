/** The adapter on standard input and output: how editors start it. */
import { serve } from './connection.node.ts';

/** Resolves when the client is gone; the caller then lets the process end. */
export function serveStdio(): Promise<void> {
  return new Promise((resolve) => {
    serve(process.stdin, process.stdout, {
      trust: 'lenient',
      log: (text) => process.stderr.write(`${text}\n`),
      onEnd: () => {
        // An open standard input would keep the process alive.
        process.stdin.destroy();
        resolve();
      },
    });
  });
}
