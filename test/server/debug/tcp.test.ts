/** The port is for this machine only. */
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { serveTcp } from '../../../server/debug/tcp.node.ts';

it('listens on the loopback interface alone, and says when a port is taken', async () => {
  const server = await serveTcp(0, () => undefined);
  const { address, port } = server.address() as AddressInfo;
  expect(address).toBe('127.0.0.1');
  await expect(serveTcp(port, () => undefined)).rejects.toThrow(/EADDRINUSE/);
  server.close();
});
