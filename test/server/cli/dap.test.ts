/** `sealscope dap` as a process. What it says is tested in test/server/debug. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { root, runSealscope, sealscope } from './sealscope.ts';

function framed(request: object): string {
  const body = JSON.stringify(request);
  return `Content-Length: ${body.length}\r\n\r\n${body}`;
}

const initialize = framed({
  seq: 1,
  type: 'request',
  command: 'initialize',
  arguments: { adapterID: 'sealscope' },
});

it('serves stdio until it ends', async () => {
  const { status, stdout } = await runSealscope(['dap'], { stdin: initialize });
  expect(stdout).toMatch(/^Content-Length: \d+\r\n\r\n\{/);
  expect(stdout).toContain('"command":"initialize"');
  expect(status).toBe(0);
});

it('serves a loopback port until it is told to end', async () => {
  const child = spawn(process.execPath, [sealscope, 'dap', '--port', '0'], { cwd: root });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const [, port] = /listens on 127\.0\.0\.1:(\d+)\n$/.exec(line.toString())!;
  const socket = connect(Number(port), '127.0.0.1');
  socket.write(initialize);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString()).toContain('Content-Length');
  // A client that is still connected does not keep it alive.
  child.kill('SIGTERM');
  const [status] = (await once(child, 'close')) as [number | null];
  expect(status).toBe(143);
  socket.destroy();
});

it('says that a port is taken', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { status, stderr } = await runSealscope(['dap', '--port', String(port)]);
  expect(stderr).toMatch(new RegExp(`^sealscope: --port ${port}: .*; take another port, or 0 for any\n$`));
  expect(status).toBe(2);
  server.close();
});
