/** `sealscope dap`: the debug adapter on stdio or on a loopback port. */
import type { AddressInfo } from 'node:net';
import { serveStdio } from '../debug/stdio.node.ts';
import { serveTcp } from '../debug/tcp.node.ts';
import { exitStatus, signalStatus, UsageError } from './exitStatus.ts';
import type { Interruptions } from './interruption.ts';

/** Resolves to the process's exit status when the client is gone, or the server is told to end. */
export async function serveDap(port: number | undefined, interruptions: Interruptions): Promise<number> {
  const interrupted = new Promise<void>((resolve) => interruptions.onFirst(resolve));
  if (port === undefined) {
    const interrupting = interrupted.then(() => process.stdin.destroy());
    await Promise.race([serveStdio(), interrupting]);
  } else {
    const server = await listen(port);
    const { port: taken } = server.address() as AddressInfo;
    process.stdout.write(`sealscope: debug adapter listens on 127.0.0.1:${taken}\n`);
    await interrupted;
    server.close();
  }
  return interruptions.first === undefined ? exitStatus.ok : signalStatus[interruptions.first];
}

async function listen(port: number): ReturnType<typeof serveTcp> {
  try {
    return await serveTcp(port, (text) => process.stderr.write(`${text}\n`));
  } catch (error) {
    throw new UsageError(`--port ${port}: ${(error as Error).message}; take another port, or 0 for any`);
  }
}
